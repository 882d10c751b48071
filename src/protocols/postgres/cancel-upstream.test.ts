import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { installedVersions } from '../../../test/support/postgres-installation.ts';
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts';
import { ask, optionsOf } from '../../../test/support/upstream-logins.ts';
import { cancelUpstream } from './cancel-upstream.ts';
import { connectUpstream } from './upstream-login.ts';

const FOREVER = new AbortController().signal;

for (const version of installedVersions()) {
  describe(`a cancel on PostgreSQL ${version}`, () => {
    let server: PostgresServer;
    before(async () => {
      server = await startPostgres({ version, tls: true });
    });
    after(() => server.stop());

    for (const mode of ['disable', 'verify-full'] as const) {
      test(`ends the statement that runs, by ${mode}`, async () => {
        const options = optionsOf(server, mode);
        const connection = await connectUpstream(options, FOREVER);
        const reply = ask(connection, 'SELECT pg_sleep(60)');
        await isRunning(server, connection.processId);
        await cancelUpstream(options, connection.processId, connection.secretKey, FOREVER);
        assert.match(await reply, /C57014\0/);
      });
    }

    test('with another key ends nothing', async () => {
      const options = optionsOf(server, 'disable');
      const connection = await connectUpstream(options, FOREVER);
      const reply = ask(connection, "SELECT pg_sleep(60), 'first'");
      await isRunning(server, connection.processId);
      const wrongKey = Buffer.from(connection.secretKey).fill(0);
      await cancelUpstream(options, connection.processId, wrongKey, FOREVER);
      assert.match(await logged(server, /wrong key in cancel request/), new RegExp(`${connection.processId}`));
      assert.equal((await activity(server, connection.processId))[0]?.['state'], 'active');
      await cancelUpstream(options, connection.processId, connection.secretKey, FOREVER);
      assert.match(await reply, /C57014\0/);
    });
  });
}

function activity(server: PostgresServer, processId: number) {
  return server.query('SELECT state, wait_event FROM pg_stat_activity WHERE pid = $1', [processId]);
}

async function isRunning(server: PostgresServer, processId: number): Promise<void> {
  while ((await activity(server, processId))[0]?.['wait_event'] !== 'PgSleep');
}

async function logged(server: PostgresServer, what: RegExp): Promise<string> {
  for (;;) {
    const line = (await server.log()).split('\n').find((line) => what.test(line));
    if (line !== undefined) return line;
  }
}
