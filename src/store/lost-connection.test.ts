import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { startPostgres } from '../../test/support/postgres-server.ts';
import { Relay } from '../../test/support/relay.ts';
import { Secret } from '../model/secret.ts';
import { openStore } from './store.ts';

test('a server that goes in the middle of transactions fails them, and the store goes on when it is back', async () => {
  await using server = await startPostgres();
  await using relay = await Relay.before(server);
  const url = `postgres://postgres:${server.password}@127.0.0.1:${relay.port}/postgres`;
  await using store = await openStore({ databaseUrl: new Secret(url), file: '' });
  const begun = Promise.withResolvers<void>();
  const waiting = store.write(async (trx) => {
    const slept = sql`select pg_sleep(60)`.execute(trx);
    begun.resolve();
    return slept;
  });
  const idle = store.write(async (trx) => {
    await sql`select 1`.execute(trx);
    await waiting.catch(() => undefined);
    return sql`select 2`.execute(trx);
  });
  const failed = Promise.all([assert.rejects(waiting), assert.rejects(idle)]);
  await begun.promise;
  relay.down = true;
  relay.cut();
  await failed;
  await assert.rejects(
    store.read((db) => sql`select 1`.execute(db)),
    { code: 'store-unavailable' },
  );
  relay.down = false;
  const { rows } = await store.read((db) => sql<{ one: number }>`select 1 as one`.execute(db));
  assert.deepEqual(rows, [{ one: 1 }]);
});
