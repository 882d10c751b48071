import assert from 'node:assert/strict';
import { type KeyObject, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { auditDirectory, openLog } from '../../test/support/audit-log.ts';
import { AWS_KEY, mockAwsKms, mockVault, VAULT_TOKEN } from '../../test/support/kms-mock.ts';
import { verifyDirectory } from '../audit/verify/verify-directory.ts';
import { Secret } from '../model/secret.ts';
import { openAwsKmsSigner } from './aws-kms-signer.ts';
import { openVaultSigner } from './vault-signer.ts';

const soon = () => AbortSignal.timeout(2_000);
const BYTES = Buffer.from('gateway.example/log\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n');

const vault = (address: string, token = VAULT_TOKEN, more = {}) =>
  openVaultSigner(
    { address, mount: 'transit', name: 'log', token: () => Promise.resolve(new Secret(token)), ...more },
    { fetch, signal: soon() },
  );
const aws = (endpoint: string, secret = AWS_KEY.secretAccessKey, known?: KeyObject) => {
  const credentials = () => Promise.resolve({ accessKeyId: AWS_KEY.accessKeyId, secretAccessKey: new Secret(secret) });
  return openAwsKmsSigner({ ...AWS_KEY, endpoint, credentials }, { fetch, signal: soon(), known });
};

describe('a key in Vault’s Transit engine (mocked)', () => {
  for (const kind of ['ed25519', 'ecdsa-p256'] as const) {
    test(`of kind ${kind} signs with the newest version, and shows its public key`, async () => {
      await using kms = await mockVault(kind);
      const signer = await vault(kms.url);
      assert.ok(signer.publicKey.equals(kms.publicKey));
      const signature = await signer.sign(BYTES, soon());
      assert.equal(verify(kind === 'ed25519' ? null : 'sha256', BYTES, kms.publicKey, signature), true);
      assert.deepEqual(kms.answered, ['GET /v1/transit/keys/log', 'POST /v1/transit/sign/log']);
    });
  }

  test('that does not let us in, or cannot be reached, says so without the token', async () => {
    const kms = await mockVault('ed25519');
    await assert.rejects(vault(kms.url, 'hvs.wrong'), {
      code: 'signer-unavailable',
      message: 'vault transit/log answered 403',
    });
    await assert.rejects(vault(kms.url, VAULT_TOKEN, { version: 3 }), {
      code: 'config-invalid',
      message: /no version 3/u,
    });
    await kms[Symbol.asyncDispose]();
    await assert.rejects(
      vault(kms.url),
      (fault: Error) => /cannot be reached/u.test(fault.message) && !fault.message.includes('hvs'),
    );
  });

  test('signs a gateway’s log, which verifies without it', async () => {
    await using kms = await mockVault('ed25519');
    const directory = auditDirectory(after);
    const log = await openLog(directory, { signer: await vault(kms.url) });
    await log.note({ kind: 'target.changed', detail: { action: 'create', by: 'gateway', name: 'shop' } });
    await log[Symbol.asyncDispose]();
    assert.equal((await verifyDirectory(directory)).verdict, 'PASS');
    assert.match(readFileSync(join(directory, 'log/checkpoint'), 'utf8'), /^gateway\.example\/log\n1\n/u);
  });
});

describe('a key in AWS KMS (mocked)', () => {
  test('of kind Ed25519 signs the bytes, by requests that AWS’s own signature covers', async () => {
    await using kms = await mockAwsKms('ed25519');
    const signer = await aws(kms.url);
    assert.equal(signer.algorithm, 'ed25519');
    assert.equal(verify(null, BYTES, kms.publicKey, await signer.sign(BYTES, soon())), true);
  });

  test('on P-256 is given the digest, however long the message is', async () => {
    await using kms = await mockAwsKms('ecdsa-p256');
    const signer = await aws(kms.url);
    const long = Buffer.alloc(10_000, 'x');
    assert.equal(verify('sha256', long, kms.publicKey, await signer.sign(long, soon())), true);
  });

  test('that refuses our signature says so without the secret; and one that is known is gone on with', async () => {
    await using kms = await mockAwsKms('ed25519');
    await assert.rejects(aws(kms.url, 'wrong'), {
      code: 'signer-unavailable',
      message: 'aws kms alias/log answered 400',
    });
    const known = await aws('http://127.0.0.1:1', AWS_KEY.secretAccessKey, kms.publicKey);
    assert.ok(known.publicKey.equals(kms.publicKey));
    await assert.rejects(known.sign(BYTES, soon()), { code: 'signer-unavailable', message: /cannot be reached/u });
  });
});
