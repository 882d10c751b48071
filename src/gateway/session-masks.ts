import { createMaskPlan, type MaskPlan } from '../masking/mask-plan.ts';
import type { Masker } from '../masking/masker.ts';
import type { Permit } from '../model/decision.ts';
import type { Refusal } from '../model/refusal.ts';
import type { Request } from '../model/request.ts';
import type { ClassifiedColumn } from '../model/target.ts';

/** What masks the replies of one session. */
export interface Masks {
  /** Why the request must not run, because it would take masked values to where no mask is. */
  refusal(permit: Permit, request: Request): Refusal | undefined;
  /** Undefined where nothing of this reply could change. */
  masker(permit: Permit, request: Request): Masker | undefined;
  /** For what the server says between exchanges. */
  unasked(): Masker | undefined;
}

/** The mask plans of one session, one for each permit it was given (permits are shared between equal requests). */
export class SessionMasks implements Masks {
  readonly #columns: () => readonly ClassifiedColumn[];
  readonly #key: Uint8Array;
  #plans = new WeakMap<Permit, MaskPlan | 'none'>();
  /** What the plans were made for. */
  #classified: readonly ClassifiedColumn[] = [];
  readonly #classes = new Set<string>();
  #unaskedPlan: MaskPlan | undefined;

  /** `columns` gives those that are classified now; `key` makes hashed values stable within the run. */
  constructor(columns: () => readonly ClassifiedColumn[], key: Uint8Array) {
    this.#columns = columns;
    this.#key = key;
  }

  refusal(permit: Permit, { operations }: Request): Refusal | undefined {
    const plan = this.#planOf(permit);
    if (plan === 'none') return undefined;
    const carrier = plan.carrier(operations);
    if (carrier !== undefined) return unmaskable(carrier);
    const renamed = plan.renamed(operations);
    return renamed === undefined ? undefined : renaming(renamed);
  }

  masker(permit: Permit, request: Request): Masker | undefined {
    const known = this.#planOf(permit);
    return known === 'none' ? undefined : known.masker(request.operations, () => request.body().bytes);
  }

  /** For what the server says between exchanges: every mask that the session has met. */
  unasked(): Masker | undefined {
    this.#refresh();
    return this.#unaskedPlan?.masker([]);
  }

  #planOf(permit: Permit): MaskPlan | 'none' {
    this.#refresh();
    return this.#plans.get(permit) ?? this.#plan(permit);
  }

  /** A column that was classified since counts from the next request on. */
  #refresh(): void {
    const now = this.#columns();
    if (now === this.#classified) return;
    this.#classified = now;
    this.#plans = new WeakMap();
    this.#remember([]);
  }

  #plan(permit: Permit): MaskPlan | 'none' {
    const classes = permit.obligations.flatMap((obligation) => (obligation.kind === 'mask' ? obligation.classes : []));
    const plan = createMaskPlan(classes, { classified: this.#classified }, this.#key) ?? 'none';
    this.#plans.set(permit, plan);
    this.#remember(classes);
    return plan;
  }

  #remember(classes: readonly string[]): void {
    for (const name of classes) this.#classes.add(name);
    this.#unaskedPlan = createMaskPlan([...this.#classes], { classified: this.#classified }, this.#key);
  }
}

function unmaskable(carrier: string): Refusal {
  return {
    code: 'mask-impossible',
    message: `it reads columns that are masked, and ${carrier} could take their values to where they are not`,
    hint: `Call ${carrier} in a statement that reads none of them.`,
  };
}

function renaming(by: string): Refusal {
  return {
    code: 'mask-impossible',
    message: `fields of its reply are masked by their names, and ${by} could give them others`,
    hint: 'Ask for the fields by their own names.',
  };
}
