import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FakeApprovals } from '../../test/support/fake-approvals.ts';
import { PERMIT_ALL, startGateway, type TestGateway, targetFor } from '../../test/support/gateway.ts';
import { answerOf, approvalsOn, person } from '../../test/support/held-requests.ts';
import { type PostgresServer, startPostgres } from '../../test/support/postgres-server.ts';
import {
  type BackendMessage,
  errorFields,
  extended,
  frame,
  RawPostgres,
  SYNC,
  summary,
} from '../../test/support/raw-postgres.ts';
import { recorded } from '../../test/support/recorded.ts';
import { verifyDirectory } from '../audit/verify-directory.ts';
import { BudgetService } from '../budgets/budget-service.ts';
import type { Policy } from '../policy/policy.ts';
import { openStore, type Store } from '../store/store.ts';
import type { ApprovalDesk } from './control-plane.ts';

type Limit = NonNullable<Policy['limit']>;

const SQL = `
  create table numbers (n int); insert into numbers select generate_series(1, 20000);
  create table notes (id serial primary key, note text);
  create table parents (id int primary key); insert into parents values (1);
  create table children (parent int references parents deferrable initially deferred);
`;

const ASKED = {
  group: 'dba',
  quorum: 1,
  withinMs: 60_000,
  allowActor: false,
  measureRows: false,
  showText: false,
} as const;

describe('a budget', { concurrency: false }, () => {
  let server: PostgresServer;
  let directory: string;
  let stores = 0;
  before(async () => {
    server = await startPostgres({ sql: SQL });
    directory = await mkdtemp(join(tmpdir(), 'budgets-'));
  });
  after(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function open(limit: Limit, more: Partial<Policy> = {}, desk?: ApprovalDesk) {
    const file = join(directory, `store-${++stores}.db`);
    const lost: unknown[] = [];
    const opened = new AsyncDisposableStack();
    const store: Store = opened.use(await openStore({ file }));
    const budgets = opened.use(new BudgetService({ store, onFault: (fault) => lost.push(fault) }));
    const people = new FakeApprovals();
    const gateway: TestGateway = opened.use(
      await startGateway({
        targets: [targetFor(server)],
        policies: [PERMIT_ALL, { ...PERMIT_ALL, name: 'limited', limit, ...more }],
        approvals: desk ?? people,
        budgets,
      }),
    );
    const logIn = async (grant?: Awaited<ReturnType<TestGateway['grant']>>) => {
      const { user, password } = grant ?? (await gateway.grant());
      return opened.use(
        await RawPostgres.login({ host: gateway.host, port: gateway.port, user, password, database: 'shop' }),
      );
    };
    return { store, budgets, gateway, people, logIn, lost, [Symbol.asyncDispose]: () => opened.disposeAsync() };
  }

  const rows = (messages: readonly BackendMessage[]): number => messages.filter(({ type }) => type === 'D').length;
  const briefly = (messages: readonly BackendMessage[]): string => summary(messages).replaceAll(/(?:[Dd] )+/g, '… ');
  const said = (messages: readonly BackendMessage[]): string => {
    const error = messages.find(({ type }) => type === 'E');
    return error === undefined ? '' : (errorFields(error)['M'] ?? '');
  };

  test('of rows read ends a reply at the row, with an error, and the next request works', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 100, per: 'statement' }]);
    const client = await it.logIn();
    const reply = await client.query('select n from numbers');
    assert.equal(briefly(reply), 'T … E:53400 Z:I');
    assert.equal(rows(reply), 100);
    assert.equal(said(reply), 'chaperone: a budget is used up: 100 rowsRead per statement; 100 of 100 are spent');
    assert.equal(briefly(await client.query('select n from numbers limit 100')), 'T … C Z:I');
    assert.deepEqual(it.gateway.faults, []);
  });

  test('leaves an open transaction failed, as an error of the server does', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 5, per: 'statement' }]);
    const client = await it.logIn();
    await client.query('begin');
    assert.equal(briefly(await client.query('select n from numbers')), 'T … E:53400 Z:E');
    assert.equal(briefly(await client.query('select 1')), 'E:25P02 Z:E');
    assert.equal(briefly(await client.query('rollback')), 'C Z:I');
    // The whole reply is there before it is judged: nothing is left to cancel.
    await client.query('begin');
    assert.equal(briefly(await client.query('select n from numbers limit 6')), 'T … E:53400 Z:E');
    assert.equal(briefly(await client.query('rollback')), 'C Z:I');
  });

  test('ends replies of the extended protocol, of portals that are fetched in pieces, and of copies', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 5, per: 'statement' }]);
    const client = await it.logIn();
    client.send(extended('select n from numbers'), SYNC);
    assert.equal(briefly(await client.untilReady()), '1 2 T … E:53400 Z:I');
    client.send(extended('select n from numbers', [], 0, 3), SYNC);
    assert.equal(briefly(await client.untilReady()), '1 2 T … s Z:I');
    client.send(extended('select 1'), extended('select n from numbers'), extended('select 2'), SYNC);
    assert.equal(briefly(await client.untilReady()), '1 2 T … C 1 2 T … E:53400 Z:I');
    const copy = await client.query('copy numbers to stdout');
    assert.equal(briefly(copy), 'H … E:53400 Z:I');
    assert.equal(copy.filter(({ type }) => type === 'd').length, 5);
    await client.query('begin; declare c cursor for select n from numbers');
    assert.equal(briefly(await client.query('fetch 5 from c')), 'T … C Z:T');
    assert.equal(briefly(await client.query('fetch 6 from c')), 'T … E:53400 Z:E');
    assert.equal(briefly(await client.query('rollback')), 'C Z:I');
    assert.deepEqual(it.gateway.faults, []);
  });

  test('of a batch that ends with Flush leaves the rest to the Sync', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 5, per: 'statement' }]);
    const client = await it.logIn();
    client.send(extended('select n from numbers'), frame('H'));
    let types = '';
    for (let message = await client.next(); message !== undefined; message = await client.next()) {
      types += message.type;
      if (message.type === 'E') break;
    }
    assert.equal(types, '12TDDDDDE');
    client.send(extended('select 7'), SYNC);
    assert.equal(briefly(await client.untilReady()), 'Z:I');
    assert.equal(briefly(await client.query('select 1')), 'T … C Z:I');
  });

  test('of bytes ends a reply before the row that does not fit', async () => {
    await using it = await open([{ measure: 'bytes', most: 1_000, per: 'statement' }]);
    const client = await it.logIn();
    // A row of one text of 93 bytes is a message of 104.
    const reply = await client.query(`select repeat('x', 93) from numbers`);
    assert.equal(briefly(reply), 'T … E:53400 Z:I');
    assert.equal(rows(reply), 9);
    const long = await client.query(`select repeat('x', 5000000)`);
    assert.equal(summary(long), 'T E:53400 Z:I');
    const notice = await client.query(`do $$ begin raise notice '%', repeat('x', 2000); end $$`);
    assert.equal(summary(notice), 'E:53400 Z:I');
  });

  test('of rows changed undoes the change that does not fit, outside of a transaction too', async () => {
    await using it = await open([{ measure: 'rowsChanged', most: 3, per: 'statement' }]);
    const client = await it.logIn();
    const insert = (count: number): string => `insert into notes (note) select 'a' from generate_series(1, ${count})`;
    const kept = async () => Number((await server.query('select count(*) from notes'))[0]?.['count']);
    assert.equal(summary(await client.query(insert(3))), 'C Z:I');
    assert.equal(await kept(), 3);
    assert.equal(summary(await client.query(insert(4))), 'E:53400 Z:I');
    assert.equal(await kept(), 3);
    client.send(extended(insert(4)), SYNC);
    assert.equal(summary(await client.untilReady()), '1 2 n E:53400 Z:I');
    client.send(extended(insert(2)), SYNC);
    assert.equal(summary(await client.untilReady()), '1 2 n C Z:I');
    assert.equal(await kept(), 5);
    const returning = await client.query(`delete from notes returning id`);
    assert.equal(briefly(returning), 'T … E:53400 Z:I');
    assert.equal(await kept(), 5);
    await client.query('begin');
    assert.equal(summary(await client.query(insert(4))), 'E:53400 Z:E');
    await client.query('rollback');
    assert.equal(summary(await client.query('insert into children values (2)')), 'C E:23503 Z:I');
    assert.equal(summary(await client.query('insert into missing values (1)')), 'E:42P01 Z:I');
    assert.deepEqual(it.gateway.faults, []);
  });

  test('of rows changed counts what is copied in', async () => {
    await using it = await open([{ measure: 'rowsChanged', most: 2, per: 'statement' }]);
    const client = await it.logIn();
    const kept = async () =>
      Number((await server.query(`select count(*) from notes where note = 'copied'`))[0]?.['count']);
    const copy = async (lines: number, sync: boolean) => {
      if (sync) client.send(extended('copy notes (note) from stdin'), SYNC);
      else client.send(frame('Q', 'copy notes (note) from stdin\0'));
      for (let message = await client.next(); message?.type !== 'G'; message = await client.next()) {
        if (message === undefined) throw new Error('the connection closed');
      }
      client.send(frame('d', 'copied\n'.repeat(lines)), frame('c'), ...(sync ? [SYNC] : []));
      return summary(await client.untilReady());
    };
    for (const sync of [false, true]) {
      assert.equal(await copy(2, sync), 'C Z:I');
      assert.equal(await copy(3, sync), 'E:53400 Z:I');
    }
    assert.equal(await kept(), 4);
    assert.deepEqual(it.gateway.faults, []);
  });

  test('of rows changed refuses what the server does not count in time', async () => {
    await using it = await open([{ measure: 'rowsChanged', most: 2, per: 'run' }]);
    const client = await it.logIn();
    const refused = async (sql: string) => said(await client.query(sql)).replace(/^.*in time: /, '');
    assert.equal(
      await refused('with gone as (delete from notes returning 1) select 1'),
      'the server does not say how many rows the inner delete changes',
    );
    assert.equal(
      await refused('explain analyze delete from notes'),
      'the server does not say how many rows the inner delete changes',
    );
    assert.equal(await refused('truncate notes'), 'the server does not say how many rows a truncate changes');
    assert.equal(await refused('begin; delete from notes; commit'), 'a commit in the same request makes them final');
    assert.equal(
      await refused('do $$ begin delete from notes; end $$'),
      'the server does not say how many rows the inner delete changes',
    );
    assert.equal(briefly(await client.query('select 1')), 'T … C Z:I');
  });

  test('of a run counts over its connections and not over other runs', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 10, per: 'run' }]);
    const grant = await it.gateway.grant();
    const one = await it.logIn(grant);
    assert.equal(briefly(await one.query('select n from numbers limit 7')), 'T … C Z:I');
    const other = await it.logIn(grant);
    const reply = await other.query('select n from numbers limit 7');
    assert.equal(rows(reply), 3);
    assert.equal(said(reply), 'chaperone: a budget is used up: 10 rowsRead per run; 10 of 10 are spent');
    assert.equal(summary(await one.query('select n from numbers limit 1')), 'E:53400 Z:I');
    assert.equal(summary(await one.query('begin')), 'C Z:T');
    const stranger = await it.logIn();
    assert.equal(briefly(await stranger.query('select n from numbers limit 10')), 'T … C Z:I');
  });

  test('of a target counts over all runs, in the time before now', async () => {
    await using it = await open([{ measure: 'statements', most: 3, per: 'target', withinMs: 3_600_000 }]);
    const [one, other] = [await it.logIn(), await it.logIn()];
    assert.equal(briefly(await one.query('select 1; select 2')), 'T … C T … C Z:I');
    assert.equal(briefly(await other.query('select 1')), 'T … C Z:I');
    assert.equal(
      said(await other.query('select 1')),
      'chaperone: a budget is used up: 3 statements per target within 1h; 3 of 3 are spent',
    );
  });

  test('of tables counts distinct ones', async () => {
    await using it = await open([
      { measure: 'tables', most: 2, per: 'run' },
      { measure: 'tables', most: 1, per: 'statement' },
    ]);
    const client = await it.logIn();
    assert.equal(summary(await client.query('select from numbers, notes')), 'E:53400 Z:I');
    for (const table of ['numbers limit 1', 'notes limit 0', 'numbers limit 1'])
      assert.equal(briefly(await client.query(`select 1 from ${table}`)).replace('… ', ''), 'T C Z:I');
    assert.equal(
      said(await client.query('select 1 from parents')),
      'chaperone: a budget is used up: 2 tables per run; 2 of 2 are spent',
    );
  });

  test('that asks people pauses its reply, goes on once they allow as much again, and ends when they do not', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 1_000, per: 'run', exceeded: ASKED }]);
    const client = await it.logIn();
    client.send(frame('Q', 'select n from numbers limit 2500\0'));
    const first = await it.people.nth(0);
    assert.deepEqual(first.held.obligations, [{ kind: 'approve', ...ASKED }]);
    const { budget, ...context } = { budget: '', ...first.held.request.context?.() };
    assert.equal(budget, '1000 rowsRead per run, of the rule "limited"');
    assert.equal(context['budget spent' as keyof typeof context], '1000 of 1000');
    assert.equal(context['budget granted' as keyof typeof context], '1000 more rowsRead for this run');
    first.approve();
    (await it.people.nth(1)).deny('enough');
    const reply = await client.untilReady();
    assert.equal(rows(reply), 2_000);
    assert.equal(briefly(reply), 'T … N … N E:42501 Z:I');
    const ends = (await recorded(it.gateway)).flatMap(({ event }) => (event.result ? [event] : []));
    assert.deepEqual(
      ends.map(({ result, refusal }) => [result?.status, result?.rows, refusal?.code]),
      [['refused', '2000', 'approval-denied']],
    );
  });

  test('that asks real people names what they would grant, and they grant it once', async () => {
    await using store = await openStore({ file: join(directory, 'asked.db') });
    await using people = await approvalsOn(store);
    await using it = await open([{ measure: 'rowsRead', most: 10, per: 'run', exceeded: ASKED }], {}, people.service);
    const client = await it.logIn();
    client.send(frame('Q', 'select n from numbers limit 25\0'));
    const answer = async () => {
      const dba = person('ada', ['dba']);
      const { items } = await people.service.list({ state: 'pending', limit: 9 }, { person: dba, all: false });
      const [pending] = items;
      if (pending === undefined) return undefined;
      const shown = await people.service.find(pending.id, { person: dba, all: false });
      await people.service.decide(pending.id, answerOf('approve', dba, shown ?? assert.fail('it is not shown')));
      return shown;
    };
    const contexts: Readonly<Record<string, string>>[] = [];
    while (contexts.length < 2) {
      const shown = await answer();
      if (shown !== undefined) contexts.push(shown.context);
      // The store of this test answers at once: others get their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const reply = await client.untilReady();
    assert.equal(rows(reply), 25);
    assert.equal(briefly(reply), 'T … N … N … C Z:I');
    assert.deepEqual(
      contexts.map((context) => [context['budget spent'], context['budget granted'], context['database']]),
      [
        ['10 of 10', '10 more rowsRead for this run', 'postgres'],
        ['20 of 20', '10 more rowsRead for this run', 'postgres'],
      ],
    );
    const [counted] = await it.budgets.list({ limit: 9 });
    assert.deepEqual([counted?.most, counted?.granted], [10, 20]);
    assert.deepEqual([...it.gateway.faults, ...people.faults], []);
  });

  test('that asks people ends with its client', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 10, per: 'run', exceeded: ASKED }]);
    const client = await it.logIn();
    client.send(frame('Q', 'select n from numbers\0'));
    const asked = await it.people.nth(0);
    client.leave('reset');
    while (it.gateway.live.size > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.match(asked.cancelledBecause ?? '', /the client has gone/);
  });

  test('is recorded with how far the reply came', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 3, per: 'run' }]);
    const client = await it.logIn();
    await client.query('select n from numbers');
    const end = (await recorded(it.gateway)).find(({ event }) => event.kind === 'reply');
    assert.deepEqual(end?.event.result, { code: 'budget-exceeded', rows: '3', status: 'refused' });
    assert.equal(end?.event.refusal?.rule, 'limited');
    assert.equal(end?.body.toString('latin1').split('D').length, 4);
    await it.gateway.stop();
    const { findings } = await verifyDirectory(join(it.gateway.directory, 'audit'));
    assert.deepEqual(
      findings.map(({ message }) => message.replace(/run_\w+/, 'the run')),
      ['the run was opened and never closed'],
    );
  });

  test('counts what is masked, too, and cuts it off at the row', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 3, per: 'statement' }], { mask: ['email'] });
    const client = await it.logIn();
    const reply = await client.query(`select 'ada' || n || '@example.com' from numbers`);
    assert.equal(briefly(reply), 'T … E:53400 Z:I');
    assert.deepEqual(
      reply.filter(({ type }) => type === 'D').map(({ body }) => body.subarray(6).toString()),
      ['[redacted]', '[redacted]', '[redacted]'],
    );
    client.send(extended(`select 'ada' || n || '@example.com' from numbers`), SYNC);
    assert.equal(briefly(await client.untilReady()), '1 2 T … E:53400 Z:I');
    // What a copy's expression has for a type is not known, so it becomes NULL.
    const copy = await client.query(`copy (select 'ada' || n || '@example.com' from numbers) to stdout`);
    assert.equal(briefly(copy), 'H … E:53400 Z:I');
    assert.deepEqual(
      copy.filter(({ type }) => type === 'd').map(({ body }) => body.toString()),
      ['\\N\n', '\\N\n', '\\N\n'],
    );
    assert.deepEqual(it.gateway.faults, []);
  });

  test('lets an exact reply through as it is, in every shape', async () => {
    await using it = await open([
      { measure: 'rowsRead', most: 20_000, per: 'statement' },
      { measure: 'rowsChanged', most: 20_000, per: 'statement' },
    ]);
    const client = await it.logIn();
    await using direct = await RawPostgres.login({ ...server, database: server.database });
    for (const sql of [
      'select n, repeat(md5(n::text), 1 + n % 40) from numbers',
      `select repeat('x', 3000000) from generate_series(1, 3)`,
      'select 1; select 2 where false; select n from numbers limit 3',
      '',
      'copy numbers to stdout',
      'select 1/0',
      `do $$ begin raise notice 'hello'; end $$`,
      'with moved as (select 1) select * from moved',
    ]) {
      const [through, straight] = [await client.query(sql), await direct.query(sql)];
      assert.deepEqual(through, straight, sql);
    }
    client.send(extended('select n from numbers', [], 1), extended('select $1::int + 1', ['41']), SYNC);
    direct.send(extended('select n from numbers', [], 1), extended('select $1::int + 1', ['41']), SYNC);
    assert.deepEqual(await client.untilReady(), await direct.untilReady());
  });

  test('of several statements in one batch undoes all of them', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 2, per: 'statement' }]);
    const client = await it.logIn();
    const insert = `insert into notes (note) values ('batched') returning id`;
    const kept = async () =>
      Number((await server.query(`select count(*) from notes where note = 'batched'`))[0]?.['count']);
    client.send(extended(insert), extended('select n from numbers'), extended(insert), SYNC);
    assert.equal(briefly(await client.untilReady()), '1 2 T … C 1 2 T … E:53400 Z:I');
    assert.equal(briefly(await client.query(`${insert}; select n from numbers; ${insert}`)), 'T … C T … E:53400 Z:I');
    assert.equal(await kept(), 0);
    client.send(extended(insert), extended(insert), SYNC);
    assert.equal(briefly(await client.untilReady()), '1 2 T … C 1 2 T … C Z:I');
    assert.equal(await kept(), 2);
  });

  test('of prepared statements counts each execution', async () => {
    await using it = await open([
      { measure: 'rowsChanged', most: 3, per: 'run' },
      { measure: 'statements', most: 100, per: 'run' },
    ]);
    const client = await it.logIn();
    await client.query(`prepare add as insert into notes (note) values ('prepared')`);
    await client.query('prepare hide as with gone as (delete from notes returning 1) select 1');
    for (let turn = 0; turn < 3; turn++) assert.equal(said(await client.query('execute add')), '');
    assert.equal(summary(await client.query('execute add')), 'E:53400 Z:I');
    assert.match(said(await client.query('execute hide')), /how many rows the inner delete changes/);
    const counted = (await it.budgets.list({ limit: 9 })).find(({ measure }) => measure === 'rowsChanged');
    assert.equal(counted?.spent, 3);
  });

  test('that cannot be counted lets nothing through, and the session goes on', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 100, per: 'run' }]);
    const client = await it.logIn();
    await it.store.write((db) => db.schema.alterTable('budget_slots').renameTo('gone').execute());
    assert.equal(said(await client.query('select 1')), 'chaperone: what this spends of a budget cannot be counted now');
    assert.equal(summary(await client.query('begin')), 'C Z:T');
    await it.store.write((db) => db.schema.alterTable('gone').renameTo('budget_slots').execute());
    assert.equal(briefly(await client.query('select 1')), 'T … C Z:T');
    assert.equal(it.gateway.faults.length, 1);
  });

  test('of which nothing is left refuses before the target hears of it', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 0, per: 'run' }]);
    const client = await it.logIn();
    assert.equal(summary(await client.query('select 4711 as unheard')), 'E:53400 Z:I');
    client.send(extended('select 4712 as unheard'), SYNC);
    assert.equal(summary(await client.untilReady()), 'E:53400 Z:I');
    assert.doesNotMatch(await server.log(), /unheard/);
  });

  test('holds on to its approval when its client loses patience', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 10, per: 'run', exceeded: ASKED }]);
    const grant = await it.gateway.grant();
    const client = await it.logIn(grant);
    client.send(frame('Q', 'select n from numbers limit 15\0'));
    const asked = await it.people.nth(0);
    it.gateway.live
      .list()[0]
      ?.cancel()
      .catch(() => undefined);
    const reply = await client.untilReady();
    assert.equal(rows(reply), 10);
    assert.equal(briefly(reply), 'T … N E:57014 Z:I');
    assert.match(asked.cancelledBecause ?? '', /the client cancelled/);
    assert.equal(briefly(await client.query('begin')), 'C Z:T');
  });

  test('stops the target’s work, and never the next request’s', async () => {
    await using it = await open([{ measure: 'rowsRead', most: 100, per: 'statement' }]);
    const client = await it.logIn();
    for (let turn = 0; turn < 25; turn++) {
      const reply = await client.query('select generate_series(1, 2000000000)');
      assert.equal(briefly(reply), 'T … E:53400 Z:I');
      assert.equal(rows(reply), 100);
      assert.equal(briefly(await client.query('select pg_sleep(0.002)')), 'T … C Z:I');
    }
    const busy = await server.query(
      `select 1 from pg_stat_activity where state = 'active' and query like '%2000000000%' and pid <> pg_backend_pid()`,
    );
    assert.deepEqual(busy, []);
    assert.deepEqual(it.gateway.faults, []);
  });

  test('of statements counts what is run, and not what is prepared', async () => {
    await using it = await open([{ measure: 'statements', most: 3, per: 'run' }]);
    const client = await it.logIn();
    client.send(frame('P', 'one\0', 'select 1\0', Buffer.alloc(2)), frame('D', 'Sone\0'), SYNC);
    assert.equal(summary(await client.untilReady()), '1 t T Z:I');
    client.send(extended('select 1'), extended('select 2'), SYNC);
    assert.equal(briefly(await client.untilReady()), '1 2 T … C 1 2 T … C Z:I');
    client.send(extended('select 1'), extended('select 2'), SYNC);
    assert.equal(summary(await client.untilReady()), 'E:53400 Z:I');
    assert.equal(briefly(await client.query('select 1')), 'T … C Z:I');
    assert.equal(summary(await client.query('selec')), 'E:53400 Z:I');
  });

  test('is never exceeded by 32 clients at once', async () => {
    await using it = await open([
      { measure: 'rowsRead', most: 1_000, per: 'run' },
      { measure: 'statements', most: 150, per: 'run' },
    ]);
    const grant = await it.gateway.grant();
    const clients = await Promise.all(Array.from({ length: 32 }, () => it.logIn(grant)));
    let read = 0;
    let answered = 0;
    const work = clients.map(async (client) => {
      for (let turn = 0; turn < 6; turn++) {
        const reply = await client.query('select n from numbers limit 7');
        read += rows(reply);
        if (!summary(reply).includes('E:')) answered++;
      }
    });
    await Promise.all(work);
    assert.equal(read, 1_000);
    assert.equal(answered, 142);
    assert.deepEqual(it.gateway.faults, []);
  });
});
