import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { decoyScramKeys, deriveScramKeys, provesPossession } from './scram-keys.ts';

// RFC 7677, section 3: user `user`, password `pencil`.
const SALT = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
const AUTH_MESSAGE =
  'n=user,r=rOprNGfwEbeRWgbNEkqO,' +
  'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,' +
  'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
const PROOF = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64');

test('the keys of a secret accept the proof of RFC 7677, and sign as its server does', async () => {
  const keys = await deriveScramKeys('pencil', SALT);
  assert.equal(keys.iterations, 4096);
  assert.equal(provesPossession({ authMessage: AUTH_MESSAGE, clientProof: PROOF }, keys.storedKey), true);
  const signature = createHmac('sha256', keys.serverKey).update(AUTH_MESSAGE).digest('base64');
  assert.equal(signature, '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
});

test('a proof for another message, of another length or with one bit changed proves nothing', async () => {
  const { storedKey } = await deriveScramKeys('pencil', SALT);
  const flipped = Buffer.from(PROOF);
  flipped[31] = (flipped[31] ?? 0) ^ 1;
  for (const proof of [
    { authMessage: `${AUTH_MESSAGE} `, clientProof: PROOF },
    { authMessage: AUTH_MESSAGE, clientProof: flipped },
    { authMessage: AUTH_MESSAGE, clientProof: PROOF.subarray(0, 31) },
    { authMessage: AUTH_MESSAGE, clientProof: Buffer.concat([PROOF, Buffer.alloc(1)]) },
    { authMessage: AUTH_MESSAGE, clientProof: Buffer.alloc(0) },
  ]) {
    assert.equal(provesPossession(proof, storedKey), false);
  }
});

test('a user without a grant has the same keys each time, other ones than anybody else', () => {
  const key = new Uint8Array(32).fill(1);
  const once = decoyScramKeys('somebody', key);
  assert.deepEqual(decoyScramKeys('somebody', key), once);
  assert.equal(once.salt.length, 16);
  assert.equal(once.storedKey.length, 32);
  assert.notDeepEqual(decoyScramKeys('somebody else', key).salt, once.salt);
  assert.notDeepEqual(decoyScramKeys('somebody', new Uint8Array(32).fill(2)).salt, once.salt);
});
