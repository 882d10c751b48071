import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { openCertificateAuthority } from './certificates.ts';

test("the deployment's authority is made once, and what it issues is verified by name and by address", async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-tls-'));
  try {
    const made = await openCertificateAuthority(join(directory, 'tls'), Date.now());
    const authority = await openCertificateAuthority(join(directory, 'tls'), Date.now());
    assert.equal(authority.certificate, made.certificate);
    assert.equal((await stat(join(directory, 'tls', 'ca.key'))).mode & 0o777, 0o600);
    assert.equal((await stat(join(directory, 'tls'))).mode & 0o777, 0o700);
    const { certificate, key } = await authority.issue(['localhost', '127.0.0.1', 'gateway.test']);
    const server = createServer({ cert: certificate, key }, (socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const reach = (servername: string, ca = authority.certificate) =>
      new Promise<boolean>((resolve) => {
        const options = servername === '127.0.0.1' ? {} : { servername };
        const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca, ...options }, () => {
          resolve(socket.authorized);
          socket.destroy();
        });
        socket.once('error', () => resolve(false));
      });
    const stranger = await openCertificateAuthority(join(directory, 'other'), Date.now());
    assert.deepEqual(await Promise.all([reach('127.0.0.1'), reach('localhost'), reach('gateway.test')]), [
      true,
      true,
      true,
    ]);
    assert.deepEqual(await Promise.all([reach('elsewhere.test'), reach('localhost', stranger.certificate)]), [
      false,
      false,
    ]);
    await new Promise((resolve) => server.close(resolve));
    const leaf = new X509Certificate(certificate);
    assert.equal(leaf.ca, false);
    assert.equal(leaf.checkIssued(new X509Certificate(authority.certificate)), true);
  } finally {
    await rm(directory, { recursive: true });
  }
});
