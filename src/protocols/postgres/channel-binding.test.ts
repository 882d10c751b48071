import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { installedVersions } from '../../../test/support/postgres-installation.ts';
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts';
import { type SigningAlgorithm, selfSigned, useServerCertificate } from '../../../test/support/server-certificate.ts';
import { login, optionsOf, outcomeOf } from '../../../test/support/upstream-logins.ts';
import { serverEndPoint } from './channel-binding.ts';

const RSA = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) } as const;

const ALGORITHMS: readonly (readonly [name: string, algorithm: SigningAlgorithm, hash: string])[] = [
  ['ECDSA with SHA-256', { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }, 'sha256'],
  ['ECDSA with SHA-384', { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' }, 'sha384'],
  ['ECDSA with SHA-512', { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' }, 'sha512'],
  ['RSA with SHA-256', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', ...RSA }, 'sha256'],
  ['RSA with SHA-512', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512', ...RSA }, 'sha512'],
  ['RSA-PSS with SHA-256', { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32, ...RSA }, 'sha256'],
  ['RSA-PSS with SHA-384', { name: 'RSA-PSS', hash: 'SHA-384', saltLength: 48, ...RSA }, 'sha384'],
];

describe('the binding of a certificate signed by', () => {
  for (const [name, algorithm, hash] of ALGORITHMS) {
    test(`${name} is its ${hash}`, async () => {
      const { certificate } = await selfSigned(algorithm);
      const { raw } = new X509Certificate(certificate);
      assert.deepEqual(serverEndPoint(raw), createHash(hash).update(raw).digest());
    });
  }

  test('RSA with SHA-1 is its sha256', async () => {
    const { certificate } = await selfSigned({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1', ...RSA });
    const { raw } = new X509Certificate(certificate);
    assert.deepEqual(serverEndPoint(raw), createHash('sha256').update(raw).digest());
  });

  test('Ed25519 is undefined', async () => {
    const { certificate } = await selfSigned({ name: 'Ed25519' });
    assert.equal(serverEndPoint(new X509Certificate(certificate).raw), undefined);
  });
});

for (const version of installedVersions()) {
  describe(`PostgreSQL ${version}`, () => {
    let server: PostgresServer;
    before(async () => {
      server = await startPostgres({ version, tlsOnly: true });
    });
    after(() => server.stop());

    for (const [name, algorithm] of ALGORITHMS) {
      // The server's own way to find the hash of an RSA-PSS signature came with PostgreSQL 16.
      if (name.startsWith('RSA-PSS') && version < 16) continue;
      test(`binds to a certificate signed by ${name}`, async () => {
        await useServerCertificate(server, await selfSigned(algorithm));
        await login({ ...optionsOf(server, 'require'), tls: { mode: 'require' } });
      });
    }

    test('with a certificate that cannot be bound to must have it verified', async () => {
      const issued = await selfSigned({ name: 'Ed25519' });
      await useServerCertificate(server, issued);
      const options = optionsOf(server, 'require');
      const message = 'channel binding is undefined for the certificate, and the certificate unverified';
      await assert.rejects(login({ ...options, tls: { mode: 'require' } }), { code: 'upstream-login', message });
      assert.equal(await outcomeOf({ ...options, tls: { mode: 'verify-full', ca: issued.certificate } }), 'verified');
    });
  });
}
