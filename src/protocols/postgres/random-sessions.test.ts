import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PERMIT_ALL, startGateway, type TestGateway, targetFor } from '../../../test/support/gateway.ts';
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts';
import { RawPostgres } from '../../../test/support/raw-postgres.ts';
import { codes, told } from '../../../test/support/told.ts';
import type { Policy } from '../../policy/policy.ts';

const SQL = `
  create table keep as select generate_series(1, 50) as id;
  create function raise_it() returns void language plpgsql as $$ begin
    perform set_config('default_transaction_read_only', 'off', false);
  end $$;
`;

describe('random sessions under bounds', { concurrency: false, timeout: 60_000 }, () => {
  let server: PostgresServer;
  let gateway: TestGateway;

  before(async () => {
    server = await startPostgres({ sql: SQL });
    gateway = await startGateway({ targets: [targetFor(server)] });
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  async function client(session: NonNullable<Policy['session']>): Promise<RawPostgres> {
    gateway.setPolicies([{ ...PERMIT_ALL, name: 'bounded', session }]);
    const { user, password } = await gateway.grant();
    const { host, port } = gateway;
    return RawPostgres.login({ host, port, user, password, database: 'shop' });
  }

  test('whatever a session does with a setting, in force is the least of what it wants and what it may', async () => {
    const { host, port, user, password, database } = server;
    for (const seed of [1, 2, 3, 4]) {
      await using asked = await client({ lockTimeoutMs: 5_000 });
      await using wishing = await RawPostgres.login({ host, port, user, password, database });
      const sent: string[] = [];
      const next = numbersFrom(seed);
      for (let step = 0; step < 120; step++) {
        const sql = STEPS[next() % STEPS.length] ?? '';
        sent.push(sql);
        assert.deepEqual(codes(await asked.query(sql)), codes(await wishing.query(sql)), sent.join('; '));
        const [wish = ''] = told(await wishing.query('show lock_timeout'));
        const [inForce = ''] = told(await asked.query('show lock_timeout'));
        assert.equal(inForce, wish === '25P02' || ['1s', '2s', '3s'].includes(wish) ? wish : '5s', sent.join('; '));
      }
    }
    assert.deepEqual(gateway.faults, []);
  });

  test('whatever a session does with its transactions, it writes nothing', async () => {
    const refusals = new Set(['25006', '25P02', '42501']);
    for (const seed of [1, 2, 3]) {
      await using asked = await client({ readOnly: true });
      const sent: string[] = [];
      const next = numbersFrom(seed);
      for (let step = 0; step < 150; step++) {
        const sql = MODES[next() % MODES.length] ?? '';
        sent.push(sql);
        await asked.query(sql);
        const [code = 'none'] = codes(await asked.query('insert into keep values (1)'));
        assert.ok(refusals.has(code), `${code}: ${sent.join('; ')}`);
        if (code !== '25006') continue;
        if (next() % 2 === 0) await asked.query('rollback to a');
        else await asked.query('rollback');
      }
    }
    assert.deepEqual(await server.query('select count(*)::int as count from keep'), [{ count: 50 }]);
    assert.deepEqual(gateway.faults, []);
  });
});

/** One a line. */
function lines(text: string): readonly string[] {
  return text.trim().split(/\s*\n\s*/);
}

// Not SET LOCAL … TO DEFAULT: RESET ALL leaves out what that hides, and what it hid comes back; it is stricter here.
const STEPS = lines(`
  set lock_timeout to '1s'
  set lock_timeout to '2s'
  set lock_timeout to '3s'
  set lock_timeout to 0
  set lock_timeout to '7s'
  set lock_timeout to '1min'
  set lock_timeout to default
  set local lock_timeout to '1s'
  set local lock_timeout to '2s'
  set local lock_timeout to 0
  set local lock_timeout to '1min'
  select set_config('lock_timeout', '2s', false)
  select set_config('lock_timeout', '9s', false)
  select set_config('lock_timeout', '1s', true)
  select set_config('lock_timeout', '0', true)
  reset lock_timeout
  reset all
  discard all
  select 1
  select 1/0
  begin
  begin
  begin
  commit
  rollback
  commit and chain
  rollback and chain
  savepoint a
  savepoint b
  savepoint a
  release a
  release b
  rollback to a
  rollback to b
  begin; set local lock_timeout = '2s'; savepoint a; set lock_timeout = '1s'; rollback to a
`);

const MODES = lines(`
  begin
  begin
  commit
  rollback
  commit and chain
  rollback and chain
  select 1/0
  savepoint a
  savepoint b
  release a
  rollback to a
  select count(*) from keep
  reset all
  discard all
  begin read write
  begin read only
  start transaction isolation level serializable, read write, deferrable
  set transaction read write
  set local transaction_read_only = off
  set default_transaction_read_only = 0
  set default_transaction_read_only to default
  reset default_transaction_read_only
  select raise_it()
  do $$ begin perform set_config('transaction_read_only', 'off', true); end $$
  select set_config('default_transaction_read_only', 'off', false)
  select set_config('default_' || 'transaction_read_only', 'off', false)
  begin; savepoint a; release a
  rollback; begin
  commit; begin; insert into keep values (1)
  select raise_it(); commit; insert into keep values (1)
`);

/** The same numbers for the same seed: Park and Miller's generator. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state >> 3;
  };
}
