import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Estimate } from '../model/approval.ts';
import { Estimates } from './effect-estimator.ts';

const PLANNED: Estimate = { kind: 'planned', statements: [], tookMs: 1 };
const NEVER = new AbortController().signal;

function unexpected(fault: unknown): void {
  throw fault;
}

test('a few are asked at once, and the next in its turn', async () => {
  const estimates = new Estimates({ maxEstimatesAtOnce: 2, estimateDeadlineMs: 10_000 });
  const begun: number[] = [];
  const answers = [0, 1, 2, 3].map(() => Promise.withResolvers<Estimate>());
  const running = answers.map(({ promise }, index) =>
    estimates.run(
      () => {
        begun.push(index);
        return promise;
      },
      NEVER,
      unexpected,
    ),
  );
  await new Promise(setImmediate);
  assert.deepEqual(begun, [0, 1]);
  answers[1]?.resolve(PLANNED);
  await running[1];
  await new Promise(setImmediate);
  assert.deepEqual(begun, [0, 1, 2]);
  for (const { resolve } of answers) resolve(PLANNED);
  assert.deepEqual(await Promise.all(running), [PLANNED, PLANNED, PLANNED, PLANNED]);
});

test('one that nobody waits for any more leaves its turn to the next', async () => {
  const estimates = new Estimates({ maxEstimatesAtOnce: 1, estimateDeadlineMs: 10_000 });
  const first = Promise.withResolvers<Estimate>();
  const running = estimates.run(() => first.promise, NEVER, unexpected);
  const over = new AbortController();
  const abandoned = estimates.run(() => assert.fail('it was asked'), over.signal, unexpected);
  const last = estimates.run(() => Promise.resolve(PLANNED), NEVER, unexpected);
  over.abort(new Error('answered meanwhile'));
  await assert.rejects(abandoned, { message: 'answered meanwhile' });
  first.resolve(PLANNED);
  assert.deepEqual(await Promise.all([running, last]), [PLANNED, PLANNED]);
});

test('one that takes too long is unavailable, says so, and is told to stop', async () => {
  const estimates = new Estimates({ maxEstimatesAtOnce: 1, estimateDeadlineMs: 20 });
  let stopped = false;
  const { kind, why } = await estimates.run(
    (signal) => {
      signal.addEventListener('abort', () => {
        stopped = true;
      });
      return new Promise(() => undefined);
    },
    NEVER,
    unexpected,
  );
  assert.deepEqual([kind, why, stopped], ['unavailable', 'it took longer than 20 ms', true]);
});

test('what breaks is unavailable without its cause, which the operator gets', async () => {
  const estimates = new Estimates({ maxEstimatesAtOnce: 1, estimateDeadlineMs: 10_000 });
  const faults: unknown[] = [];
  const broken = new Error('password of 10.0.0.5 is wrong');
  const { kind, why } = await estimates.run(
    () => Promise.reject(broken),
    NEVER,
    (fault) => faults.push(fault),
  );
  assert.deepEqual([kind, why], ['unavailable', 'the target could not be asked']);
  assert.deepEqual(faults, [broken]);
  assert.deepEqual(await estimates.run(() => Promise.resolve(PLANNED), NEVER, unexpected), PLANNED);
});
