import { LIMITS } from '../model/limits.ts';
import {
  type BudgetKey,
  type BudgetLease,
  grantBudget,
  leaseBudget,
  returnBudget,
  touchTables,
} from '../store/budget-rows.ts';
import type { Store } from '../store/store.ts';
import type { TransactionClock } from '../store/transaction-clock.ts';

export interface CounterParts {
  readonly store: Store;
  readonly clock: TransactionClock;
  /** Of this process, ms; it only ever goes forward. */
  readonly monotonic: () => number;
  readonly onFault: (fault: unknown) => void;
  /** Called once nobody has it open and nothing of it is at hand. */
  readonly onIdle: () => void;
}

/**
 * One budget's counter in this process. What it hands out was leased from the store before, and so is counted already:
 * a crash loses what was at hand, and never what was spent.
 */
export class StoreCounter {
  readonly key: BudgetKey;
  readonly #parts: CounterParts;
  #lease: BudgetLease | undefined;
  #atHand = 0;
  /** When what is at hand may no longer be spent. */
  #endsAt = Number.POSITIVE_INFINITY;
  #standing: { readonly spent: number; readonly most: number };
  /** Tables that the store knows, until when. */
  readonly #met = new Map<string, number>();
  /** Work on the store, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #opened = 0;
  #spending = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(key: BudgetKey, parts: CounterParts) {
    this.key = key;
    this.#parts = parts;
    this.#standing = { spent: 0, most: key.most };
  }

  open(): this {
    this.#opened++;
    return this;
  }

  close(): void {
    this.#opened--;
    this.#rest();
  }

  enter(): void {
    this.#spending++;
  }

  leave(): void {
    this.#spending--;
    this.#rest();
  }

  take(amount: number): boolean {
    if (amount > this.#atHand || this.#isOver) return false;
    this.#atHand -= amount;
    return true;
  }

  give(amount: number): void {
    // Where it was reset meanwhile, this is of what is no more.
    if (this.#lease !== undefined) this.#atHand += amount;
  }

  ensure(amount: number): Promise<boolean> {
    return this.#next(async () => {
      if (this.#isOver) await this.#return();
      while (this.#atHand < amount) {
        const before = this.#atHand;
        await this.#refill(amount - before);
        if (this.#atHand <= before) return false;
      }
      return true;
    });
  }

  standing(): { readonly spent: number; readonly most: number } {
    const { spent, most } = this.#standing;
    return { spent: spent - this.#atHand, most };
  }

  touch(tables: readonly string[]): Promise<boolean> | true {
    const now = this.#parts.monotonic();
    const unmet = tables.filter((name) => (this.#met.get(name) ?? Number.NEGATIVE_INFINITY) <= now);
    return unmet.length === 0 || this.#next(() => this.#touch(unmet));
  }

  extend(): Promise<void> {
    const { store, clock } = this.#parts;
    return this.#next(() => grantBudget(store, clock, this.key, Math.max(1, this.key.most)));
  }

  /** It was reset: what is at hand was leased from what is no more. */
  forget(): void {
    this.#lease = undefined;
    this.#atHand = 0;
    this.#met.clear();
  }

  /** Gives back what is at hand. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#next(() => this.#return());
  }

  get #isOver(): boolean {
    return this.#parts.monotonic() >= this.#endsAt;
  }

  async #refill(want: number): Promise<void> {
    const { store, clock, monotonic } = this.#parts;
    const asked = monotonic();
    const lease = await leaseBudget(store, clock, this.key, want);
    this.#standing = { spent: lease.spent, most: lease.most };
    if (lease.amount === 0) return;
    // Of an earlier slot, or from before a reset: what is spent from now on must not count there.
    const before = this.#lease;
    if (before !== undefined && (before.slot !== lease.slot || before.epoch !== lease.epoch)) await this.#return();
    this.#lease = lease;
    this.#atHand += lease.amount;
    this.#endsAt = lease.usableMs === undefined ? Number.POSITIVE_INFINITY : asked + lease.usableMs;
  }

  async #touch(names: readonly string[]): Promise<boolean> {
    const { store, clock, monotonic } = this.#parts;
    const asked = monotonic();
    const { fits, spent, most, usableMs } = await touchTables(store, clock, this.key, names);
    this.#standing = { spent, most };
    if (!fits) return false;
    const until = usableMs === undefined ? Number.POSITIVE_INFINITY : asked + usableMs;
    for (const name of names) this.#met.set(name, until);
    return true;
  }

  async #return(): Promise<void> {
    const lease = this.#lease;
    const amount = this.#atHand;
    this.#lease = undefined;
    this.#atHand = 0;
    if (lease !== undefined && amount > 0) await returnBudget(this.#parts.store, this.key.id, lease, amount);
  }

  /** Once nobody spends for a while, what is at hand goes back, so that other gateways may have it. */
  #rest(): void {
    clearTimeout(this.#timer);
    if (this.#spending > 0) return;
    const isLast = this.#opened === 0;
    this.#timer = setTimeout(() => void this.#idle(), isLast ? 0 : LIMITS.budgetLeaseIdleMs);
    if (!isLast) this.#timer.unref();
  }

  async #idle(): Promise<void> {
    try {
      await this.#next(async () => (this.#spending > 0 ? undefined : this.#return()));
    } catch (fault) {
      // It stays counted as spent.
      this.#parts.onFault(fault);
    }
    if (this.#opened === 0) this.#parts.onIdle();
  }

  #next<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(toldToCaller);
    return turn;
  }
}

/** Whoever asked for it has the fault. */
function toldToCaller(): void {}
