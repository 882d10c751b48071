import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterQuery, formatSearch, instantOf, parseSearch, readFilter } from './search-filter.ts';

test('words with a name are filters, the rest is the text', () => {
  assert.deepEqual(parseSearch('kind:delete table:"my orders" from customers repo:acme/shop'), {
    kind: 'delete',
    table: 'my orders',
    repository: 'acme/shop',
    text: 'from customers',
  });
});

test('a name that no filter has, or a filter without a value, is text', () => {
  assert.deepEqual(parseSearch('a::int kind: foo:bar'), { text: 'a::int kind: foo:bar' });
});

test('what is formatted is read as the same filter', () => {
  const filter = { who: 'a b', target: 'shop', decision: 'deny', since: '24h', text: 'drop table' } as const;
  assert.equal(formatSearch(filter), 'who:"a b" target:shop decision:deny since:24h drop table');
  assert.deepEqual(parseSearch(formatSearch(filter)), filter);
});

test('an address may hold anything, and only what is a filter is taken', () => {
  const search = { who: 7, decision: 'maybe', since: 'yesterday', target: ['a'], text: ' x ', table: '', other: 'y' };
  assert.deepEqual(readFilter(search), { who: '7', text: 'x' });
});

test('ages become instants, to the minute', () => {
  const now = Date.UTC(2026, 10, 22, 18, 30, 15);
  assert.equal(instantOf('24h', now), '2026-11-21T18:30:00.000Z');
  assert.equal(instantOf('2026-11-22', now), '2026-11-22T00:00:00.000Z');
  assert.equal(instantOf('1e3', now), undefined);
  assert.deepEqual(filterQuery({ since: '30m', kind: 'drop', who: 'x' }, now, ['kind']), {
    since: '2026-11-22T18:00:00.000Z',
    who: 'x',
  });
});
