import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { assertTakesLess } from '../../../test/support/processor-time.ts';
import { contextOf, shopCatalogue } from '../../../test/support/shop-catalogue.ts';
import { LIMITS } from '../../model/limits.ts';
import { Analyser, analyseOnce } from './analyser.ts';
import { loadPostgresParser, parseStatements } from './parser.ts';

const CONTEXT = contextOf(shopCatalogue());

before(loadPostgresParser);

/** The one operation of a text that was not understood. */
function unknownReason(text: string): string {
  const { operations, statements, problem } = analyseOnce(text, CONTEXT);
  assert.equal(operations.length, 1);
  assert.equal(operations[0]?.kind, 'unknown');
  assert.equal(operations[0]?.access, 'unknown');
  assert.equal(operations[0]?.reason, problem);
  assert.deepEqual(statements, []);
  return problem ?? '';
}

describe('what cannot be parsed is unknown', () => {
  test('a NUL byte, behind which the parser would not look', () => {
    assert.equal(unknownReason('select 1 \0; drop table users'), 'the text contains a NUL byte');
  });

  test('half of a surrogate pair, which has no UTF-8', () => {
    assert.equal(unknownReason("select '\ud800'"), 'the text is not well-formed Unicode');
  });

  test('a syntax error, with what the parser says', () => {
    assert.equal(unknownReason('selec 1'), 'the text cannot be parsed: syntax error at or near "selec"');
  });

  test('a text longer than the bound, in bytes rather than in characters', () => {
    const ascii = 'x'.repeat(LIMITS.maxStatementBytes - 9);
    assert.equal(parseStatements(`select '${ascii}'`).ok, true);
    assert.equal(unknownReason(`select '${ascii}x'`), 'the text is longer than 1048576 bytes');
    const wide = '€'.repeat(LIMITS.maxStatementBytes / 3);
    assert.equal(unknownReason(`select '${wide}'`), 'the text is longer than 1048576 bytes');
  });

  test('parentheses, subqueries, operators and arrays nested without end; the parser survives', () => {
    for (const text of [
      `select ${'('.repeat(20_000)}1${')'.repeat(20_000)}`,
      `select ${'(select '.repeat(20_000)}1${')'.repeat(20_000)}`,
      `select ${'1+'.repeat(20_000)}1`,
      `select ${'not '.repeat(20_000)}true`,
      `select ${'array['.repeat(20_000)}1${']'.repeat(20_000)}`,
      `select 1${'::int'.repeat(20_000)}`,
      `select 1 ${'union select 1 '.repeat(20_000)}`,
      `select * from ${'('.repeat(9_000)}users${' join users on true)'.repeat(9_000)}`,
    ]) {
      assert.match(unknownReason(text), /cannot be (parsed|analysed)/);
      assert.equal(analyseOnce('select 1', CONTEXT).operations[0]?.kind, 'select');
    }
  });

  test('statements inside statements, deeper than the bound', () => {
    const explain = 'explain analyze '.repeat(150);
    assert.match(unknownReason(`${explain}select 1`), /cannot be parsed/);
    const schemas = `create schema a ${'create table t (id int) '.repeat(150)}`;
    assert.equal(analyseOnce(schemas, CONTEXT).operations.length, 151);
  });

  test('more statements than the bound', () => {
    const statements = ';select 1'.repeat(LIMITS.maxStatementsPerText).slice(1);
    assert.equal(analyseOnce(statements, CONTEXT).statements.length, LIMITS.maxStatementsPerText);
    assert.equal(unknownReason(`${statements};select 1`), 'the text has more than 10000 statements');
  });

  test('recursion inside recursion, which multiplies the work of following columns', () => {
    let query = 'select 1 as a';
    for (let depth = 0; depth < 40; depth++) {
      query = `with recursive r${depth} (a) as (select 1 union all (${query}) union select a from r${depth}) select a from r${depth}`;
    }
    assertTakesLess(5_000, () => void analyseOnce(query, CONTEXT));
  });
});

describe('a text without a statement', () => {
  for (const text of ['', ' ', ';', ';;', '-- only a comment', '/* only a comment */']) {
    test(`${JSON.stringify(text)} is one empty operation`, () => {
      const { operations, statements, problem } = analyseOnce(text, CONTEXT);
      assert.deepEqual(
        operations.map(({ kind, access }) => ({ kind, access })),
        [{ kind: 'empty', access: 'session' }],
      );
      assert.deepEqual(statements, []);
      assert.equal(problem, undefined);
    });
  }
});

test('any text at all gives operations and never throws', () => {
  const words = fc.constantFrom(
    ...`select insert into update delete from where users ( ) , ; ' " $$ -- /* */ * . :: = 1 'x' with as returning union all
    copy to stdout program do explain analyze prepare execute set e' u&" \\ \0 values order by limit create table drop`.split(
      /\s+/,
    ),
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(words, { maxLength: 25 }).map((list) => list.join(' ')),
  );
  const analyser = new Analyser();
  fc.assert(
    fc.property(texts, (text) => {
      const { operations } = analyser.analyse(text, CONTEXT);
      assert.ok(operations.length > 0);
      assert.equal(analyser.analyse(text, CONTEXT).operations[0]?.kind, operations[0]?.kind);
    }),
    { numRuns: 2_000, seed: 20_260_101 },
  );
});
