import type { ExchangeRecord } from '../audit/recorder.ts';
import type { Permit } from '../model/decision.ts';
import type { Refusal } from '../model/refusal.ts';
import type { Part, ReplyCount } from '../model/reply.ts';
import type { Exchange } from '../protocols/protocol.ts';
import { budgetHold, NOT_COUNTED, overdrawn, uncounted } from './budget-refusals.ts';
import type { Waiting } from './hold.ts';
import { admits } from './request-spending.ts';
import { isOfReply, type SharedSpending, type Spending } from './spending.ts';

/** An exchange as far as its meter may know it. */
export type MeteredExchange = Pick<
  Exchange<unknown>,
  'request' | 'waiting' | 'approved' | 'patienceMs' | 'uncountable'
>;

export interface MeterParts {
  readonly exchange: MeteredExchange;
  readonly record: ExchangeRecord;
  readonly permit: Permit;
  /** Of what the reply spends, and what the request does before it is forwarded. */
  readonly spendings: readonly Spending[];
  readonly shared: readonly SharedSpending[];
  readonly hold: (waiting: Waiting, record: ExchangeRecord, permit: Permit) => Promise<Refusal | undefined>;
  readonly onFault: (fault: unknown) => void;
}

/**
 * Counts one exchange against its budgets: nothing is released that was not taken from each of them before. What does
 * not fit is cut off at the row, and refused, or put before people where the rule says so.
 */
export class Meter implements Disposable {
  /** Rows that were released. */
  rowsRead = 0;
  readonly countsReply: boolean;
  readonly #parts: MeterParts;

  constructor(parts: MeterParts) {
    this.#parts = parts;
    this.countsReply = parts.spendings.some(({ budget }) => isOfReply(budget));
    for (const { counter } of parts.shared) counter.enter();
  }

  [Symbol.dispose](): void {
    for (const { counter } of this.#parts.shared) counter.leave();
  }

  /** Takes what the request spends by being made; a refusal where a budget has not got it, or nothing for the reply. */
  async admit(): Promise<Refusal | undefined> {
    const { spendings, exchange } = this.#parts;
    const countsChanges = spendings.some(({ budget }) => budget.measure === 'rowsChanged');
    const why = countsChanges ? exchange.uncountable?.() : undefined;
    if (why !== undefined) return uncounted(why);
    for (const spending of spendings) {
      for (;;) {
        const isAdmitted = await this.#counted(() => admits(spending, exchange.request));
        if (isAdmitted === undefined) return NOT_COUNTED;
        if (isAdmitted) break;
        const refusal = await this.#exceed(spending);
        if (refusal !== undefined) return refusal;
      }
    }
    return undefined;
  }

  /** Releases a part as far as the budgets go; a refusal where they end. */
  async release(part: Part, release: (part: Part) => Promise<void> | undefined): Promise<Refusal | undefined> {
    for (let left: Part | undefined = part; left !== undefined; ) {
      const { counts = [] } = left;
      if (this.#take(counts) === undefined) {
        await release(left);
        return undefined;
      }
      const isEnough = await this.#counted(() => this.#ensure(counts));
      if (isEnough === undefined || left.cut === undefined) return NOT_COUNTED;
      if (isEnough) continue;
      const crossings: Crossing[] = [];
      const { head, rest } = left.cut((at) => {
        const by = this.#take([at]);
        if (by !== undefined) crossings.push({ by, at });
        return by === undefined;
      });
      if (head !== undefined) await release(head);
      left = rest;
      const [crossing] = crossings;
      const refusal = crossing && (await this.#cross(crossing));
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** Takes from every budget, or from none: then the first that had not enough at hand. */
  #take(counts: readonly ReplyCount[]): Spending | undefined {
    const taken: Spending[] = [];
    for (const spending of this.#parts.spendings) {
      if (spending.take(counts)) taken.push(spending);
      else {
        for (const one of taken) one.give(counts);
        return spending;
      }
    }
    for (const { rowsRead } of counts) this.rowsRead += rowsRead;
    return undefined;
  }

  async #ensure(counts: readonly ReplyCount[]): Promise<boolean> {
    const enough = await Promise.all(this.#parts.spendings.map((spending) => spending.ensure(counts)));
    return enough.every(Boolean);
  }

  /** Another exchange may have taken what was at hand, and more be there: then it goes on. */
  async #cross({ by, at }: Crossing): Promise<Refusal | undefined> {
    const isThere = await this.#counted(() => by.ensure([at]));
    if (isThere === undefined) return NOT_COUNTED;
    return isThere ? undefined : this.#exceed(by);
  }

  /** Asks people where the rule says so; undefined once as much again may be spent. */
  async #exceed(spending: Spending): Promise<Refusal | undefined> {
    const { budget } = spending;
    const standing = spending.standing();
    if (budget.exceeded === undefined) return overdrawn(budget, standing);
    const { exchange, permit, record, hold } = this.#parts;
    const { waiting, asked } = budgetHold(budget, budget.exceeded, standing, exchange, permit);
    const refusal = await hold(waiting, record, asked);
    if (refusal !== undefined) return refusal;
    const extended = await this.#counted(() => spending.extend().then(() => true));
    return extended === undefined ? NOT_COUNTED : undefined;
  }

  /** Undefined where the store cannot be asked: what is not counted is not let through. */
  async #counted(ask: () => Promise<boolean>): Promise<boolean | undefined> {
    try {
      return await ask();
    } catch (fault) {
      this.#parts.onFault(fault);
      return undefined;
    }
  }
}

/** Where a reply met the end of a budget. */
interface Crossing {
  readonly by: Spending;
  readonly at: ReplyCount;
}
