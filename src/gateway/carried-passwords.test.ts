import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveScramKeys, provesPossession } from '../grants/scram-keys.ts';
import { Secret } from '../model/secret.ts';
import { CarriedPasswords } from './carried-passwords.ts';

test('a password that is shown proves what it would have proved unshown, and another one nothing', async () => {
  const keys = await deriveScramKeys('the right one', Buffer.alloc(16, 7));
  const passwords = new CarriedPasswords(keys);
  const proves = async (password: string) =>
    provesPossession(await passwords.proofOf(new Secret(password)), keys.storedKey);
  assert.deepEqual([await proves('the right one'), await proves('another'), await proves('')], [true, false, false]);
});

test('who tries many passwords on one connection is refused, and the right one is not forgotten', async () => {
  const keys = await deriveScramKeys('right', Buffer.alloc(16, 7));
  const passwords = new CarriedPasswords(keys);
  await passwords.proofOf(new Secret('right'));
  for (let i = 1; i < 10; i++) await passwords.proofOf(new Secret(`wrong ${i}`));
  assert.throws(() => passwords.proofOf(new Secret('wrong 10')), { name: 'Refused' });
  assert.ok(provesPossession(await passwords.proofOf(new Secret('right')), keys.storedKey));
});
