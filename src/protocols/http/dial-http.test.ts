import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createH2Server, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { type IssuedCertificate, makeAuthority, type TestAuthority } from '../../../test/support/certificates.ts';
import type { HttpTarget } from '../../model/http.ts';
import { Secret } from '../../model/secret.ts';
import type { TlsSettings } from '../../model/target.ts';
import { dialHttp } from './dial-http.ts';

describe('a target of HTTP is dialled', () => {
  let authority: TestAuthority;
  let certificate: IssuedCertificate;
  let both: Server;
  let onlyHttp1: Server;
  let plainH2: Server;
  before(async () => {
    authority = await makeAuthority();
    certificate = await authority.issue({ commonName: 'localhost', names: ['localhost'] });
    const tls = { cert: certificate.certificate, key: certificate.key, ca: authority.certificate };
    const show = (socket: TLSSocket): string => (socket.authorized ? 'known' : 'unknown');
    const secure = { ...tls, allowHTTP1: true, requestCert: true, rejectUnauthorized: false };
    both = createSecureServer(secure, (request, reply) => reply.end(show(request.socket as TLSSocket)));
    onlyHttp1 = createHttpsServer(tls, (_request, reply) => reply.end('1'));
    plainH2 = createH2Server((_request, reply) => reply.end('2'));
    for (const server of [both, onlyHttp1, plainH2]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
  });
  after(async () => {
    for (const server of [both, onlyHttp1, plainH2]) {
      const closed = once(server, 'close');
      server.close();
      await closed;
    }
  });

  const dial = (
    server: Server,
    version: HttpTarget['version'],
    tls: Partial<TlsSettings> = {},
    withCertificate = false,
  ) => {
    const settings = { mode: 'verify-full', ca: authority.certificate, serverName: 'localhost', ...tls } as const;
    const own = { certificate: certificate.certificate, key: new Secret(certificate.key) };
    const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const target = { address, tls: settings, http: { basePath: '', hosts: [], version } };
    return dialHttp(target, withCertificate ? own : undefined, AbortSignal.timeout(30_000));
  };

  test('by the version that both sides know, the better one first, or the one that the target says', async () => {
    const cases = [
      [both, 'auto', '2'],
      [both, '1.1', '1.1'],
      [both, '2', '2'],
      [onlyHttp1, 'auto', '1.1'],
    ] as const;
    for (const [server, version, spoken] of cases) {
      await using client = await dial(server, version);
      assert.equal(client.version, spoken);
      assert.equal(client.reusable, true);
    }
    await using plain = await dial(plainH2, '2', { mode: 'disable' });
    assert.equal(plain.version, '2');
    await assert.rejects(dial(onlyHttp1, '2'), { name: 'Fault' });
  });

  test('and must show a certificate of its name that somebody trusted vouches for', async () => {
    await assert.rejects(dial(both, 'auto', { serverName: 'other.test' }), {
      code: 'upstream-tls',
      message: /ALTNAME/,
    });
    const { certificate: other } = await makeAuthority('Somebody else');
    await assert.rejects(dial(both, 'auto', { ca: other }), { code: 'upstream-tls' });
  });

  test('over TLS also where that is but preferred', async () => {
    await assert.rejects(dial(plainH2, 'auto', { mode: 'prefer' }), { code: 'upstream-tls' });
  });

  test('with the certificate that the gateway has for it', async () => {
    for (const [has, seen] of [
      [true, 'known'],
      [false, 'unknown'],
    ] as const) {
      await using client = await dial(both, 'auto', {}, has);
      const request = {
        method: 'GET',
        scheme: 'https',
        authority: 'localhost',
        target: '/',
        fields: [],
        length: 'none',
      } as const;
      const { body } = await client.send(request, AbortSignal.timeout(30_000));
      assert.equal(String(await body.read()), seen);
    }
  });

  test('until the signal says that it is enough', async () => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const address = { host: '127.0.0.1', port: (silent.address() as AddressInfo).port };
      const enough = new AbortController();
      const http = { basePath: '', hosts: [], version: '2' } as const;
      const dialling = dialHttp({ address, tls: { mode: 'disable' }, http }, undefined, enough.signal);
      await once(silent, 'connection');
      const reason = new Error('enough');
      enough.abort(reason);
      await assert.rejects(dialling, reason);
    } finally {
      silent.close();
    }
  });
});
