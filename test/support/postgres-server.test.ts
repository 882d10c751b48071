import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Client } from 'pg';
import { installedVersions } from './postgres-installation.ts';
import { startPostgres } from './postgres-server.ts';

const VERSIONS = installedVersions();

describe('the throw-away PostgreSQL', () => {
  for (const version of VERSIONS) {
    for (const auth of ['scram-sha-256', 'md5', 'password'] as const) {
      test(`${version} with ${auth} lets in the right password alone, and logs statements before it answers`, async () => {
        await using server = await startPostgres({ version, auth });
        const client = new Client({ connectionString: server.url });
        await client.connect();
        const { rows } = await client.query('select 41 + 1 as answer');
        assert.deepEqual(rows, [{ answer: 42 }]);
        assert.match(await server.log(), /statement: select 41 \+ 1 as answer/);
        await client.end();
        const wrong = new Client({ connectionString: server.url.replace(server.password, 'wrong') });
        await assert.rejects(wrong.connect(), { code: '28P01' });
      });
    }

    test(`${version} with a client certificate over verified TLS`, async () => {
      await using server = await startPostgres({ version, auth: 'cert' });
      const { certificate: cert, key } = server.clientCertificate ?? assert.fail('no client certificate');
      const { host, port, user, database, ca } = server;
      const client = new Client({ host, port, user, database, ssl: { ca: ca ?? '', cert, key } });
      await client.connect();
      const { rows } = await client.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
      assert.deepEqual(rows, [{ ssl: true }]);
      await client.end();
      const bare = new Client({ host, port, user, database, ssl: { ca: ca ?? '' } });
      await assert.rejects(bare.connect(), { code: '28000' });
    });
  }

  test('a server for TLS alone refuses a plain connection, and one that trusts asks for nothing', async () => {
    await using server = await startPostgres({ auth: 'trust', tlsOnly: true, sql: 'create table t (n int)' });
    const { host, port, user, database, ca } = server;
    const plain = new Client({ host, port, user, database });
    await assert.rejects(plain.connect(), { code: '28000' });
    const client = new Client({ host, port, user, database, ssl: { ca: ca ?? '' } });
    await client.connect();
    assert.deepEqual((await client.query('select n from t')).rows, []);
    await client.end();
  });

  test('a stopped server leaves neither its process nor its files', async () => {
    const server = await startPostgres();
    await server.stop();
    await server.stop();
    assert.equal(existsSync(server.logFile), false);
    assert.throws(() => process.kill(server.pid, 0), { code: 'ESRCH' });
  });
});
