import type { Budget } from '../model/decision.ts';

/** A budget in words: `1000 rowsRead per run within 1h`. */
export function budgetWords({ measure, most, per, withinMs }: Omit<Budget, 'rule' | 'exceeded'>): string {
  const time = withinMs === undefined ? '' : ` within ${durationWords(withinMs)}`;
  return `${most} ${measure} per ${per}${time}`;
}

/** Milliseconds as a policy writes them: `90m`, `1h`. */
export function durationWords(ms: number): string {
  const [unit, size] = UNITS.find(([, one]) => ms % one === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
];
