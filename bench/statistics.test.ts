import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, quantile } from './statistics.ts';

test('the median of an even number of values lies between the middle two', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([]), Number.NaN);
});

test('a quantile is one of the values, and the last where the share is all of them', () => {
  assert.equal(quantile([10, 30, 20, 40], 0.5), 30);
  assert.equal(quantile([10, 30, 20, 40], 1), 40);
  assert.equal(quantile([10], 0.99), 10);
});
