import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PERMIT_ALL, startGateway, type TestGateway, targetFor } from '../../../test/support/gateway.ts';
import { type PostgresServer, startPostgres } from '../../../test/support/postgres-server.ts';
import {
  type BackendMessage,
  bind,
  execute,
  frame,
  parse,
  query,
  RawPostgres,
  SYNC,
} from '../../../test/support/raw-postgres.ts';
import { Relay } from '../../../test/support/relay.ts';
import { told } from '../../../test/support/told.ts';
import type { Policy } from '../../policy/policy.ts';

function asking(session: NonNullable<Policy['session']>, more: Partial<Policy> = {}): Policy {
  return { ...PERMIT_ALL, name: 'bounded', session, ...more };
}

const TIMED = asking({ statementTimeoutMs: 30_000, lockTimeoutMs: 5_000, idleInTransactionTimeoutMs: 60_000 });
const READING = asking({ readOnly: true });

const SQL = `
  create table keep as select generate_series(1, 50) as id;
  create role hasty login superuser;
  alter role hasty set statement_timeout = '2s';
  create function raise_it() returns void language plpgsql as $$ begin
    perform set_config('statement_timeout', '0', false);
    perform set_config('default_transaction_read_only', 'off', false);
  end $$;
`;

/** Statements that are sent one by one, and what each says: values of rows, SQLSTATEs of errors. */
type Conversation = readonly (readonly [sql: string, said: readonly string[]])[];

describe('what a rule asks of the session', { concurrency: false, timeout: 60_000 }, () => {
  let server: PostgresServer;
  let relay: Relay;
  let gateway: TestGateway;

  before(async () => {
    server = await startPostgres({ sql: SQL });
    await server.query(`alter role hasty password '${server.password}'`);
    const hasty = targetFor(server, { name: 'hasty' });
    const credential = { ...hasty.credential, user: 'hasty' };
    relay = await Relay.before(server);
    const relayed = { ...targetFor(server, { name: 'relayed' }), address: { host: relay.host, port: relay.port } };
    gateway = await startGateway({ targets: [targetFor(server), { ...hasty, credential }, relayed] });
  });
  after(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await relay?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  async function client(
    policies: readonly Policy[],
    { database = 'shop', ...parameters }: Record<string, string> = {},
  ): Promise<RawPostgres> {
    gateway.setPolicies(policies);
    const { user, password } = await gateway.grant();
    const { host, port } = gateway;
    return RawPostgres.login({ host, port, user, password, database, parameters });
  }

  async function holds(client: RawPostgres, conversation: Conversation): Promise<void> {
    for (const [sql, said] of conversation) assert.deepEqual(told(await client.query(sql)), said, sql);
    assert.deepEqual(gateway.faults, []);
  }

  const conversations: readonly (readonly [string, Policy, Record<string, string>, Conversation])[] = [
    [
      'timeouts are in force from the first request on',
      TIMED,
      {},
      [
        ['show statement_timeout', ['30s']],
        ['show lock_timeout', ['5s']],
        ['show idle_in_transaction_session_timeout', ['1min']],
      ],
    ],
    [
      'a client lowers its own timeouts and does not raise them',
      TIMED,
      {},
      [
        ["set statement_timeout = '1s'", []],
        ['show statement_timeout', ['1s']],
        ['set statement_timeout = 0', []],
        ['show statement_timeout', ['30s']],
        ["set session statement_timeout to '40s'", []],
        ['show statement_timeout', ['30s']],
        ["select set_config('lock_timeout', '0', false)", ['0']],
        ['show lock_timeout', ['5s']],
        ["select set_config('lock_timeout', '400us', false)", ['0']],
        ['show lock_timeout', ['5s']],
      ],
    ],
    [
      'nor while connecting',
      TIMED,
      { statement_timeout: '0', options: '-c lock_timeout=1s' },
      [
        ['show statement_timeout', ['30s']],
        ['show lock_timeout', ['1s']],
        ['reset lock_timeout', []],
        ['show lock_timeout', ['1s']],
      ],
    ],
    [
      'what the target sets for its user is not raised',
      TIMED,
      { database: 'hasty' },
      [
        ['show statement_timeout', ['2s']],
        ['set statement_timeout = 0', []],
        ['show statement_timeout', ['30s']],
        ['reset all', []],
        ['show statement_timeout', ['2s']],
      ],
    ],
    [
      'resets, as poolers send them, bring nothing back',
      TIMED,
      {},
      [
        ['show lock_timeout', ['5s']],
        ['reset all', []],
        ['show lock_timeout', ['5s']],
        ['discard all', []],
        ['show lock_timeout', ['5s']],
        ['reset lock_timeout', []],
        ['show lock_timeout', ['5s']],
        ['set lock_timeout to default', []],
        ['show lock_timeout', ['5s']],
      ],
    ],
    [
      'a transaction that is undone undoes what was set in it',
      TIMED,
      {},
      [
        ['begin', []],
        ["set statement_timeout = '1s'", []],
        ["set local lock_timeout = '1s'", []],
        ['show lock_timeout', ['1s']],
        ['rollback', []],
        ['show statement_timeout', ['30s']],
        ['show lock_timeout', ['5s']],
        ['begin', []],
        ["set statement_timeout = '1s'", []],
        ['select 1/0', ['22012']],
        ['show statement_timeout', ['25P02']],
        ['commit', []],
        ['show statement_timeout', ['30s']],
      ],
    ],
    [
      'and so does a savepoint',
      TIMED,
      {},
      [
        ['begin', []],
        ["set lock_timeout = '3s'", []],
        ['savepoint a', []],
        ["set lock_timeout = '1s'", []],
        ['savepoint b', []],
        ["set lock_timeout = '2s'", []],
        ['rollback to a', []],
        ['show lock_timeout', ['3s']],
        ['savepoint c', []],
        ["set lock_timeout = '4s'", []],
        ['release c', []],
        ['set local lock_timeout = 0', []],
        ['show lock_timeout', ['5s']],
        ['select 1/0', ['22012']],
        ['rollback to savepoint a', []],
        ['show lock_timeout', ['3s']],
        ['commit', []],
        ['show lock_timeout', ['3s']],
      ],
    ],
    [
      'what would come into force within a request is refused',
      TIMED,
      {},
      [
        ['set statement_timeout = 0; select 1', ['42501']],
        ['reset all; select 1', ['42501']],
        ["set statement_timeout = '1s'; select 1", ['1']],
        ["select set_config('lock_timeout', '0', false) from keep limit 1", ['42501']],
        ["select * from keep where set_config('lock_timeout', '0', true) = '0'", ['42501']],
        ["update pg_settings set setting = '0' where name = 'lock_timeout'", ['42501']],
        ['set statement_timeout = 0; selec 1', ['42501']],
        ["select set_config('lock_' || 'timeout', '0', false)", ['0']],
        ['show lock_timeout', ['5s']],
      ],
    ],
    [
      'a function that sets what nobody could foresee is held down afterwards',
      TIMED,
      {},
      [
        ['select raise_it()', ['']],
        ['show statement_timeout', ['30s']],
        ["do $$ begin perform set_config('statement_timeout', '0', false); end $$", []],
        ['show statement_timeout', ['30s']],
      ],
    ],
    [
      'a read-only session is refused to write by the server itself',
      READING,
      {},
      [
        ['select count(*) from keep', ['50']],
        ['insert into keep values (1)', ['25006']],
        ['create table other (id int)', ['25006']],
        ['create temp table other (id int)', ['25006']],
        ["select nextval('pg_catalog.x')", ['42P01']],
        ['begin', []],
        ['delete from keep', ['25006']],
        ['rollback', []],
        ['begin isolation level serializable read only deferrable', []],
        ['select count(*) from keep', ['50']],
        ['commit', []],
        ['copy keep from stdin', ['25006']],
      ],
    ],
    [
      'and does not make itself one that writes',
      READING,
      {},
      [
        ['begin read write', ['42501']],
        ['start transaction isolation level repeatable read, read write', ['42501']],
        ['set default_transaction_read_only = off', ['42501']],
        ['set session characteristics as transaction read write', ['42501']],
        ["select set_config('transaction_read_only', 'off', true)", ['42501']],
        ['begin', []],
        ['set transaction read write', ['42501']],
        ['insert into keep values (1)', ['25P02']],
        ['rollback', []],
        ['reset default_transaction_read_only', []],
        ['insert into keep values (1)', ['25006']],
        ['discard all', []],
        ['insert into keep values (1)', ['25006']],
        ['reset all; insert into keep values (1)', ['42501']],
        ['select raise_it()', ['']],
        ['insert into keep values (1)', ['25006']],
        ['commit; insert into keep values (1)', ['25006']],
        ['begin', []],
        ['commit and chain', []],
        ['insert into keep values (1)', ['25006']],
        ['rollback', []],
        ['begin', []],
        ['savepoint a', []],
        ['release a', []],
        ['insert into keep values (1)', ['25006']],
        ['rollback', []],
      ],
    ],
  ];
  for (const [name, policy, parameters, conversation] of conversations) {
    test(name, async () => {
      await using asked = await client([policy], parameters);
      await holds(asked, conversation);
    });
  }

  test('a statement that takes longer than its rule says is cancelled by the server', async () => {
    await using asked = await client([asking({ statementTimeoutMs: 50 })]);
    await holds(asked, [['select pg_sleep(60)', ['57014']]]);
  });

  test('each request runs under the bounds of its own rule, and under the client’s own where there are none', async () => {
    const reads = asking({ statementTimeoutMs: 1_000, readOnly: true }, { operations: ['select'] });
    const others = { ...PERMIT_ALL, name: 'others', operations: ['session', 'transaction', 'write', 'ddl'] };
    await using asked = await client([reads, others]);
    await holds(asked, [
      ['select current_setting($$statement_timeout$$), current_setting($$transaction_read_only$$)', ['1s', 'on']],
      ['show statement_timeout', ['0']],
      ['create table made (id int)', []],
      ["set statement_timeout = '20s'", []],
      ['select current_setting($$statement_timeout$$)', ['1s']],
      ['show statement_timeout', ['20s']],
      ['insert into made values (1)', []],
      ['begin', []],
      ['insert into made values (2)', []],
      ['select count(*) from made', ['2']],
      ['insert into made values (3)', ['25006']],
      ['rollback; select 1', ['42501']],
      ['rollback', []],
      ['insert into made values (4)', []],
      ['drop table made', []],
    ]);
  });

  test('a policy that changes while a session lives bounds its next request, in a transaction too', async () => {
    await using asked = await client([PERMIT_ALL]);
    await holds(asked, [
      ['set lock_timeout = 0', []],
      ['begin', []],
      ['select 1', ['1']],
    ]);
    gateway.setPolicies([asking({ lockTimeoutMs: 5_000, readOnly: true })]);
    await holds(asked, [
      ['show lock_timeout', ['5s']],
      ['insert into keep values (1)', ['25006']],
      ['rollback', []],
      ['show lock_timeout', ['5s']],
      ['insert into keep values (1)', ['25006']],
    ]);
    gateway.setPolicies([PERMIT_ALL]);
    await holds(asked, [
      ['show lock_timeout', ['0']],
      ['show default_transaction_read_only', ['off']],
    ]);
  });

  test('putting settings leaves the client’s unnamed statement and portal as they are', async () => {
    await using asked = await client([PERMIT_ALL]);
    asked.send(parse('', 'select 41 + 1'), SYNC);
    assert.deepEqual(told(await asked.untilReady()), []);
    gateway.setPolicies([TIMED]);
    asked.send(bind('', ''), execute(''), SYNC);
    assert.deepEqual(told(await asked.untilReady()), ['42']);
    await holds(asked, [['begin', []]]);
    asked.send(parse('', 'select generate_series(1, 3)'), bind('', ''), execute('', 1), SYNC);
    assert.deepEqual(told(await asked.untilReady()), ['1']);
    gateway.setPolicies([asking({ statementTimeoutMs: 7_000 })]);
    asked.send(execute('', 2), SYNC);
    assert.deepEqual(told(await asked.untilReady()), ['2', '3']);
    await holds(asked, [
      ['show statement_timeout', ['7s']],
      ['rollback', []],
    ]);
  });

  test('reading the catalogue anew leaves the client’s unnamed statement as it is, also where a batch goes on', async () => {
    await using asked = await client([PERMIT_ALL]);
    // What changes definitions is followed by a reading of them.
    asked.send(parse('', 'create table read_anew (a int)'), SYNC);
    assert.deepEqual(told(await asked.untilReady()), []);
    asked.send(bind('', ''), execute(''), SYNC);
    assert.deepEqual(told(await asked.untilReady()), []);
    asked.send(
      parse('', 'select 41 + 1'),
      parse('drop', 'drop table read_anew'),
      bind('drop', 'drop'),
      execute('drop'),
      FLUSH,
    );
    assert.deepEqual(told(await until(asked, 'C')), []);
    asked.send(bind('', ''), execute(''), FLUSH);
    assert.deepEqual(told(await until(asked, 'C')), ['42']);
    asked.send(SYNC);
    assert.deepEqual(told(await asked.untilReady()), []);
  });

  test('a batch that was flushed and not ended is bounded too, and its failure waits for the Sync', async () => {
    await using asked = await client([PERMIT_ALL]);
    asked.send(parse('a', 'select 1'), bind('a', 'a'), execute('a'), FLUSH);
    assert.deepEqual(told(await until(asked, 'C')), ['1']);
    gateway.setPolicies([asking({ statementTimeoutMs: 7_000, readOnly: true })]);
    asked.send(parse('b', 'show statement_timeout'), bind('b', 'b'), execute('b'), FLUSH);
    assert.deepEqual(told(await until(asked, 'C')), ['7s']);
    asked.send(parse('c', 'delete from keep'), bind('c', 'c'), execute('c'), FLUSH);
    assert.deepEqual(told(await until(asked, 'E')), ['25006']);
    asked.send(SYNC);
    assert.deepEqual(told(await asked.untilReady()), []);
    await holds(asked, [['show statement_timeout', ['7s']]]);
  });

  test('where nothing changes nothing is sent: a request costs the server what it costs without a rule', async () => {
    const session = { statementTimeoutMs: 30_000, lockTimeoutMs: 5_000, readOnly: true, name: true } as const;
    const batch = [parse('', 'select 1'), bind('', ''), execute(''), SYNC];
    const costOf = async (policy: Policy): Promise<readonly number[]> => {
      await using asked = await client([policy], { database: 'relayed' });
      await asked.query('select 1');
      const costs: number[] = [];
      for (const messages of [
        [query('select 1')],
        batch,
        [query('begin')],
        batch,
        [query('select 2')],
        [query('commit')],
      ]) {
        const before = relay.bytesToServer;
        asked.send(...messages);
        await asked.untilReady();
        costs.push(relay.bytesToServer - before);
      }
      return costs;
    };
    assert.deepEqual(await costOf(asking(session)), await costOf(PERMIT_ALL));
  });

  test('a pipeline keeps its order, and each of its batches is bounded', async () => {
    await using asked = await client([TIMED]);
    const show = (name: string): Uint8Array[] => [parse('', `show ${name}`), bind('', ''), execute(''), SYNC];
    const set = [parse('', 'set lock_timeout = 0'), bind('', ''), execute(''), SYNC];
    asked.send(...show('lock_timeout'), ...set, ...show('lock_timeout'), ...show('statement_timeout'));
    assert.deepEqual(told(await asked.untilReady(4)), ['5s', '5s', '30s']);
  });

  test('the target’s own list of sessions names the run, whatever the client calls itself', async () => {
    await using asked = await client([asking({ name: true })], { application_name: 'agent' });
    const run = gateway.live.list().at(-1)?.principal.run.id ?? '';
    const names = 'select application_name from pg_stat_activity where pid = pg_backend_pid()';
    await holds(asked, [
      [names, [`agent run=${run}`]],
      ["set application_name = 'it''s \\ mine'", []],
      [names, [`it's \\ mine run=${run}`]],
      [`set application_name = '${'long '.repeat(20)}'`, []],
      [
        names,
        [
          `${'long '
            .repeat(20)
            .slice(0, 62 - `run=${run}`.length)
            .trimEnd()} run=${run}`,
        ],
      ],
      ['reset all', []],
      [names, [`agent run=${run}`]],
    ]);
  });

  test('the client hears of its own name and of read-only transactions, and of nothing else', async () => {
    await using asked = await client([asking({ name: true, readOnly: true, lockTimeoutMs: 1_000 })]);
    const reported = (await asked.query("set application_name = 'mine'")).filter(({ type }) => type === 'S');
    const words = reported.map(({ body }) => body.toString('latin1').split('\0').slice(0, 2).join('='));
    assert.deepEqual(words, ['default_transaction_read_only=on', 'application_name=mine']);
  });

  test('what a client sets beyond its bounds is held down while it does nothing', async () => {
    await using asked = await client([asking({ idleInTransactionTimeoutMs: 400 })]);
    await asked.query('begin');
    await asked.query('set idle_in_transaction_session_timeout = 0');
    assert.deepEqual(told(await asked.untilClosed()), ['25P03', '08006']);
  });
});

const FLUSH = frame('H');

/** Messages up to and with the first of a type. */
async function until(client: RawPostgres, type: string): Promise<readonly BackendMessage[]> {
  const messages: BackendMessage[] = [];
  for (;;) {
    const message = await client.next();
    if (message === undefined) return messages;
    messages.push(message);
    if (message.type === type) return messages;
  }
}
