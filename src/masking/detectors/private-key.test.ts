import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { LIMITS } from '../../model/limits.ts';
import { assertFindsEach, assertFindsNothing, found } from './found.ts';
import { privateKey } from './private-key.ts';

const BODY = Buffer.alloc(1100, 'a body of a key ').toString('base64').replaceAll(/.{64}/g, '$&\n');

function armored(label: string, body: string = BODY): string {
  return [`-----BEGIN ${label}-----`, body, `-----END ${label}-----`].join('\n');
}

test('keys are found from their first marker to their last', () => {
  const pem = { format: 'pem' } as const;
  const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { privateKey: ed } = generateKeyPairSync('ed25519');
  const keys = [
    ec
      .export({ type: 'pkcs8', ...pem })
      .toString()
      .trim(),
    ec
      .export({ type: 'sec1', ...pem })
      .toString()
      .trim(),
    ed
      .export({ type: 'pkcs8', ...pem })
      .toString()
      .trim(),
    ec
      .export({ type: 'pkcs8', ...pem, cipher: 'aes-256-cbc', passphrase: 'x' })
      .toString()
      .trim(),
    armored('RSA PRIVATE KEY'),
    armored('DSA PRIVATE KEY'),
    armored('EC PRIVATE KEY'),
    armored('PRIVATE KEY'),
    armored('ENCRYPTED PRIVATE KEY'),
    armored('OPENSSH PRIVATE KEY'),
    armored('SSH2 ENCRYPTED PRIVATE KEY'),
    armored('PGP PRIVATE KEY BLOCK', `Version: GnuPG v2\n\n${BODY}=ABCD`),
    armored('ANY PRIVATE KEY'),
    armored('RSA PRIVATE KEY', `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123\n\n${BODY}`),
    armored('PRIVATE KEY').replaceAll('\n', '\r\n'),
    armored('PRIVATE KEY').replaceAll('\n', '\\n'),
    armored('PRIVATE KEY').replaceAll('\n', ' '),
    armored('PRIVATE KEY', 'short'),
    Buffer.from(armored('PRIVATE KEY')).toString('base64'),
    Buffer.from(armored('OPENSSH PRIVATE KEY')).toString('base64'),
  ];
  assertFindsEach(privateKey, keys);
});

test('public keys, certificates and talk of keys are left alone', () => {
  assertFindsNothing(privateKey, [
    armored('PUBLIC KEY'),
    armored('RSA PUBLIC KEY'),
    armored('CERTIFICATE'),
    armored('CERTIFICATE REQUEST'),
    armored('X509 CRL'),
    armored('PGP PUBLIC KEY BLOCK'),
    armored('PGP MESSAGE'),
    armored('PGP SIGNATURE'),
    armored('DH PARAMETERS'),
    armored('EC PARAMETERS'),
    'BEGIN PRIVATE KEY',
    '---BEGIN PRIVATE KEY---',
    '-----BEGIN private key-----',
    '-----BEGIN PRIVATE KEY',
    '-----END PRIVATE KEY-----',
    '-----BEGIN A PRIVATE KEYRING-----',
    'a PRIVATE KEY begins with five dashes',
    '----------------------------------------',
    Buffer.from(armored('CERTIFICATE')).toString('base64'),
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ ada@example',
  ]);
});

test('two keys are two findings, and what is between them stands', () => {
  assert.deepEqual(found(privateKey, `${armored('PRIVATE KEY', 'a')} and ${armored('EC PRIVATE KEY', 'b')}`), [
    armored('PRIVATE KEY', 'a'),
    armored('EC PRIVATE KEY', 'b'),
  ]);
});

test('a key without its end goes to the end of the text, or for as long as keys are', () => {
  assert.deepEqual(found(privateKey, 'x -----BEGIN PRIVATE KEY-----\nMIIE'), ['-----BEGIN PRIVATE KEY-----\nMIIE']);
  const [long = ''] = found(privateKey, `-----BEGIN PRIVATE KEY-----\n${'MIIE\n'.repeat(10_000)}`);
  assert.equal(long.length, LIMITS.maxPrivateKeyBytes);
});
