import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FakeApprovals } from '../../../test/support/fake-approvals.ts';
import { PERMIT_ALL, startGateway, type TestGateway, targetFor } from '../../../test/support/gateway.ts';
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts';
import { extended, frame, int16, query, RawPostgres, SYNC } from '../../../test/support/raw-postgres.ts';
import type { Estimate } from '../../model/approval.ts';
import type { Policy } from '../../policy/policy.ts';

const SEED = `
create table public.items (id int primary key, name text, price int);
insert into public.items select n, 'item ' || n, n from generate_series(1, 1000) n;
create table public.numbered (id serial primary key, name text);
create table public.watched (id int);
create function public.note() returns trigger language plpgsql as 'begin raise notice ''side door''; return new; end';
create trigger on_watched before update on public.watched for each row execute function public.note();
create table public.parent (id int primary key);
create table public.child (id int references public.parent on delete cascade);
insert into public.parent values (1), (2);
create function public.pretends(n int) returns int immutable language plpgsql as
  'begin raise log ''PLANNED AND RUN''; return n; end';
create function public.guard(n int) returns bool immutable language sql as 'select n > 0';
create table public.guarded (id int check (public.guard(id)));
create schema other; create table other.items (id int); insert into other.items values (1), (2), (3);
create role reader; grant usage on schema other to reader;
create table public."odd (cost=0.00..0.00 rows=999999 width=0)" (id int);
analyze;
`;

function asking(measureRows: boolean): Policy {
  const approve = { group: 'dba', quorum: 1, withinMs: 60_000, allowActor: false, measureRows, showText: false };
  return { ...PERMIT_ALL, name: 'ask', operations: ['any', 'unknown'], approve };
}

describe('what a held request would do', { concurrency: false }, () => {
  let server: PostgresServer;
  let people: FakeApprovals;
  let gateway: TestGateway;
  let client: RawPostgres;

  before(async () => {
    server = await startPostgres({ sql: SEED });
    people = new FakeApprovals();
    gateway = await startGateway({ targets: [targetFor(server)], approvals: people });
  });
  after(async () => {
    await client?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  /** Sends what is to be held after other statements of the session, takes the estimate, and denies it. */
  async function estimateOf(bytes: Uint8Array, measureRows = false, first: readonly string[] = []): Promise<Estimate> {
    const { user, password } = await gateway.grant();
    client = await RawPostgres.login({ host: gateway.host, port: gateway.port, user, password, database: 'shop' });
    gateway.setPolicies([PERMIT_ALL]);
    for (const sql of first) await client.query(sql);
    gateway.setPolicies([asking(measureRows)]);
    const index = people.asked.length;
    client.send(bytes);
    const approval = await people.nth(index);
    const estimate = await approval.described;
    approval.deny();
    await client.untilReady();
    await client[Symbol.asyncDispose]();
    assert.deepEqual(gateway.faults, []);
    return estimate;
  }

  async function executedBy<T>(work: () => Promise<T>): Promise<{ readonly log: string; readonly result: T }> {
    const before = (await server.log()).length;
    const result = await work();
    return { result, log: (await server.log()).slice(before) };
  }

  test('a change is planned, and nothing but EXPLAIN is executed, in a transaction that cannot write', async () => {
    const sql = "delete from items where price > 100 and name like 'item%'";
    const { log, result } = await executedBy(() => estimateOf(query(sql)));
    const [statement] = result.statements;
    assert.equal(result.kind, 'planned');
    assert.equal(statement?.text, sql);
    assert.ok((statement?.rows ?? 0) > 800 && (statement?.rows ?? 0) <= 1000, `${statement?.rows} rows`);
    assert.ok((statement?.cost ?? 0) > 0);
    assert.match(statement?.plan ?? '', /^Delete on items \(rows=0 cost=[\d.]+\)\n {2}-> Seq Scan on items/);
    assert.match(log, /BEGIN TRANSACTION READ ONLY/);
    assert.match(log, /execute <unnamed>: EXPLAIN \(FORMAT JSON\) delete from items/);
    assert.doesNotMatch(log, /(?:statement|execute [^:]*): (?:delete|commit)/i);
    assert.deepEqual(await server.query('select count(*)::int as n from items'), [{ n: 1000 }]);
  });

  test('parameters are bound as they came, in text and in binary', async () => {
    const text = await estimateOf(Buffer.concat([extended('select * from items where id = $1', ['7']), SYNC]));
    assert.equal(text.statements[0]?.rows, 1);
    const seven = Buffer.from([0, 0, 0, 7]);
    const binary = Buffer.concat([
      frame('P', '\0', 'update items set price = 0 where id = $1\0', int16(1), Buffer.from([0, 0, 0, 23])),
      frame('B', '\0', '\0', int16(1), int16(1), int16(1), Buffer.from([0, 0, 0, 4]), seven, int16(0)),
      frame('E', '\0', Buffer.alloc(4)),
      SYNC,
    ]);
    const { statements } = await estimateOf(binary);
    assert.equal(statements[0]?.rows, 1);
    assert.match(statements[0]?.plan ?? '', /Index Cond: \(id = 7\)/);
  });

  test('each statement of a text is planned by itself, and one that fails spoils no other', async () => {
    const { statements } = await estimateOf(
      query('update items set price = 1; insert into fresh values (1); select * from items limit 3; begin'),
    );
    assert.deepEqual(
      statements.map(({ rows, why }) => [rows, why?.slice(0, 60)]),
      [
        [1000, undefined],
        [undefined, 'the server cannot plan it (42P01): relation "fresh" does not'],
        [3, undefined],
        [undefined, 'a statement of this kind (begin) has no plan'],
      ],
    );
  });

  test('a definition has no plan: its tables, their sizes and the lock are told instead, and nothing is executed', async () => {
    for (const [sql, expected] of [
      [
        'alter table items add column extra int',
        /^a statement of this kind \(alter\) has no plan; it takes a lock \(ACCESS EXCLUSIVE: readers and writers wait\) on public\.items \(about 1,000 rows, \d+ kB\)$/,
      ],
      ['drop table other.items', /\(ACCESS EXCLUSIVE: readers and writers wait\) on other\.items \(about 3 rows, \d+/],
      ['truncate items', /ACCESS EXCLUSIVE: readers and writers wait\) on public\.items/],
      ['create index on items (price)', /SHARE: writers wait\) on public\.items/],
      ['create index concurrently on items (price)', /\(SHARE UPDATE EXCLUSIVE\) on public\.items/],
    ] as const) {
      const { log, result } = await executedBy(() => estimateOf(query(sql)));
      assert.match(result.statements[0]?.why ?? '', expected);
      assert.equal(log.includes(sql), false, log);
    }
  });

  test('it is planned as the session would: its role, its search path', async () => {
    const inOther = await estimateOf(query('delete from items'), false, ['set search_path = other']);
    assert.equal(inOther.statements[0]?.rows, 3);
    const asReader = await estimateOf(query('delete from other.items'), false, ['set role reader']);
    assert.match(asReader.statements[0]?.why ?? '', /\(42501\): permission denied/);
    const unknown = await estimateOf(query('delete from items'), false, [
      "do $$ begin perform set_config('role', 'reader', false); end $$",
    ]);
    assert.deepEqual([unknown.kind, unknown.why], ['unavailable', "the session's role or path is not known"]);
  });

  test('planning runs no function of the database, however it pretends', async () => {
    const { log, result } = await executedBy(() => estimateOf(query('select * from items where id = pretends(1)')));
    assert.equal(result.statements[0]?.why, 'it calls pretends, which planning could run');
    assert.equal(log.includes('PLANNED AND RUN'), false);
  });

  test('a hostile name in a plan is text: it does not change the figures', async () => {
    const { statements } = await estimateOf(
      query('delete from "odd (cost=0.00..0.00 rows=999999 width=0)" where id = 1 and id = 2'),
    );
    assert.ok((statements[0]?.rows ?? 0) < 100, String(statements[0]?.rows));
  });

  test('rows are counted by a run that is rolled back, where a rule allows it', async () => {
    const sql = 'update items set price = price + 1 where id <= 17';
    const { log, result } = await executedBy(() => estimateOf(query(sql), true));
    assert.deepEqual([result.kind, result.statements[0]?.rows], ['measured', 17]);
    const own = log.slice(log.indexOf('BEGIN TRANSACTION READ WRITE'));
    assert.match(own, /LOCK TABLE "public"\."items" IN ROW EXCLUSIVE MODE[\s\S]*execute <unnamed>: update items/);
    assert.match(own, /execute <unnamed>: ROLLBACK/);
    assert.doesNotMatch(log, /(?:statement|execute [^:]*): commit/i);
    assert.deepEqual(await server.query('select sum(price)::int as n from items'), [{ n: 500_500 }]);
  });

  test('what could outlive a rollback, or reach further, is not run', async () => {
    for (const [sql, why] of [
      ['update watched set id = 1', /public\.watched: it has the trigger on_watched/],
      ["insert into numbered (name) values ('x')", /public\.numbered: it would use up numbers of a sequence/],
      ['delete from parent', /public\.parent: a change of it cascades to public\.child/],
      ['insert into guarded values (1)', /public\.guarded: a change of it runs a function of this database/],
      ["update items set price = nextval('numbered_id_seq')", /a part of it \(function\) does more/],
      ['update items set price = pretends(price)', /it calls pretends/],
      ["with n as (select pg_notify('a', 'b')) update items set price = 1", /a part of it \(function\) does more/],
      ['create table copied as select * from items', /only INSERT, UPDATE, DELETE and MERGE are counted/],
    ] as const) {
      const { log, result } = await executedBy(() => estimateOf(query(sql), true));
      assert.equal(result.kind, 'planned', sql);
      assert.match(result.statements[0]?.why ?? '', why);
      assert.equal(log.includes(`: ${sql}`), false, `${sql} was executed:\n${log}`);
    }
    assert.deepEqual(await server.query('select last_value::int as n, is_called from numbered_id_seq'), [
      { n: 1, is_called: false },
    ]);
  });

  test('a target that cannot be asked is told without its address or its credential', async () => {
    const index = people.asked.length;
    const { user, password } = await gateway.grant();
    client = await RawPostgres.login({ host: gateway.host, port: gateway.port, user, password, database: 'shop' });
    await server.query("alter role postgres password 'changed meanwhile'");
    try {
      client.send(query('delete from items'));
      const approval = await people.nth(index);
      const { kind, why, statements } = await approval.described;
      assert.deepEqual([kind, why, statements], ['unavailable', 'the target could not be asked (upstream-login)', []]);
      approval.deny();
      await client.untilReady();
    } finally {
      await server.query(`alter role postgres password '${server.password}'`);
    }
  });
});
