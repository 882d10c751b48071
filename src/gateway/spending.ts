import type { Budget } from '../model/decision.ts';
import type { ReplyCount } from '../model/reply.ts';
import type { BudgetCounter, BudgetStanding } from './control-plane.ts';

/** What a reply spends of one budget. */
export interface Spending {
  readonly budget: Budget;
  /** Takes what these come to; false where the budget has not got it at hand, and then nothing was taken. */
  take(counts: readonly ReplyCount[]): boolean;
  /** Undoes the last `take` of these. */
  give(counts: readonly ReplyCount[]): void;
  /** Brings to hand what these come to; true where the budget had it. */
  ensure(counts: readonly ReplyCount[]): Promise<boolean>;
  standing(): BudgetStanding;
  /** Allows as much again as the rule does. */
  extend(): Promise<void>;
}

/** Of a budget that statements share: one counter for all of them, here and in other gateways. */
export class SharedSpending implements Spending {
  readonly budget: Budget;
  readonly counter: BudgetCounter;

  constructor(budget: Budget, counter: BudgetCounter) {
    this.budget = budget;
    this.counter = counter;
  }

  take(counts: readonly ReplyCount[]): boolean {
    const amount = sumOf(this.budget, counts);
    return amount === 0 || this.counter.take(amount);
  }

  give(counts: readonly ReplyCount[]): void {
    const amount = sumOf(this.budget, counts);
    if (amount > 0) this.counter.give(amount);
  }

  ensure(counts: readonly ReplyCount[]): Promise<boolean> {
    const amount = sumOf(this.budget, counts);
    return amount === 0 ? Promise.resolve(true) : this.counter.ensure(amount);
  }

  standing(): BudgetStanding {
    return this.counter.standing();
  }

  extend(): Promise<void> {
    return this.counter.extend();
  }
}

/** Of a budget that each statement has for itself. */
export class StatementSpending implements Spending {
  readonly budget: Budget;
  #now: StatementState;
  #before: StatementState;

  constructor(budget: Budget) {
    this.budget = budget;
    this.#now = this.#before = { statement: 0, spent: 0, most: budget.most };
  }

  take(counts: readonly ReplyCount[]): boolean {
    const then = this.#after(counts);
    if (then === undefined) return false;
    this.#before = this.#now;
    this.#now = then;
    return true;
  }

  give(): void {
    this.#now = this.#before;
  }

  ensure(counts: readonly ReplyCount[]): Promise<boolean> {
    return Promise.resolve(this.#after(counts) !== undefined);
  }

  standing(): BudgetStanding {
    return this.#now;
  }

  /** What was spent once these are; undefined where a statement spends more than it may. */
  #after(counts: readonly ReplyCount[]): StatementState | undefined {
    let state = this.#now;
    for (const count of counts) {
      const { statement } = count;
      if (statement !== state.statement) state = { statement, spent: 0, most: this.budget.most };
      state = { ...state, spent: state.spent + amountOf(this.budget, count) };
      if (state.spent > state.most) return undefined;
    }
    return state;
  }

  extend(): Promise<void> {
    this.#now = { ...this.#now, most: this.#now.most + Math.max(1, this.budget.most) };
    return Promise.resolve();
  }
}

interface StatementState extends BudgetStanding {
  readonly statement: number;
}

/** Whether it counts what comes back, and not what is asked. */
export function isOfReply({ measure }: Pick<Budget, 'measure'>): boolean {
  return measure !== 'statements' && measure !== 'tables';
}

function sumOf(budget: Budget, counts: readonly ReplyCount[]): number {
  let sum = 0;
  for (const count of counts) sum += amountOf(budget, count);
  return sum;
}

function amountOf({ measure }: Budget, count: ReplyCount): number {
  switch (measure) {
    case 'rowsRead':
      return count.rowsRead;
    case 'rowsChanged':
      return count.rowsChanged;
    case 'bytes':
      return count.bytes;
    case 'statements':
    case 'tables':
      // Taken before the request is forwarded.
      return 0;
    default:
      return measure satisfies never;
  }
}
