import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { briefly, limitedGateways, rows, said } from '../../test/support/limited-gateway.ts';
import { extended, frame, RawPostgres, SYNC, summary } from '../../test/support/raw-postgres.ts';

describe('a budget', { concurrency: false }, () => {
  const { suite, open } = limitedGateways();

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
    const kept = async () => Number((await suite.server.query('select count(*) from notes'))[0]?.['count']);
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
      Number((await suite.server.query(`select count(*) from notes where note = 'copied'`))[0]?.['count']);
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
    await using direct = await RawPostgres.login({ ...suite.server, database: suite.server.database });
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
      Number((await suite.server.query(`select count(*) from notes where note = 'batched'`))[0]?.['count']);
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
});
