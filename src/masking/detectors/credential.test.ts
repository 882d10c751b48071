import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credential } from './credential.ts';
import { assertFindsNothing, found } from './found.ts';

const VALUE = 'c0rrect-horse';

test('a value is found by the name and the sign before it', () => {
  const texts = [
    `password=${VALUE}`,
    `PASSWORD=${VALUE}`,
    `password: ${VALUE}`,
    `"password": "${VALUE}"`,
    `'password' => '${VALUE}'`,
    `passwd=${VALUE};`,
    `pwd = ${VALUE}`,
    `db_password := ${VALUE}`,
    `export DB_PASSWORD="${VALUE}"`,
    `host=db password=${VALUE} user=app`,
    `?token=${VALUE}&x=1`,
    `access_token=${VALUE}`,
    `"accessToken":"${VALUE}"`,
    `CI_JOB_TOKEN: ${VALUE}`,
    `client_secret=${VALUE}`,
    `secret:${VALUE},`,
    `api_key=${VALUE}`,
    `apiKey: '${VALUE}'`,
    `API-KEY: ${VALUE}`,
    `accessKey=${VALUE}`,
    `access_key\t=\t${VALUE}`,
    `<p>password=${VALUE}</p>`,
  ];
  for (const text of texts) assert.deepEqual(found(credential, text), [VALUE], text);
});

test('talk of secrets, placeholders and short values are left alone', () => {
  assertFindsNothing(credential, [
    'password',
    'password=',
    'password=short1',
    'password=[redacted]',
    'password=$PASSWORD1',
    'password=${DB_PASSWORD_1}',
    'password=%PASSWORD1%',
    'password=<your-password-1>',
    'password=********',
    'password: required',
    'the token: a story of 1984 and more',
    'your password must hold 12 characters',
    'token_count=12345678',
    'tokens: 12345678',
    'token=12345678',
    'secret=abcdefgh',
    'secret: 2024-01-01T10:00:00Z',
    'token: https://issuer1.example/token',
    'secretary=abcdefgh12',
    'api key abcdefgh12',
    'password (12345678a)',
    `password${' '.repeat(8)}= ${VALUE}`,
  ]);
});
