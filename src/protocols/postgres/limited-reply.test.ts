import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FakeApprovals } from '../../../test/support/fake-approvals.ts';
import { PERMIT_ALL, startGateway, type TestGateway, targetFor } from '../../../test/support/gateway.ts';
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts';
import {
  type BackendMessage,
  bind,
  errorFields,
  execute,
  extended,
  frame,
  int16,
  int32,
  parse,
  query,
  RawPostgres,
  SYNC,
} from '../../../test/support/raw-postgres.ts';
import { recorded } from '../../../test/support/recorded.ts';
import { Relay } from '../../../test/support/relay.ts';
import { BudgetService } from '../../budgets/budget-service.ts';
import type { Policy } from '../../policy/policy.ts';
import { openStore, type Store } from '../../store/store.ts';

const THREE: Policy = { ...PERMIT_ALL, name: 'three', session: { rows: 3 } };
const TEN: Policy = { ...PERMIT_ALL, name: 'ten', session: { rows: 10 } };
const CUT = 'N chaperone: the policy ends this result after 3 rows; there may be more';

describe('a limit of rows', { concurrency: false, timeout: 60_000 }, () => {
  let server: PostgresServer;
  let relay: Relay;
  let gateway: TestGateway;
  let people: FakeApprovals;
  let directory: string | undefined;
  let store: Store;
  let budgets: BudgetService;

  before(async () => {
    server = await startPostgres({
      sql: "create table keep as select n as id, n || '@example.org' as email from generate_series(1, 50) n",
    });
    relay = await Relay.before(server);
    people = new FakeApprovals();
    const target = { ...targetFor(server), address: { host: relay.host, port: relay.port } };
    directory = await mkdtemp(join(tmpdir(), 'limited-'));
    store = await openStore({ file: join(directory, 'store.db') });
    budgets = new BudgetService({ store, onFault: (fault) => assert.fail(String(fault)) });
    gateway = await startGateway({ targets: [target], approvals: people, budgets });
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await budgets?.[Symbol.asyncDispose]();
    await store?.[Symbol.asyncDispose]();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
    await relay?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  async function client(policies: readonly Policy[], parameters: Record<string, string> = {}): Promise<RawPostgres> {
    gateway.setPolicies(policies);
    const { user, password } = await gateway.grant();
    const { host, port } = gateway;
    return RawPostgres.login({ host, port, user, password, database: 'shop', parameters });
  }

  async function direct(): Promise<RawPostgres> {
    const { host, port, user, password, database } = server;
    return RawPostgres.login({ host, port, user, password, database });
  }

  const conversations: readonly (readonly [string, readonly (readonly [string, readonly string[]])[]])[] = [
    [
      'ends a result at the server, and the client is told',
      [
        ['select id from keep order by id', ['1', '2', '3', CUT, 'C SELECT 3']],
        ['select id from keep order by id limit 2', ['1', '2', 'C SELECT 2']],
        ['select id from keep order by id limit 3', ['1', '2', '3', 'C SELECT 3']],
        ['select id from keep order by id limit 20 offset 47', ['48', '49', '50', CUT, 'C SELECT 3']],
        ['select id from keep order by id limit 20 offset 48', ['49', '50', 'C SELECT 2']],
        ['select id from keep where id > 90', ['C SELECT 0']],
        ['select 1; table keep; select 2', ['1', 'C SELECT 1', ...rows(1, 2, 3), CUT, 'C SELECT 3', '2', 'C SELECT 1']],
      ],
    ],
    [
      'ends what COPY writes',
      [
        ['copy (select id from keep order by id) to stdout', ['d 1', 'd 2', 'd 3', CUT, 'C COPY 3']],
        ['copy (select 1) to stdout with (format csv, header)', ['d ?column?', 'd 1', 'C COPY 1']],
        ['copy keep to stdout', ['E 42501']],
      ],
    ],
    [
      'ends what cursors and prepared statements return in all',
      [
        ['begin; declare c cursor for select id from keep order by id', ['C BEGIN', 'C DECLARE CURSOR']],
        ['fetch 2 from c', ['1', '2', 'C FETCH 2']],
        ['fetch 2 from c', ['3', 'C FETCH 1']],
        ['commit', ['C COMMIT']],
        ['prepare p as select id from keep order by id', ['C PREPARE']],
        ['execute p', ['1', '2', '3', 'C SELECT 3']],
      ],
    ],
    [
      'leaves what returns no rows, and refuses what no limit can be put to',
      [
        ['create table made as select * from keep', ['C SELECT 50']],
        ['insert into made select * from keep', ['C INSERT 0 50']],
        ['delete from made returning id', ['E 42501']],
        ['select id from keep order by id fetch first 2 rows with ties', ['E 42501']],
        ['drop table made', ['C DROP TABLE']],
      ],
    ],
    [
      'keeps the places that errors point at',
      [
        ['select id,\n  nothing from keep limit 3 + 3', ['E 42703 P14']],
        ["select 'é𝄞'; select nothing", ['é𝄞', 'C SELECT 1', 'E 42703 P21']],
        ['select 1; select 2; select nothing from keep', ['1', 'C SELECT 1', '2', 'C SELECT 1', 'E 42703 P28']],
      ],
    ],
  ];
  for (const [name, conversation] of conversations) {
    for (const trickle of [false, true]) {
      test(`${name}${trickle ? ', byte by byte' : ''}`, async () => {
        await using asked = await client([THREE]);
        relay.trickle = trickle;
        try {
          for (const [sql, said] of conversation) assert.deepEqual(told(await asked.query(sql)), said, sql);
        } finally {
          relay.trickle = false;
        }
        assert.deepEqual(gateway.faults, []);
      });
    }
  }

  test('is in what Parse carries: the same parameters, the same columns, fewer rows', async () => {
    await using asked = await client([THREE]);
    await using plain = await direct();
    const describing = [parse('s', 'select id, email from keep order by 1 limit $1'), frame('D', 'Ss\0'), SYNC];
    asked.send(...describing);
    plain.send(...describing);
    const columns = (messages: readonly BackendMessage[]) =>
      messages.filter(({ type }) => type === 't' || type === 'T');
    assert.deepEqual(columns(await asked.untilReady()), columns(await plain.untilReady()));
    const run = (limit: string) => [
      frame('B', '\0s\0', int16(0), int16(1), int32(limit.length), limit, int16(0)),
      frame('E', '\0', int32(0)),
      SYNC,
    ];
    asked.send(...run('2'));
    assert.deepEqual(told(await asked.untilReady()), [...rows(1, 2), 'C SELECT 2']);
    asked.send(...run('40'));
    assert.deepEqual(told(await asked.untilReady()), [...rows(1, 2, 3), CUT, 'C SELECT 3']);
  });

  test('counts a portal as a whole, however often it is asked for its next rows', async () => {
    await using asked = await client([THREE]);
    await asked.query('begin');
    asked.send(parse('', 'select id from keep order by id'), bind('p', ''), execute('p', 2), SYNC);
    assert.deepEqual(told(await asked.untilReady()), ['1', '2', 's']);
    asked.send(execute('p', 2), SYNC);
    assert.deepEqual(told(await asked.untilReady()), ['3', CUT, 'C SELECT 1']);
  });

  test('an error in a batch points into its own text', async () => {
    await using asked = await client([THREE]);
    asked.send(extended('select 1'), parse('', 'select nothing from keep limit $1'), SYNC);
    assert.deepEqual(told(await asked.untilReady()), ['1', 'C SELECT 1', 'E 42703 P8']);
  });

  test('holds for what was prepared or declared before there was one: it must be made again', async () => {
    await using asked = await client([TEN]);
    asked.send(parse('wide', 'select id from keep'), parse('narrow', 'select id from keep limit 2'), SYNC);
    await asked.untilReady();
    await asked.query('prepare p as select id from keep');
    await asked.query('begin; declare c cursor for select id from keep');
    gateway.setPolicies([THREE]);
    asked.send(bind('', 'narrow'), execute(''), SYNC);
    assert.deepEqual(told(await asked.untilReady()), ['1', '2', 'C SELECT 2']);
    asked.send(bind('', 'wide'), execute(''), SYNC);
    assert.deepEqual(told(await asked.untilReady()), ['E 42501']);
    await asked.query('rollback');
    for (const sql of ['execute p', 'fetch all from c', 'fetch all from never']) {
      assert.equal(told(await asked.query(sql))[0], 'E 42501', sql);
    }
    await asked.query('deallocate p');
    await asked.query('prepare p as select id from keep order by id');
    assert.deepEqual(told(await asked.query('execute p')), ['1', '2', '3', 'C SELECT 3']);
    gateway.setPolicies([PERMIT_ALL]);
    await asked.query('deallocate p');
    asked.send(parse('p', 'select id from keep'), SYNC);
    await asked.untilReady();
    await asked.query('prepare q as select id from keep');
    gateway.setPolicies([THREE]);
    assert.deepEqual(told(await asked.query('execute p')), ['E 42501'], 'another one of the same name');
    assert.deepEqual(told(await asked.query('execute q')), ['E 42501'], 'made under no rule, after one under a rule');
    asked.send(parse('r', 'select id from keep order by id'), SYNC);
    await asked.untilReady();
    gateway.setPolicies([TEN]);
    assert.equal(told(await asked.query('execute r')).length, 4, 'what was limited to less stays so');
  });

  test('goes with masks, in both protocols', async () => {
    const masked: Policy = { ...THREE, mask: ['email'] };
    await using asked = await client([masked]);
    const expected = ['[redacted]', '[redacted]', '[redacted]', CUT, 'C SELECT 3'];
    assert.deepEqual(told(await asked.query('select email from keep')), expected);
    asked.send(parse('', 'select email from keep'), bind('', ''), execute(''), SYNC);
    assert.deepEqual(told(await asked.untilReady()), expected);
  });

  test('goes with budgets, which count what was given', async () => {
    const budget = { measure: 'rowsRead', most: 7, per: 'run' } as const;
    await using asked = await client([{ ...THREE, limit: [budget] }]);
    const sql = 'select id from keep order by id';
    assert.deepEqual(told(await asked.query(sql)), ['1', '2', '3', CUT, 'C SELECT 3']);
    asked.send(parse('', sql), bind('', ''), execute(''), SYNC);
    assert.deepEqual(told(await asked.untilReady()), ['1', '2', '3', CUT, 'C SELECT 3']);
    assert.deepEqual(told(await asked.query(sql)), ['1', 'E 53400']);
  });

  test('reads a text in the encoding of its client', async () => {
    await using asked = await client([THREE], { client_encoding: 'LATIN1' });
    asked.send(frame('Q', Buffer.from("select 'é' from keep; select nothing\0", 'latin1')));
    const messages = await asked.untilReady();
    assert.deepEqual(told(messages).slice(3), [CUT, 'C SELECT 3', 'E 42703 P30']);
    assert.equal(
      messages
        .find(({ type }) => type === 'D')
        ?.body.toString('latin1')
        .slice(6),
      'é',
    );
  });

  test('stands in the record beside what was asked, and in what people approve', async () => {
    const held: Policy = {
      ...THREE,
      approve: { group: 'dba', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false },
    };
    await using asked = await client([held]);
    asked.send(query('select id from keep limit 30'));
    const approval = await people.nth(0);
    assert.equal(approval.held.request.context?.()['forwarded as'], 'select id from keep limit 3');
    const estimate = await approval.described;
    assert.match(estimate.statements[0]?.plan ?? '', /^Limit \(rows=3 /);
    approval.approve();
    assert.equal(told(await asked.untilReady()).at(-1), 'C SELECT 3');
    const request = (await recorded(gateway)).findLast(({ event }) => event.kind === 'request');
    assert.equal(request?.body.toString(), 'select id from keep limit 30');
    assert.deepEqual(request?.event.forwarded, [{ statement: 0, edits: [{ at: 26, removed: 2, inserted: '3' }] }]);
  });

  test('of a batch the record says which of its statements was changed', async () => {
    await using asked = await client([THREE]);
    asked.send(extended('select 1 limit 1'), extended('select id from keep'), SYNC);
    await asked.untilReady();
    const request = (await recorded(gateway)).findLast(({ event }) => event.kind === 'request');
    const edits = [{ at: 19, removed: 0, inserted: '\nLIMIT 3' }];
    assert.deepEqual(request?.event.forwarded, [{ statement: 1, edits }]);
  });
});

function rows(...ids: readonly number[]): readonly string[] {
  return ids.flatMap((id) => [String(id), `${id}@example.org`]);
}

/** Values of rows, lines of COPY, notices, tags, and errors with the place that they point at. */
function told(messages: readonly BackendMessage[]): readonly string[] {
  return messages.flatMap((message) => {
    const { type, body } = message;
    const fields = errorFields(message);
    switch (type) {
      case 'D':
        return values(body);
      case 'd':
        return `d ${body.toString().trimEnd()}`;
      case 'N':
        return `N ${fields['M']}`;
      case 'C':
        return `C ${body.toString('utf8', 0, body.length - 1)}`;
      case 'E':
        return fields['P'] === undefined ? `E ${fields['C']}` : `E ${fields['C']} P${fields['P']}`;
      case 's':
        return 's';
      default:
        return [];
    }
  });
}

function values(row: Buffer): readonly string[] {
  let at = 2;
  return Array.from({ length: row.readInt16BE(0) }, () => {
    const length = row.readInt32BE(at);
    const start = at + 4;
    at = start + Math.max(length, 0);
    return row.toString('utf8', start, at);
  });
}
