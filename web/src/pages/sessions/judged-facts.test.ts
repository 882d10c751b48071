import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgedFacts } from './judged-facts.ts';

const EMAIL = { schema: 'public', table: 'people', column: 'email' };

test('what an operation reads, filters by, assigns, copies and locks is told by name', () => {
  const operation = {
    kind: 'insert',
    columns: [
      { ...EMAIL, use: 'output' },
      { ...EMAIL, use: 'output' },
      { ...EMAIL, column: 'id', use: 'filter' },
      { schema: '', table: 'mailing', column: 'address', use: 'write' },
    ],
    copies: [{ into: { schema: '', table: 'mailing', column: 'address' }, from: [EMAIL], temporary: true }],
    lock: 'row-exclusive',
  };
  assert.deepEqual(judgedFacts([operation]), [
    {
      kind: 'insert',
      facts: [
        ['Reads', 'public.people.email'],
        ['Filters by', 'public.people.id'],
        ['Assigns', 'mailing.address'],
        ['Copies', 'public.people.email into mailing.address (for the session)'],
        ['Locks', 'row-exclusive'],
      ],
    },
  ]);
});

test('what cannot be told is told to be any column, and an operation of which nothing is told is left out', () => {
  assert.deepEqual(
    judgedFacts([
      { kind: 'do', columns: 'unknown' },
      { kind: 'begin', columns: [] },
    ]),
    [{ kind: 'do', facts: [['Touches', 'any column of its tables']] }],
  );
});

test('a recording that holds something else shows nothing, and breaks nothing', () => {
  for (const odd of [null, 7, 'x', [], { columns: 7, copies: {}, lock: [] }, { columns: [null, 7], copies: [3] }]) {
    assert.deepEqual(judgedFacts([odd]), []);
  }
});
