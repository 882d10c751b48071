import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { contextOf, outputsLine, shopCatalogue } from '../../../test/support/shop-catalogue.ts';
import { analyseOnce } from './analyser.ts';
import { buildCatalogue } from './catalogue.ts';
import { loadPostgresParser } from './parser.ts';

before(loadPostgresParser);

/** A database of PostgreSQL 15, where the names of SQL/JSON are free, and `system_user` is a column. */
const OLDER = buildCatalogue({
  version: 1,
  searchPath: ['public'],
  relations: [
    {
      oid: 1,
      schema: 'public',
      name: 'accounts',
      kind: 'table',
      columns: [{ attnum: 1, name: 'system_user', type: 25 }],
    },
  ],
  functions: ['json', 'json_scalar', 'json_value', 'merge_action'].map((name) => ({
    schema: 'public',
    name,
    volatility: 'volatile',
    language: 'plperl',
  })),
});

for (const call of ["json('x')", "json_scalar('x')", "json_value('{}', '$.a')", 'merge_action()']) {
  test(`${call} is a call where the database has a function of that name`, () => {
    const { operations, statements } = analyseOnce(`select ${call} as a`, contextOf(OLDER));
    assert.equal(outputsLine(statements[0]?.outputs), 'a=?');
    assert.equal(operations.at(-1)?.access, 'unknown');
    const without = analyseOnce(`select ${call} as a`, contextOf(shopCatalogue()));
    assert.equal(outputsLine(without.statements[0]?.outputs), 'a=');
  });
}

test('system_user is a column where there is one', () => {
  const of = (text: string) => outputsLine(analyseOnce(text, contextOf(OLDER)).statements[0]?.outputs);
  assert.equal(of('select upper(system_user) as a from accounts'), 'a=accounts.system_user');
  assert.equal(of('select system_user as a'), 'a=');
});
