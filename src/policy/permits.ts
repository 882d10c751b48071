import type { Permit } from '../model/decision.ts';
import { obligationsOf } from './obligations.ts';
import type { Policy } from './policy.ts';
import { readOnly } from './session-obligation.ts';

/** Sets of rules that bind together are few; a policy set that has more of them begins anew. */
const MOST_KEPT = 1_000;

/** The permits of one decider: the same object for the same rules, so that what is made of a permit is made once. */
export class Permits {
  /** Of the policy set, SHA-256, hex. */
  readonly digest: string;
  readonly #isReader: boolean;
  readonly #kept = new Map<string, Permit>();

  /** With `isReader` every permit is for a session that reads alone. */
  constructor(digest: string, { isReader }: { readonly isReader: boolean }) {
    this.digest = digest;
    this.#isReader = isReader;
  }

  /** `policies` are sorted by name, each once. */
  of(policies: readonly Policy[]): Permit {
    const key = policies.length === 1 ? (policies[0]?.name ?? '') : JSON.stringify(policies.map(({ name }) => name));
    let permit = this.#kept.get(key);
    if (permit !== undefined && permit.rules.length === policies.length) return permit;
    permit = this.#make(policies);
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(key, permit);
    return permit;
  }

  #make(policies: readonly Policy[]): Permit {
    const rules = policies.map(({ name }) => name);
    const permit: Permit = { effect: 'permit', rules, obligations: obligationsOf(policies), policy: this.digest };
    return this.#isReader ? readOnly(permit) : permit;
  }
}
