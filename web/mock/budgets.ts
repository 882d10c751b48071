import type { BudgetView } from '../src/api/types.ts';
import { Answered, type Route, route } from './route.ts';
import type { World } from './world.ts';

/** What runs have spent: of each the same, until somebody begins it anew. */
export function budgetRoutes(world: World): readonly Route[] {
  const reset = new Set<string>();
  const of = (run: string): readonly BudgetView[] => {
    const updatedAt = '2026-11-22T18:00:00.000Z';
    const base = { rule: 'reads are counted', granted: 0, updatedAt } as const;
    const budgets: readonly BudgetView[] = [
      { ...base, id: `bgt_${run}`, measure: 'rowsRead', per: 'run', run, spent: 18_250, most: 20_000 },
      { ...base, id: `bgt_${run}_b`, measure: 'bytes', per: 'run', run, spent: 50_000_000, most: 50_000_000 },
      {
        ...base,
        id: 'bgt_shop',
        measure: 'statements',
        per: 'target',
        target: 'shop',
        withinMs: 3_600_000,
        spent: 412,
        most: 10_000,
      },
    ];
    return budgets.map((budget) => (reset.has(budget.id) ? { ...budget, spent: 0 } : budget));
  };
  return [
    route('GET', '/v1/budgets', ({ query }) => {
      const run = world.runs.find(({ id }) => id === query.get('run'));
      return { budgets: run === undefined ? [] : of(run.id) };
    }),
    route('DELETE', '/v1/budgets/:budget', ({ parts: [id = ''] }) => {
      if (!id.startsWith('bgt_')) throw new Answered(404, 'There is no such budget');
      reset.add(id);
      return { budget: id, reset: true };
    }),
  ];
}
