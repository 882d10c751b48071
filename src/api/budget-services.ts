import type { BudgetService } from '../budgets/budget-service.ts';
import type { BudgetMeasure } from '../model/decision.ts';
import type { BudgetRow } from '../store/budget-rows.ts';
import { listSessions } from '../store/session-rows.ts';
import type { Store } from '../store/store.ts';
import type { BudgetServices, BudgetView } from './services.ts';

export interface BudgetServicesParts {
  readonly store: Store;
  readonly budgets: BudgetService;
}

/** As many sessions of a run are asked where they were. */
const MOST_SESSIONS = 1_000;

/** The API's side of budgets. */
export function budgetServices({ store, budgets }: BudgetServicesParts): BudgetServices {
  return {
    async list({ run, target, limit }) {
      if (run === undefined) return (await budgets.list({ limit, ...(target && { target }) })).map(budgetView);
      const sessions = await listSessions(store, { run, limit: MOST_SESSIONS });
      const targets = [...new Set(sessions.map((session) => session.target))];
      const asked = targets.map((one) => budgets.list({ limit, target: one }));
      const found = await Promise.all([budgets.list({ limit, run }), ...asked]);
      return found.flat().slice(0, limit).map(budgetView);
    },
    reset: (id) => budgets.reset(id),
  };
}

function budgetView({
  id,
  rule,
  measure,
  per,
  scope,
  withinMs,
  spent,
  most,
  granted,
  updatedAt,
}: BudgetRow): BudgetView {
  return {
    id,
    rule,
    measure: measure as BudgetMeasure,
    per,
    ...(per === 'run' ? { run: scope } : { target: scope }),
    ...(withinMs === 0 ? {} : { withinMs }),
    spent,
    most,
    granted,
    updatedAt,
  };
}
