import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { drawSample } from './draw-sample.ts';

const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'hex');
const SEED = 'ab'.repeat(32);

test('the sample is the same in whatever order the runs are handed in, and another by another seed', () => {
  const runs = Array.from({ length: 50 }, (_, at) => `run_${at}`);
  const drawn = drawSample(runs, SEED, 5, sha256);
  assert.deepEqual(drawn, drawSample(runs.toReversed(), SEED, 5, sha256));
  assert.notDeepEqual(drawn, drawSample(runs, 'cd'.repeat(32), 5, sha256));
  assert.deepEqual(drawn, drawSample(runs, SEED, 50, sha256).slice(0, 5));
});

test('the runs with the smallest digests are drawn, as the method says it', () => {
  const digests = ['run_a', 'run_b', 'run_c'].map((run) => [sha256(Buffer.from(`${SEED}\n${run}`)), run] as const);
  const [smallest] = digests.toSorted(([one], [other]) => (one < other ? -1 : 1));
  assert.deepEqual(drawSample(['run_a', 'run_b', 'run_c'], SEED, 1, sha256), [smallest?.[1]]);
});
