import type { ApproveObligation, Budget, Permit } from '../model/decision.ts';
import type { Refusal } from '../model/refusal.ts';
import type { Request } from '../model/request.ts';
import { budgetWords } from '../policy/budget-words.ts';
import type { BudgetStanding } from './control-plane.ts';
import type { Waiting } from './hold.ts';
import type { MeteredExchange } from './meter.ts';

/** What a client is told that has used a budget up. */
export function overdrawn(budget: Budget, { spent, most }: BudgetStanding): Refusal {
  return {
    code: 'budget-exceeded',
    message: `a budget is used up: ${budgetWords(budget)}; ${spent} of ${most} are spent`,
    rule: budget.rule,
    hint: budget.withinMs === undefined ? 'Ask for less, or for another rule.' : 'Ask for less, or later.',
  };
}

/** What is not counted does not pass. */
export const NOT_COUNTED: Refusal = {
  code: 'budget-unavailable',
  message: 'what this spends of a budget cannot be counted now',
  hint: 'Try again; if it lasts, the gateway needs an operator (its store cannot be reached).',
};

export function uncounted(why: string): Refusal {
  return {
    code: 'obligation-unmet',
    message: `the policy limits the rows that may be changed, and here they cannot be counted in time: ${why}`,
    hint: 'Make each change a statement of its own, and COMMIT in a request of its own.',
  };
}

/** What people are asked when a budget is used up: the request, and what of which budget they would grant. */
export function budgetHold(
  budget: Budget,
  approve: Omit<ApproveObligation, 'kind'>,
  standing: BudgetStanding,
  exchange: MeteredExchange,
  permit: Permit,
): { readonly waiting: Waiting; readonly asked: Permit } {
  const { patienceMs } = exchange;
  const waiting: Waiting = {
    request: askedForMore(exchange.request, budget, standing),
    waiting: (notice) => exchange.waiting?.(notice),
    approved: (approved) => exchange.approved?.(approved),
    ...(patienceMs === undefined ? {} : { patienceMs }),
  };
  return { waiting, asked: { ...permit, rules: [budget.rule], obligations: [{ kind: 'approve', ...approve }] } };
}

function askedForMore(request: Request, budget: Budget, { spent, most }: BudgetStanding): Request {
  const { measure, per, rule } = budget;
  return {
    operations: request.operations,
    body: () => request.body(),
    context: () => ({
      ...request.context?.(),
      budget: `${budgetWords(budget)}, of the rule "${rule}"`,
      'budget spent': `${spent} of ${most}`,
      'budget granted': `${Math.max(1, budget.most)} more ${measure} for this ${per}`,
    }),
  };
}
