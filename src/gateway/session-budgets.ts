import type { ExchangeRecord } from '../audit/recorder.ts';
import type { Budget, Permit } from '../model/decision.ts';
import type { Principal } from '../model/principal.ts';
import type { Target } from '../model/target.ts';
import type { BudgetDesk } from './control-plane.ts';
import { Meter, type MeteredExchange, type MeterParts } from './meter.ts';
import { SharedSpending, StatementSpending } from './spending.ts';

export interface SessionBudgetsParts {
  readonly desk: BudgetDesk;
  readonly principal: Principal;
  readonly target: Target;
  readonly onFault: (fault: unknown) => void;
}

/** The budgets of one session: counters are opened for each permit once (permits are shared between equal requests). */
export class SessionBudgets implements Disposable {
  readonly #parts: SessionBudgetsParts;
  readonly #shared = new WeakMap<Permit, readonly SharedSpending[]>();
  readonly #opened = new Map<string, SharedSpending>();

  constructor(parts: SessionBudgetsParts) {
    this.#parts = parts;
  }

  meter(
    permit: Permit,
    exchange: MeteredExchange,
    record: ExchangeRecord,
    hold: MeterParts['hold'],
  ): Meter | undefined {
    const budgets = permit.obligations.flatMap((one) => (one.kind === 'limit' ? one.budgets : []));
    if (budgets.length === 0) return undefined;
    const shared = this.#shared.get(permit) ?? this.#open(permit);
    const own = budgets.filter(({ per }) => per === 'statement').map((budget) => new StatementSpending(budget));
    const { onFault } = this.#parts;
    return new Meter({ exchange, record, permit, spendings: [...own, ...shared], shared, hold, onFault });
  }

  [Symbol.dispose](): void {
    for (const { counter } of this.#opened.values()) counter.close();
    this.#opened.clear();
  }

  #open(permit: Permit): readonly SharedSpending[] {
    const budgets = permit.obligations.flatMap((one) => (one.kind === 'limit' ? one.budgets : []));
    const shared = budgets.filter(({ per }) => per !== 'statement').map((budget) => this.#counted(budget));
    this.#shared.set(permit, shared);
    return shared;
  }

  /** Permits are as many as statements are; what they limit is a few budgets. */
  #counted(budget: Budget): SharedSpending {
    const name = JSON.stringify(budget);
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const { desk, principal, target } = this.#parts;
    const spending = new SharedSpending(budget, desk.open(budget, { run: principal.run.id, target: target.name }));
    this.#opened.set(name, spending);
    return spending;
  }
}
