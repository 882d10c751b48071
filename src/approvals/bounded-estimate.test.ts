import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Estimate } from '../model/approval.ts';
import { boundedEstimate } from './bounded-estimate.ts';

const MIB = 1024 * 1024;
const estimate = (statements: Estimate['statements']): Estimate => ({ kind: 'planned', statements, tookMs: 1 });
const bytes = (one: Estimate) => Buffer.byteLength(JSON.stringify(one));
const planOf = (length: number) => estimate([{ text: 'select 1', rows: 7, plan: 'x'.repeat(length) }]);
const FRAME = bytes(planOf(0));

test('an estimate of as many bytes as may be is kept as it is', () => {
  const edge = planOf(MIB - FRAME);
  assert.equal(bytes(edge), MIB);
  assert.equal(boundedEstimate(edge), edge);
});

test('one byte more, and it goes without its plans, but with its figures', () => {
  assert.deepEqual(
    boundedEstimate(planOf(MIB - FRAME + 1)),
    estimate([{ text: 'select 1', rows: 7, why: 'the plan is too long to be kept' }]),
  );
});

test('long texts go next, which stand in the approval anyway; then all of it', () => {
  const long = estimate([{ text: 'x'.repeat(MIB), rows: 7 }]);
  assert.deepEqual(boundedEstimate(long), estimate([{ text: '', rows: 7 }]));
  const many = estimate(Array.from({ length: 100_000 }, () => ({ text: '', rows: 7 })));
  assert.deepEqual(boundedEstimate(many), { ...estimate([]), why: 'the estimate is too long to be kept' });
});
