import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { contextOf, shopCatalogue } from '../../test/support/shop-catalogue.ts';
import { analyseOnce } from '../sql/postgres/analyser.ts';
import { loadPostgresParser } from '../sql/postgres/parser.ts';
import { maskedClasses, resultColumns } from './result-columns.ts';

before(loadPostgresParser);

const EMAIL = { schema: 'public', table: 'users', column: 'email', class: 'email' };

function columnsOf(text: string): readonly string[] {
  const analysis = analyseOnce(text, contextOf(shopCatalogue()));
  return resultColumns(analysis, analysis.operations, ['email'], [EMAIL]).map((columns) =>
    columns === undefined ? '?' : columns.map(({ name, mask }) => (mask === undefined ? name : `${name}!`)).join(' '),
  );
}

test('every result that reaches the client has its columns', () => {
  assert.deepEqual(columnsOf('select id, email from users; select 1 as one'), ['id email!', 'one']);
  assert.deepEqual(columnsOf('copy (select email from users) to stdout'), ['email!']);
  assert.deepEqual(columnsOf("copy users to '/tmp/x'"), []);
  assert.deepEqual(columnsOf('update users set name = 1'), []);
  assert.deepEqual(columnsOf('update users set name = 1 returning email'), ['email!']);
});

test('only masks name classes', () => {
  assert.deepEqual(
    maskedClasses([
      { kind: 'session', readOnly: true },
      { kind: 'mask', classes: ['a', 'b'] },
    ]),
    ['a', 'b'],
  );
});
