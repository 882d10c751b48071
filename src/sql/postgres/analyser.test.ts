import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { assertTakesLess } from '../../../test/support/processor-time.ts';
import { columnsLine, contextOf, lineOf, outputsLine, shopCatalogue } from '../../../test/support/shop-catalogue.ts';
import { Analyser } from './analyser.ts';
import { withSearchPath } from './catalogue.ts';
import { loadPostgresParser } from './parser.ts';

const CATALOGUE = shopCatalogue();
const CONTEXT = contextOf(CATALOGUE);

before(loadPostgresParser);

describe('the same text is analysed once', () => {
  test('and gives the same object, so that a decision can be kept beside it', () => {
    const analyser = new Analyser();
    const first = analyser.analyse('select * from users', CONTEXT);
    assert.equal(analyser.analyse('select * from users', contextOf(CATALOGUE)), first);
    assert.notEqual(new Analyser().analyse('select * from users', CONTEXT), first);
  });

  test('a hit costs less than a microsecond', () => {
    const analyser = new Analyser();
    const text = 'select id, name from users where email = $1 order by id limit 10';
    analyser.analyse(text, CONTEXT);
    const rounds = 200_000;
    assertTakesLess(rounds / 1_000, () => {
      for (let round = 0; round < rounds; round++) analyser.analyse(text, CONTEXT);
    });
  });

  test('but again under another catalogue, and under another search path', () => {
    const analyser = new Analyser();
    const here = analyser.analyse('select * from secret', CONTEXT);
    const there = analyser.analyse('select * from secret', contextOf(withSearchPath(CATALOGUE, ['app'])));
    assert.deepEqual(here.operations.map(lineOf), ['select read r:.secret [opaque-source]']);
    assert.deepEqual(there.operations.map(lineOf), ['select read r:app.secret']);
    assert.notEqual(analyser.analyse('select 1', contextOf(shopCatalogue())), analyser.analyse('select 1', CONTEXT));
  });

  test('a path that was asked for before is the same catalogue again', () => {
    const app = withSearchPath(CATALOGUE, ['app']);
    assert.equal(withSearchPath(CATALOGUE, ['app']), app);
    assert.equal(withSearchPath(app, ['app']), app);
    assert.equal(withSearchPath(app, ['public']), CATALOGUE);
  });

  test('a number that names a column is no value: another number is analysed again', () => {
    const analyser = new Analyser();
    const decides = (text: string) => analyser.analyse(text, CONTEXT).operations.map(columnsLine);
    assert.deepEqual(decides('select id, email from users order by 1'), ['o:users.id o:users.email f:users.id']);
    assert.deepEqual(decides('select id, email from users order by 2'), ['o:users.id o:users.email f:users.email']);
  });

  test('what EXECUTE and FETCH mean depends on what their names mean', () => {
    const analyser = new Analyser();
    const reading = contextOf(CATALOGUE, { p: 'select name from users' });
    const deleting = contextOf(CATALOGUE, { p: 'prepare p as delete from users' });
    const read = analyser.analyse('execute p', reading);
    const deleted = analyser.analyse('execute p', deleting);
    assert.deepEqual(read.operations.map(lineOf), ['execute session', 'select read r:public.users']);
    assert.deepEqual(deleted.operations.map(lineOf), ['execute session', 'delete write w:public.users unrestrained']);
    assert.equal(analyser.analyse('execute p', reading), read);
    assert.equal(analyser.analyse('execute p', deleting), deleted);
    assert.deepEqual(analyser.analyse('execute p', CONTEXT).operations.map(lineOf), ['execute unknown']);
    assert.equal(outputsLine(read.statements[0]?.outputs), 'name=users.name!');
  });

  test('a prepared statement that is itself an EXECUTE is not followed', () => {
    const context = contextOf(CATALOGUE, { p: 'execute p', q: 'set role x', r: 'select 1; delete from users' });
    for (const name of ['p', 'q', 'r']) {
      assert.deepEqual(new Analyser().analyse(`execute ${name}`, context).operations.map(lineOf), ['execute unknown']);
    }
  });

  test('texts that differ in values alone share an analysis, those that differ in meaning do not', () => {
    const analyser = new Analyser();
    const first = analyser.analyse('select name from users where id = 1', CONTEXT);
    assert.equal(analyser.analyse('select name from users where id = 2', CONTEXT), first);
    assert.notEqual(analyser.analyse("select set_config('a.b', 'x', true)", CONTEXT).operations[1]?.access, 'admin');
    assert.equal(analyser.analyse("select set_config('role', 'x', true)", CONTEXT).operations[1]?.access, 'admin');
  });

  test('a text with a NUL is no key of the cache, whatever it looks like', () => {
    const analyser = new Analyser();
    analyser.analyse('select name from users where id = 1', CONTEXT);
    const forged = analyser.analyse('select name from users where id = \x000\x00', CONTEXT);
    assert.deepEqual(forged.operations.map(lineOf), ['unknown unknown [unparsable]']);
    const again = analyser.analyse('select name from users where id = 3', CONTEXT);
    assert.deepEqual(again.operations.map(lineOf), ['select read r:public.users']);
  });
});

describe('the cache is bounded', () => {
  test('by entries: what is used stays, what is not goes', () => {
    const analyser = new Analyser({ maxAnalysisCacheEntries: 8, maxAnalysisCacheBytes: 1_000_000 });
    const kept = analyser.analyse('select a from users', CONTEXT);
    const lost = analyser.analyse('select b from users', CONTEXT);
    for (let i = 0; i < 20; i++) {
      analyser.analyse(`select x${i} from users`, CONTEXT);
      assert.equal(analyser.analyse('select a from users', CONTEXT), kept);
    }
    assert.notEqual(analyser.analyse('select b from users', CONTEXT), lost);
  });

  test('by bytes: a text that would take a large part of them is analysed each time', () => {
    const analyser = new Analyser({ maxAnalysisCacheEntries: 100, maxAnalysisCacheBytes: 100_000 });
    const large = `select '${'x'.repeat(10_000)}'`;
    assert.notEqual(analyser.analyse(large, CONTEXT), analyser.analyse(large, CONTEXT));
    assert.equal(analyser.analyse('select 1', CONTEXT), analyser.analyse('select 1', CONTEXT));
  });

  test('over all catalogues together', () => {
    const analyser = new Analyser({ maxAnalysisCacheEntries: 8, maxAnalysisCacheBytes: 1_000_000 });
    const first = analyser.analyse('select name from users', CONTEXT);
    const other = contextOf(shopCatalogue());
    for (let i = 0; i < 20; i++) analyser.analyse(`select x${i} from users`, other);
    assert.notEqual(analyser.analyse('select name from users', CONTEXT), first);
  });
});

describe('what a statement changes about its session', () => {
  const cases: readonly (readonly [text: string, effects: unknown])[] = [
    ['select 1', { ddl: false }],
    ['prepare p as select 1', { ddl: false, prepares: { name: 'p', text: 'prepare p as select 1' } }],
    ['deallocate "P"', { ddl: false, deallocates: { name: 'P' } }],
    ['deallocate prepare all', { ddl: false, deallocates: 'all' }],
    ['declare c cursor for select 1', { ddl: false, declares: { name: 'c', text: 'declare c cursor for select 1' } }],
    ['close c', { ddl: false, closes: { name: 'c' } }],
    ['close all', { ddl: false, closes: 'all' }],
    [
      'discard all',
      {
        ddl: true,
        deallocates: 'all',
        closes: 'all',
        searchPath: 'default',
        settings: [
          { name: 'role', local: false },
          { name: 'statement_timeout', local: false },
          { name: 'lock_timeout', local: false },
          { name: 'idle_in_transaction_session_timeout', local: false },
          { name: 'default_transaction_read_only', local: false },
          { name: 'application_name', local: false },
        ],
      },
    ],
    ['discard temp', { ddl: true }],
    ['set search_path to a, "B c", public', { ddl: false, searchPath: ['a', 'B c', 'public'] }],
    ["set search_path = ''", { ddl: false, searchPath: [] }],
    ["set schema 'app'", { ddl: false, searchPath: ['app'] }],
    ['set search_path = "$user", public', { ddl: false, searchPath: 'unknown' }],
    ['set search_path to default', { ddl: false, searchPath: 'default' }],
    ['reset search_path', { ddl: false, searchPath: 'default' }],
    [
      'reset all',
      {
        ddl: false,
        searchPath: 'default',
        settings: [
          { name: 'statement_timeout', local: false },
          { name: 'lock_timeout', local: false },
          { name: 'idle_in_transaction_session_timeout', local: false },
          { name: 'default_transaction_read_only', local: false },
          { name: 'application_name', local: false },
        ],
      },
    ],
    ['set role bob', { ddl: false, settings: [{ name: 'role', value: 'bob', local: false }] }],
    ['set local role "B b"', { ddl: false, settings: [{ name: 'role', value: 'B b', local: true }] }],
    ['set role none', { ddl: false, settings: [{ name: 'role', value: 'none', local: false }] }],
    ['reset role', { ddl: false, settings: [{ name: 'role', local: false }] }],
    ['set session authorization bob', { ddl: false, settings: [{ name: 'role', local: false }] }],
    [
      "set statement_timeout = '5s'",
      { ddl: false, settings: [{ name: 'statement_timeout', value: '5s', local: false }] },
    ],
    ['set statement_timeout to default', { ddl: false, settings: [{ name: 'statement_timeout', local: false }] }],
    ['set lock_timeout = 5', { ddl: false, settings: [{ name: 'lock_timeout', value: '5', local: false }] }],
    ['set work_mem = 5', { ddl: false }],
    ['begin read write', { ddl: false, settings: [{ name: 'transaction_read_only', value: 'off', local: true }] }],
    [
      'set session characteristics as transaction isolation level serializable, read only',
      { ddl: false, settings: [{ name: 'default_transaction_read_only', value: 'on', local: false }] },
    ],
    ['rollback to a', { ddl: false, savepoint: 'a' }],
    [
      "select (select set_config('lock_timeout', '0', false))",
      { ddl: false, settings: [{ name: 'lock_timeout', value: null, local: false }] },
    ],
    [
      "select set_config('statement_timeout', '2min', true)",
      { ddl: false, settings: [{ name: 'statement_timeout', value: '2min', local: true }] },
    ],
    ["select set_config('role', $1, false)", { ddl: false, settings: [{ name: 'role', value: null, local: false }] }],
    [
      "select length(set_config('role', 'bob', false))",
      { ddl: false, settings: [{ name: 'role', value: null, local: false }] },
    ],
    [
      'do $$ begin set role bob; end $$',
      { ddl: false, opaque: true, settings: [{ name: 'role', value: null, local: false }] },
    ],
    ['create temp table users (id int)', { ddl: true, temporary: true }],
    ["select pg_catalog.set_config('search_path', '', false)", { ddl: false, searchPath: [] }],
    ["select set_config('search_path', 'a, b', false)", { ddl: false, searchPath: ['a', 'b'] }],
    [`select set_config('search_path', '"A"', false)`, { ddl: false, searchPath: 'unknown' }],
    ["insert into notes values (set_config('search_path', 'a', false))", { ddl: false, searchPath: 'unknown' }],
    ['create table x (id int)', { ddl: true }],
    ['select * into x from users', { ddl: true }],
    ['explain analyze create table x as select 1', { ddl: true }],
    ['explain create table x as select 1', { ddl: false }],
    ['drop view v_users', { ddl: true }],
    ['grant select on users to bob', { ddl: true }],
    ['delete from users', { ddl: false }],
  ];
  for (const [text, effects] of cases) {
    test(text, () => {
      const { statements } = new Analyser().analyse(text, CONTEXT);
      assert.deepEqual(
        statements.map((statement) => statement.effects),
        [effects],
      );
    });
  }

  test('the text of a PREPARE is its own, cut out by bytes', () => {
    const text = "select 'ü€'; prepare p as select 'ä'; select 2";
    const { statements } = new Analyser().analyse(text, CONTEXT);
    assert.equal(statements[1]?.effects.prepares?.text, "prepare p as select 'ä'");
  });
});
