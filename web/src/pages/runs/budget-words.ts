import type { BudgetView } from '../../api/types.ts';

const MEASURES: Readonly<Record<BudgetView['measure'], string>> = {
  rowsRead: 'rows read',
  rowsChanged: 'rows changed',
  bytes: 'bytes',
  statements: 'statements',
  tables: 'distinct tables',
};

/** What a budget counts: `rows read per run`, `statements per target within 1 h`. */
export function budgetWords({ measure, per, withinMs }: Pick<BudgetView, 'measure' | 'per' | 'withinMs'>): string {
  return `${MEASURES[measure]} per ${per}${withinMs === undefined ? '' : ` within ${windowWords(withinMs)}`}`;
}

/** How much of a budget is spent, from 0 to 100. One that allows nothing is used up. */
export function spentPercent({ spent, most, granted }: Pick<BudgetView, 'spent' | 'most' | 'granted'>): number {
  const allowed = most + granted;
  return allowed === 0 ? 100 : Math.min(100, Math.round((spent / allowed) * 100));
}

function windowWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes % 1_440 === 0) return `${minutes / 1_440} d`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}
