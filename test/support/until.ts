import { setTimeout as delay } from 'node:timers/promises';

/** Long: a machine may be half as fast as this one, and have others on it. */
const DEADLINE_MS = 60_000;
const LONGEST_PAUSE_MS = 250;

/**
 * Asks until there is an answer: `undefined` and `false` are none yet. Soon at first and then less often, for what asks
 * takes its time from what it waits for. Rejects after a minute.
 */
export async function until<Answer>(ask: () => Promise<Answer | undefined | false>): Promise<Answer> {
  const deadline = Date.now() + DEADLINE_MS;
  for (let pause = 5; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`within ${DEADLINE_MS} ms it did not come to pass: ${ask.toString()}`);
    await delay(pause);
  }
}
