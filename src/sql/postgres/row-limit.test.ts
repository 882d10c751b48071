import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { loadPostgresParser } from './parser.ts';
import { limitRows } from './row-limit.ts';
import { editText, originalPosition } from './text-edits.ts';

describe('a limit of 100 rows is put where the tree says one can be', () => {
  before(loadPostgresParser);

  const limited: readonly (readonly [asked: string, forwarded: string])[] = [
    ['select * from t', 'select * from t\nLIMIT 100'],
    ['select * from t;', 'select * from t\nLIMIT 100;'],
    ['select * from t -- limit 5', 'select * from t -- limit 5\nLIMIT 100'],
    ['select * from t /* limit 5 */', 'select * from t /* limit 5 */\nLIMIT 100'],
    ["select 'limit 5'", "select 'limit 5'\nLIMIT 100"],
    ['select * from t limit 1000', 'select * from t limit 100'],
    ["select 'é', 1000 from t limit 1000 offset 1000", "select 'é', 1000 from t limit 100 offset 1000"],
    ['select * from t limit 5000000000', 'select * from t limit 100'],
    ['select * from t limit all', 'select * from t limit 100'],
    ['select * from t limit null', 'select * from t limit 100'],
    ['select * from t offset 5', 'select * from t offset 5\nLIMIT 100'],
    ['select * from t offset 5 for update', '(select * from t offset 5 for update\n)\nLIMIT 100'],
    ['select * from t for update', 'select * from t for update\nLIMIT 100'],
    ['select * from t fetch first 500 rows only', 'select * from t fetch first 100 rows only'],
    ['select * from t limit $1', 'SELECT * FROM (select * from t limit $1\n) AS limited LIMIT 100'],
    ['select * from t limit 1e3', 'SELECT * FROM (select * from t limit 1e3\n) AS limited LIMIT 100'],
    ['select * from t limit (select 9)', 'SELECT * FROM (select * from t limit (select 9)\n) AS limited LIMIT 100'],
    ['select 1 union all select 2', 'select 1 union all select 2\nLIMIT 100'],
    ['(select 1 limit 5) union (select 2)', '(select 1 limit 5) union (select 2)\nLIMIT 100'],
    ['(select * from t limit 500)', '(select * from t limit 100)'],
    ['values (1), (2)', 'values (1), (2)\nLIMIT 100'],
    ['table t', 'table t\nLIMIT 100'],
    ['with x as (select 1 limit 1000) select * from x', 'with x as (select 1 limit 1000) select * from x\nLIMIT 100'],
    [
      'with x as (delete from t returning *) select * from x',
      'with x as (delete from t returning *) select * from x\nLIMIT 100',
    ],
    ['declare c cursor for select * from t', 'declare c cursor for select * from t\nLIMIT 100'],
    ['prepare p as select * from t', 'prepare p as select * from t\nLIMIT 100'],
    ['copy (select * from t) to stdout', 'copy (select * from t\nLIMIT 100) to stdout'],
    [
      "copy (select * from t where f(')')) to stdout with (format csv, force_quote (a))",
      "copy (select * from t where f(')')\nLIMIT 100) to stdout with (format csv, force_quote (a))",
    ],
    ['copy (select 1 limit 101) to stdout', 'copy (select 1 limit 100) to stdout'],
    ["select 'ü'; select 2 limit 200;", "select 'ü'\nLIMIT 100; select 2 limit 100;"],
    ['begin; select 1; commit', 'begin; select 1\nLIMIT 100; commit'],
  ];
  for (const [asked, forwarded] of limited) {
    test(asked, () => {
      const made = limitRows(asked, 100);
      assert.equal(made.kind === 'limited' ? made.text : made.kind, forwarded);
      assert.equal(made.kind === 'limited' && editText(asked, made.edits), forwarded);
    });
  }

  const unchanged = [
    'select * from t limit 100',
    'select * from t limit 0',
    'select * from t fetch first row only',
    'select * into x from t',
    'create table x as select * from t',
    'insert into x select * from t',
    'delete from t',
    'copy t from stdin',
    "copy t to '/tmp/t'",
    'show all',
    'explain select * from t',
    'fetch 5 from c',
    'execute p',
    'set work_mem = 5',
    '',
  ];
  for (const asked of unchanged) {
    test(`${asked} stays as it is`, () => assert.deepEqual(limitRows(asked, 100), { kind: 'unchanged' }));
  }

  const refused: readonly (readonly [asked: string, why: string])[] = [
    ['select a from t order by a fetch first 5 rows with ties', 'WITH TIES may return more rows than it says'],
    ['delete from t returning *', 'rows that RETURNING gives cannot be limited'],
    ['prepare p as insert into t values (1) returning *', 'rows that RETURNING gives cannot be limited'],
    ['copy (delete from t returning *) to stdout', 'rows that RETURNING gives cannot be limited'],
    ['copy t to stdout', 'COPY of a table cannot be limited; copy a query: COPY (SELECT …) TO'],
    ['with x as (delete from t returning *) select * from x limit $1', 'its LIMIT is an expression; write a number'],
    ['declare c cursor for select * from t limit 1 + 1', 'its LIMIT is an expression; write a number'],
    ['select 1; delete from t returning *', 'rows that RETURNING gives cannot be limited'],
    ['selec 1', 'what cannot be parsed cannot be limited'],
  ];
  for (const [asked, why] of refused) {
    test(`${asked} is refused`, () => assert.deepEqual(limitRows(asked, 100), { kind: 'refused', why }));
  }

  test('of several statements it is told which were limited', () => {
    const made = limitRows('select 1 limit 1; select 2; set work_mem = 5', 100);
    assert.deepEqual(made.kind === 'limited' && made.statements, [false, true, false]);
  });

  test('a text that is nested as deeply as the parser takes is limited or refused, and never breaks', () => {
    const deep = `select ${'('.repeat(900)}1${')'.repeat(900)}`;
    assert.equal(limitRows(deep, 100).kind, 'limited');
    const long = `select ${'1 + '.repeat(20_000)}1`;
    assert.equal(limitRows(long, 100).kind, 'refused');
  });
});

describe('a place in the forwarded text is one in the text that was asked', () => {
  const asked = '𝄞 select x; select y';
  const edits = [
    { at: 0, removed: 0, inserted: '((' },
    { at: 11, removed: 0, inserted: ' LIMIT 1' },
    { at: 20, removed: 1, inserted: 'zzz' },
  ];

  test('whatever was put before it', () => {
    assert.equal(editText(asked, edits), '((𝄞 select x LIMIT 1; select zzz');
    const places = [1, 2, 3, 5, 12, 13, 20, 21, 30, 32].map((at) => originalPosition(asked, edits, at));
    assert.deepEqual(places, [1, 1, 1, 3, 10, 11, 11, 11, 20, 20]);
  });

  test('and stays where nothing was', () => assert.equal(originalPosition(asked, [], 7), 7));
});
