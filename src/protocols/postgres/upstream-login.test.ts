import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { installedVersions } from '../../../test/support/postgres-installation.ts';
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts';
import { startTlsRelay } from '../../../test/support/tls-relay.ts';
import { ask, login, loginFault, optionsOf, outcomeOf, withPassword } from '../../../test/support/upstream-logins.ts';
import { Secret } from '../../model/secret.ts';
import { connectUpstream, type UpstreamOptions } from './upstream-login.ts';

const FOREVER = new AbortController().signal;
const PROTOCOL = { 15: { minor: 0, keyBytes: 4 }, 18: { minor: 2, keyBytes: 32 } } as const;

for (const version of installedVersions()) {
  describe(`a login to PostgreSQL ${version}`, () => {
    let server: PostgresServer;
    before(async () => {
      server = await startPostgres({ version, tls: true, sql: 'CREATE DATABASE shop' });
    });
    after(() => server.stop());

    for (const auth of ['scram-sha-256', 'md5', 'password', 'trust'] as const) {
      test(`passes by ${auth} over TLS, and leaves a session that answers`, async () => {
        await using server = await startPostgres({ version, auth, tls: true });
        const connection = await connectUpstream(optionsOf(server, 'verify-full'), FOREVER);
        assert.equal(connection.serverVersion.split('.')[0], String(version));
        assert.equal(connection.protocolMinor, PROTOCOL[version].minor);
        assert.equal(connection.secretKey.length, PROTOCOL[version].keyBytes);
        assert.equal(connection.transactionStatus, 'I');
        assert.equal(connection.leftover.length, 0);
        assert.equal(connection.socket.isPaused(), true);
        assert.equal(connection.parameters.get('server_encoding'), 'UTF8');
        assert.equal(connection.tls?.verified, true);
        assert.equal(connection.tls.protocol, 'TLSv1.3');
        assert.match(await ask(connection, 'SELECT pg_backend_pid()'), new RegExp(`\\b${connection.processId}\\0?`));
      });
    }

    test('unmasks a relay with a certificate of its own, even where no certificate is verified', async () => {
      await using relay = await startTlsRelay(server);
      const options = { ...optionsOf(server, 'require'), tls: { mode: 'require' } } as const;
      assert.equal(await outcomeOf(options), 'unverified');
      const relayed = { ...options, address: { host: '127.0.0.1', port: relay.port } };
      await assert.rejects(login(relayed), loginFault('28000', /channel binding check failed/));
    });

    test('with a wrong password fails as the server says', async () => {
      await assert.rejects(login(withPassword(server, 'wrong')), loginFault('28P01', /password authentication failed/));
    });

    test('passes by a client certificate, and not without one', async () => {
      await using server = await startPostgres({ version, auth: 'cert' });
      const options = optionsOf(server, 'verify-full');
      const { certificate, key } = server.clientCertificate!;
      const clientCertificate = { certificate, key: new Secret(key) };
      await login({ ...options, credential: { user: server.user, clientCertificate } });
      await assert.rejects(
        login({ ...options, credential: { user: server.user } }),
        loginFault('28000', /certificate/),
      );
    });

    test('of a password that is not ASCII passes by SCRAM, whatever its preparation does', async () => {
      for (const password of [
        'pässwörd',
        '\u2168\u00ad',
        '\u0627\u0031',
        'Ⅸ\u0007',
        'a\u00a0b',
        '😀',
        'e\u0301',
        '\u0340x',
      ]) {
        await server.query(`DROP ROLE IF EXISTS anna; CREATE ROLE anna LOGIN PASSWORD '${password}'`);
        await login({
          ...optionsOf(server, 'disable'),
          credential: { user: 'anna', password: new Secret(password) },
          database: 'shop',
        });
      }
    });

    test('takes the database and the parameters that it was given', async () => {
      const parameters = { application_name: 'chaperone test', options: '-c statement_timeout=12345' };
      const options = { ...optionsOf(server, 'disable'), database: 'shop', parameters };
      const connection = await connectUpstream(options, FOREVER);
      assert.equal(connection.parameters.get('application_name'), 'chaperone test');
      const rows = await ask(connection, "SELECT current_database(), current_setting('statement_timeout')");
      assert.match(rows, /shop/);
      assert.match(rows, /12345ms/);
    });

    test('goes over a Unix socket, where TLS does not apply', async () => {
      const options = optionsOf(server, 'verify-full');
      const address = { host: server.socketDirectory, port: server.port };
      const connection = await connectUpstream({ ...options, address }, FOREVER);
      assert.equal(connection.tls, undefined);
      assert.match(await ask(connection, 'SELECT 42'), /42/);
    });

    test('says what the server says where it refuses', async () => {
      const options = optionsOf(server, 'disable');
      await assert.rejects(
        login({ ...options, database: 'none' }),
        loginFault('3D000', /database "none" does not exist/),
      );
      await assert.rejects(
        login({ ...options, parameters: { wrong: 'x' } }),
        loginFault('42704', /unrecognized configuration parameter "wrong"/),
      );
    });
  });
}

describe('before anything is sent', () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres({});
  });
  after(() => server.stop());

  test('a parameter that would change the language or the protocol is refused', async () => {
    for (const name of ['replication', '_pq_.anything']) {
      const options = { ...optionsOf(server, 'disable'), parameters: { [name]: 'true' } };
      await assert.rejects(login(options), {
        code: 'upstream-login',
        message: `the startup parameter ${name} is refused`,
      });
    }
    const injected = { ...optionsOf(server, 'disable'), parameters: { application_name: 'x\0user\0root' } };
    await assert.rejects(login(injected), { code: 'upstream-login', message: /NUL/ });
  });

  test('a missing password is said', async () => {
    const options = { ...optionsOf(server, 'disable'), credential: { user: 'postgres' } };
    await assert.rejects(login(options), { code: 'upstream-login', message: /the target has none/ });
  });

  test('a port that nobody listens on is unreachable', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const address = closed.address();
    closed.close();
    await once(closed, 'close');
    assert.ok(typeof address === 'object' && address !== null);
    const options: UpstreamOptions = {
      address: { host: '127.0.0.1', port: address.port },
      tls: { mode: 'prefer' },
      credential: { user: 'postgres' },
      parameters: {},
    };
    const message = 'cannot connect to the server: ECONNREFUSED';
    await assert.rejects(login(options), { code: 'upstream-unreachable', message });
    const missing = { ...options, address: { host: '/nonexistent', port: 5432 } };
    await assert.rejects(login(missing), { code: 'upstream-unreachable', message: /ENOENT/ });
  });
});
