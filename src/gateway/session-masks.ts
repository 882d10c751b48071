import { createMaskPlan, type MaskPlan } from '../masking/mask-plan.ts';
import type { Masker } from '../masking/masker.ts';
import type { Permit } from '../model/decision.ts';
import type { Request } from '../model/request.ts';
import type { Target } from '../model/target.ts';

/** The mask plans of one session, one for each permit it was given (permits are shared between equal requests). */
export class SessionMasks {
  readonly #target: Target;
  readonly #key: Uint8Array;
  readonly #plans = new WeakMap<Permit, MaskPlan | 'none'>();
  readonly #classes = new Set<string>();
  #unaskedPlan: MaskPlan | undefined;

  /** `key` makes hashed values stable within the run. */
  constructor(target: Target, key: Uint8Array) {
    this.#target = target;
    this.#key = key;
  }

  masker(permit: Permit, request: Request): Masker | undefined {
    const known = this.#plans.get(permit) ?? this.#plan(permit);
    return known === 'none' ? undefined : known.masker(request.operations, () => request.body().bytes);
  }

  /** For what the server says between exchanges: every mask that the session has met. */
  unasked(): Masker | undefined {
    return this.#unaskedPlan?.masker([]);
  }

  #plan(permit: Permit): MaskPlan | 'none' {
    const classes = permit.obligations.flatMap((obligation) => (obligation.kind === 'mask' ? obligation.classes : []));
    const plan = createMaskPlan(classes, this.#target, this.#key) ?? 'none';
    this.#plans.set(permit, plan);
    if (plan !== 'none') this.#remember(classes);
    return plan;
  }

  #remember(classes: readonly string[]): void {
    for (const name of classes) this.#classes.add(name);
    this.#unaskedPlan = createMaskPlan([...this.#classes], this.#target, this.#key);
  }
}
