import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FakeApprovals } from '../../../test/support/fake-approvals.ts';
import { PERMIT_ALL, startGateway, type TestGateway, targetFor } from '../../../test/support/gateway.ts';
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts';
import { extended, query, RawPostgres, SYNC } from '../../../test/support/raw-postgres.ts';
import type { Policy } from '../../policy/policy.ts';
import { PostgresRequest } from './request.ts';
import { timeoutMs } from './session-settings.ts';

const HELD: Policy = {
  ...PERMIT_ALL,
  name: 'ask for deletions and what names hide',
  operations: ['delete', 'execute', 'fetch'],
  approve: { group: 'dba', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false },
};

/** What a session sent before a request is held: texts as simple queries, bytes as they are, up to one ReadyForQuery. */
type Before = readonly (string | Uint8Array)[];

describe('what the meaning of a held request hangs on', { concurrency: false }, () => {
  let server: PostgresServer;
  let people: FakeApprovals;
  let gateway: TestGateway;

  before(async () => {
    server = await startPostgres({ sql: 'create table keep (id int); create role bob; create role eve' });
    people = new FakeApprovals();
    gateway = await startGateway({ targets: [targetFor(server)], policies: [PERMIT_ALL, HELD], approvals: people });
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  async function held(first: Before, sql: string, parameters: Record<string, string> = {}) {
    const { user, password } = await gateway.grant();
    const { host, port } = gateway;
    await using client = await RawPostgres.login({ host, port, user, password, database: 'shop', parameters });
    for (const one of first) {
      client.send(typeof one === 'string' ? query(one) : one);
      await client.untilReady();
    }
    const index = people.asked.length;
    client.send(query(sql));
    const approval = await people.nth(index);
    const { request } = approval.held;
    assert.ok(request instanceof PostgresRequest);
    const told = { context: request.context(), timeoutMs: request.session?.statementTimeoutMs };
    approval.deny();
    await client.untilReady();
    return told;
  }

  /** The same on the server itself, asked for what it is. */
  async function really(first: Before, setting: string): Promise<string | undefined> {
    const { host, port, user, password, database } = server;
    await using client = await RawPostgres.login({ host, port, user, password, database });
    for (const one of first) {
      client.send(typeof one === 'string' ? query(one) : one);
      await client.untilReady();
    }
    const row = (await client.query(`show ${setting}`)).find(({ type }) => type === 'D');
    return row?.body.subarray(6).toString('utf8');
  }

  const SCRIPTS: readonly Before[] = [
    [],
    ["set role bob; set statement_timeout = '20s'"],
    ['set role bob', 'reset role', 'set statement_timeout = 2000', 'reset statement_timeout'],
    ['set role bob', 'set role none', "set statement_timeout = '1min'", 'set statement_timeout = 0'],
    ['begin', 'set role bob', "set statement_timeout = '20s'", 'commit'],
    ['begin', 'set role bob', "set statement_timeout = '20s'", 'rollback'],
    ['begin; set role bob; commit; set role eve; select 1/0'],
    ['set role bob; select 1/0'],
    ['begin', 'set local role bob', "set local statement_timeout = '20s'"],
    ['begin', 'set local role bob', "set local statement_timeout = '20s'", 'commit'],
    ['set role bob', 'begin', 'set local role eve', 'rollback'],
    ['begin', 'set role bob', 'select 1/0', 'commit', 'set statement_timeout = 5000'],
    ["select set_config('role', 'bob', false), set_config('statement_timeout', '2min', false)"],
    ["select set_config('statement_timeout', '2min', true)"],
    ['set role bob', "set statement_timeout = '20s'", 'discard all'],
    ['set role bob', "set statement_timeout = '20s'", 'reset all'],
    ['set role bob', 'set session authorization eve'],
    [Buffer.concat([extended('set role bob'), extended("set statement_timeout = '7s'"), SYNC])],
    [Buffer.concat([extended('set role bob'), extended('select 1/0'), SYNC])],
    [Buffer.concat([extended('set role bob'), Buffer.from([0x48, 0, 0, 0, 4]), extended('select 1/0'), SYNC])],
  ];
  for (const [index, script] of SCRIPTS.entries()) {
    const name = script.map((one) => (typeof one === 'string' ? one : 'a batch')).join(' | ');
    test(`is followed as the server has it: ${index} ${name}`, async () => {
      const { context, timeoutMs: followed } = await held(script, 'delete from keep');
      assert.equal(context['role'], await really(script, 'role'));
      const timeout = await really(script, 'statement_timeout');
      assert.equal(followed, timeout === '0' ? undefined : timeoutMs(timeout ?? ''));
    });
  }

  test('is told by name: database, user, role, search path', async () => {
    const { context } = await held(['set search_path = public, "B b"'], 'delete from keep');
    assert.deepEqual(context, { database: 'postgres', user: 'postgres', role: 'none', search_path: '"public", "B b"' });
  });

  test('holds the text behind a name that the request uses', async () => {
    const prepared = await held(['prepare wipe as select id from keep'], 'execute wipe');
    assert.equal(prepared.context['prepared statement wipe'], 'prepare wipe as select id from keep');
    const cursor = await held(['begin', 'declare c cursor for select id from keep'], 'fetch all from c');
    assert.equal(cursor.context['cursor c'], 'declare c cursor for select id from keep');
  });

  test('is like no other once something of it cannot be known', async () => {
    const hidden: Before = ["do $$ begin perform set_config('role', 'bob', false); end $$"];
    const one = await held(hidden, 'delete from keep');
    const other = await held(hidden, 'delete from keep');
    assert.match(one.context['role'] ?? '', /^not known/);
    assert.notEqual(one.context['role'], other.context['role']);
    const temporary: Before = ['create temp table keep (id int)'];
    const first = await held(temporary, 'delete from keep');
    const second = await held(temporary, 'delete from keep');
    assert.notDeepEqual(first.context, second.context);
    assert.deepEqual((await held([], 'delete from keep')).context, (await held([], 'delete from keep')).context);
  });

  test('knows the timeout that the client asked for while connecting, as a setting or among its options', async () => {
    assert.equal((await held([], 'delete from keep', { statement_timeout: '30s' })).timeoutMs, 30_000);
    assert.equal((await held([], 'delete from keep', { options: '-c statement_timeout=40000' })).timeoutMs, 40_000);
    const reset: Before = ['set statement_timeout = 5', 'reset statement_timeout'];
    assert.equal((await held(reset, 'delete from keep', { statement_timeout: '30s' })).timeoutMs, 30_000);
  });
});

test('a timeout is read as the server reads it', () => {
  for (const [text, ms] of [
    ['5000', 5_000],
    ['5s', 5_000],
    [' 1.5 min ', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['600us', 0.6],
    ['500us', undefined],
    ['0', undefined],
    ['', undefined],
    ['5 parsecs', undefined],
    ['-1', undefined],
  ] as const) {
    assert.equal(timeoutMs(text), ms, text);
  }
});
