import { createHash } from 'node:crypto';
import type { Budget } from '../model/decision.ts';
import { Fault } from '../model/fault.ts';
import type { RunId, TargetName } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import {
  type BudgetFilter,
  type BudgetKey,
  type BudgetRow,
  forgetBudgets,
  listBudgets,
  resetBudget,
} from '../store/budget-rows.ts';
import type { Store } from '../store/store.ts';
import { type TransactionClock, transactionClock } from '../store/transaction-clock.ts';
import { StoreCounter } from './store-counter.ts';

export interface BudgetServiceOptions {
  readonly store: Store;
  readonly onFault: (fault: unknown) => void;
  /** The store's own where absent. */
  readonly clock?: TransactionClock;
  /** Of this process, ms; it only ever goes forward. */
  readonly monotonic?: () => number;
}

/** The counters of budgets in this process, and what they stand at in the store that gateways share. */
export class BudgetService implements AsyncDisposable {
  readonly #options: BudgetServiceOptions;
  readonly #clock: TransactionClock;
  readonly #counters = new Map<string, StoreCounter>();
  readonly #unwatch: () => void;
  readonly #sweep: NodeJS.Timeout;

  constructor(options: BudgetServiceOptions) {
    const { store, onFault } = options;
    this.#options = options;
    this.#clock = options.clock ?? transactionClock(store);
    this.#unwatch = store.watch('budgets', () => {
      for (const counter of this.#counters.values()) counter.forget();
    });
    this.#sweep = setInterval(() => void this.sweep().catch(onFault), LIMITS.budgetSweepMs).unref();
  }

  /** The counter of a budget of this run or target: the same one for all who have it open. */
  open(budget: Budget, whose: { readonly run: RunId; readonly target: TargetName }): StoreCounter {
    const key = keyOf(budget, whose);
    // What its rule allows may have changed since it was opened: that is another counter here, of the same row there.
    const name = `${key.id} ${key.most}`;
    const known = this.#counters.get(name);
    if (known !== undefined) return known.open();
    const { store, onFault, monotonic = () => performance.now() } = this.#options;
    const onIdle = (): void => void this.#counters.delete(name);
    const counter = new StoreCounter(key, { store, clock: this.#clock, monotonic, onFault, onIdle });
    this.#counters.set(name, counter);
    return counter.open();
  }

  list(filter: BudgetFilter): Promise<readonly BudgetRow[]> {
    return listBudgets(this.#options.store, this.#clock, filter);
  }

  /** Begins a counter anew; false where there is none of this id. */
  reset(id: string): Promise<boolean> {
    return resetBudget(this.#options.store, id);
  }

  /** Forgets counters that nothing can be held against any more; how many. */
  sweep(): Promise<number> {
    return forgetBudgets(this.#options.store, this.#clock);
  }

  /** Gives back what is at hand. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unwatch();
    clearInterval(this.#sweep);
    for (const counter of this.#counters.values()) await counter.stop().catch(this.#options.onFault);
    this.#counters.clear();
  }
}

/** The name of a counter: a changed amount counts on, a changed rule, measure, scope or window counts anew. */
function keyOf(
  { rule, measure, per, withinMs = 0, most }: Budget,
  whose: { run: RunId; target: TargetName },
): BudgetKey {
  if (per === 'statement') throw new Fault('internal', 'a statement counts for itself, and not in the store');
  const scope = per === 'run' ? whose.run : whose.target;
  const digest = createHash('sha256').update(JSON.stringify([rule, measure, per, scope, withinMs]));
  return { id: `bgt_${digest.digest('hex').slice(0, 32)}`, rule, measure, per, scope, withinMs, most };
}
