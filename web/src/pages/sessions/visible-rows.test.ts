import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scrollTarget, visibleRows } from './visible-rows.ts';

test('only the rows in view are drawn, and a few more', () => {
  assert.deepEqual(visibleRows(3000, 600, 30, 50_000, 8), { first: 92, end: 128 });
  assert.deepEqual(visibleRows(0, 600, 30, 5, 8), { first: 0, end: 5 });
  assert.deepEqual(visibleRows(90_000, 600, 30, 10, 8), { first: 10, end: 10 });
});

test('a row in view is not scrolled to, one at the edge comes to the edge, one far away to the middle', () => {
  assert.equal(scrollTarget(5, 0, 300, 30), undefined);
  assert.equal(scrollTarget(10, 0, 300, 30), 30);
  assert.equal(scrollTarget(9, 300, 300, 30), 270);
  assert.equal(scrollTarget(100, 0, 300, 30), 2865);
});
