import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '../../model/request.ts';
import { factsLine, operationFacts } from './operation-facts.ts';

const BARE: Operation = { kind: 'insert', access: 'write', tables: [], functions: [], hasWhere: true, flags: [] };
const source = (column: string, table = 'people') => ({ schema: 'public', table, column });

test('what an operation does with columns is told in one line', () => {
  const facts = operationFacts({
    ...BARE,
    columns: [
      { ...source('email'), use: 'output' },
      { ...source('id'), use: 'filter' },
      { ...source('id'), use: 'filter' },
      { ...source('address', 'mailing'), schema: '', use: 'write' },
    ],
    copies: [
      { into: { ...source('address', 'mailing'), schema: '' }, from: [source('email')] },
      { into: source('x', 'kept'), from: 'unknown', temporary: true },
      { into: source('y', 'kept'), from: [] },
    ],
    lock: 'row-exclusive',
  });
  assert.equal(
    factsLine(facts),
    'reads public.people.email; filters by public.people.id; writes mailing.address; ' +
      'copies public.people.email into mailing.address; copies ? into public.kept.x for this session; ' +
      'copies nothing of a table into public.kept.y; locks row-exclusive',
  );
});

test('columns that cannot be told are told to be any, and nothing is told of what has none', () => {
  assert.equal(factsLine(operationFacts({ ...BARE, columns: 'unknown' })), 'may touch any column of its tables');
  assert.equal(factsLine(operationFacts(BARE)), '');
});
