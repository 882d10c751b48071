import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimit } from './rate-limit.ts';

test('a bucket lets its burst through, says how long to wait, and fills again', () => {
  const rate = new RateLimit({ perSecond: 2, burst: 3, maxAddresses: 10 });
  const takes = (...at: readonly number[]) => at.map((nowMs) => rate.take('a', nowMs));
  assert.deepEqual(takes(0, 0, 0, 0, 250, 500, 10_000, 10_000, 10_000, 10_000), [0, 0, 0, 1, 1, 0, 0, 0, 0, 1]);
  assert.equal(rate.take('b', 0), 0);
});

test('of too many addresses the one that came longest ago is forgotten', () => {
  const rate = new RateLimit({ perSecond: 0.001, burst: 1, maxAddresses: 2 });
  assert.deepEqual(
    ['a', 'b', 'c', 'c', 'a'].map((address) => rate.take(address, 0)),
    [0, 0, 0, 1000, 0],
  );
});
