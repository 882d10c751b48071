import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsSecret } from './aws-secret.ts';
import { assertFindsNothing, found } from './found.ts';

const KEY = ['wJalrXUtnFEMI/K7MDENG', '/bPxRfiCYEXAMPLEKEY'].join('');
const OTHER = ['aB3dE5gH7jK9mN1pQ3sT', '5vX7zB9dF1hJ3lN5pR7t'].join('');

test('a key is found by the name before it', () => {
  const cases = [
    (key: string) => `AWS_SECRET_ACCESS_KEY=${key}`,
    (key: string) => `aws_secret_access_key = ${key}`,
    (key: string) => `"SecretAccessKey": "${key}"`,
    (key: string) => `'secret_key' => '${key}'`,
    (key: string) => `secretAccessKey: ${key}`,
    (key: string) => `export AWS_SECRET_ACCESS_KEY="${key}"`,
    (key: string) => `aws.secretKey=${key}`,
    (key: string) => `secret ${key}`,
    (key: string) => `SECRET_ACCESS_KEY,${key}`,
    (key: string) => `<SecretAccessKey>${key}</SecretAccessKey>`,
  ];
  for (const write of cases) {
    for (const key of [KEY, OTHER]) assert.deepEqual(found(awsSecret, write(key)), [key], write(key));
  }
});

test('forty characters that no name announces, or that are not random, are left alone', () => {
  assertFindsNothing(awsSecret, [
    KEY,
    `key=${KEY}`,
    `${KEY} is no secret`,
    `secret${' '.repeat(80)}${KEY}`,
    `aws_secret_access_key=${KEY}x`,
    `aws_secret_access_key=${KEY.slice(1)}`,
    `aws_secret_access_key=${'a'.repeat(40)}`,
    `aws_secret_access_key=${'A1b'.repeat(13)}c`,
    'aws_secret_access_key=da39a3ee5e6b4b0d3255bfef95601890afd80709',
    'secret: 0123456789012345678901234567890123456789',
    'aws_secret_access_key=',
    'aws_secret_access_key=****************************************',
    'The secret of the forty characters is out',
    'secret/secret/secret/secret/secret/secret',
    'client_secret=abc',
    'SECRET',
    'sécret',
    'a secretary writes a long letter to everybody else',
    'secret=',
    `sec ret=${KEY}`,
  ]);
});
