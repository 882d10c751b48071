import assert from 'node:assert/strict';

/** Processor time of this process, not the clock's: what others do on the machine meanwhile does not count. */
export function processorMs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** As often as noise may need: it only ever adds, so one run in bounds settles it. */
export const MOST_RUNS = 30;

/** Fails where each of many runs takes `ms` of processor time or longer. */
export function assertTakesLess(ms: number, run: () => void): void {
  let least = Number.POSITIVE_INFINITY;
  for (let runs = 0; runs < MOST_RUNS && least >= ms; runs++) least = Math.min(least, processorMs(run));
  assert.ok(least < ms, `${least.toFixed(1)} ms of processor time at the least, not less than ${ms}`);
}
