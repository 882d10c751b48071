import type { BudgetMeasure } from '../model/decision.ts';
import type { ReplyCount } from '../model/reply.ts';
import type { Operation, Request } from '../model/request.ts';
import { SharedSpending, type Spending } from './spending.ts';

/**
 * Takes what a request spends of a budget by being made; false where the budget has not got it, or has nothing left of
 * what the reply would spend. Rejects where that cannot be learned.
 */
export async function admits(spending: Spending, request: Request): Promise<boolean> {
  const { measure } = spending.budget;
  const counter = spending instanceof SharedSpending ? spending.counter : undefined;
  switch (measure) {
    case 'statements': {
      const statements = request.statements?.().length ?? 1;
      if (counter === undefined || counter.take(statements)) return true;
      while (await counter.ensure(statements)) if (counter.take(statements)) return true;
      return false;
    }
    case 'tables':
      if (counter !== undefined) return counter.touch(tablesOf(request.operations));
      return statementsOf(request).every((one) => tablesOf(one).length <= spending.standing().most);
    case 'rowsRead':
    case 'rowsChanged':
    case 'bytes':
      return !request.operations.some(MAY_SPEND[measure]) || spending.ensure([{ ...NOTHING, [measure]: 1 }]);
    default:
      return measure satisfies never;
  }
}

const NOTHING: ReplyCount = { statement: 0, rowsRead: 0, rowsChanged: 0, bytes: 0 };

const shows = ({ access, outputs }: Operation): boolean =>
  access === 'read' || access === 'unknown' || outputs !== undefined;

/** Which operations are not worth forwarding once nothing is left. */
const MAY_SPEND: Readonly<Record<Exclude<BudgetMeasure, 'statements' | 'tables'>, (one: Operation) => boolean>> = {
  rowsRead: shows,
  bytes: shows,
  rowsChanged: ({ access, copies }) => access === 'write' || access === 'unknown' || copies !== undefined,
};

function statementsOf(request: Request): readonly (readonly Operation[])[] {
  return request.statements?.() ?? [request.operations];
}

/** Distinct, as `schema.name`; the schema is empty where it is not known. */
function tablesOf(operations: readonly Operation[]): readonly string[] {
  return [...new Set(operations.flatMap(({ tables }) => tables.map(({ schema, name }) => `${schema}.${name}`)))];
}
