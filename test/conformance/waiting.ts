import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from './protocol-under-test.ts';

/** Asks again until it is so; fails after ten seconds. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, 'it did not become so');
    await delay(20);
  }
}

/** The answer, or a failure that says what was waited for. */
export function within(work: Promise<Answer>, ms: number, what: string): Promise<Answer> {
  const timer = AbortSignal.timeout(ms);
  const late = new Promise<never>((_, reject) => {
    timer.addEventListener('abort', () => reject(new Error(`nothing came of it in ${ms} ms: ${what}`)));
  });
  return Promise.race([work, late]);
}
