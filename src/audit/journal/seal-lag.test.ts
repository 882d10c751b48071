import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SealLag } from './seal-lag.ts';

test('the lag of the sealer is the age of what it has still to seal, and nothing where it has all', () => {
  const lag = new SealLag();
  assert.equal(lag.ms(5), 0);
  lag.written(1, 100);
  lag.written(2, 900);
  assert.equal(lag.ms(1_000), 900);
  lag.sealed(1, 1_100);
  assert.equal(lag.ms(1_200), 1_000, 'what came since waits as long as what came before did, until it is known better');
  assert.equal(lag.ms(9_100), 8_000);
  lag.sealed(1, 9_200);
  lag.sealed(2, 9_300);
  assert.equal(lag.ms(99_000), 0);
  lag.written(3, 100_000);
  lag.sealed(3, 100_250);
  assert.equal(lag.ms(100_300), 0);
});
