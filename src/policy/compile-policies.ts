import type { Decision } from '../model/decision.ts';
import type { Operation } from '../model/request.ts';
import { digestOf } from './canonical-json.ts';
import { subjectOf } from './condition.ts';
import { decide } from './decide.ts';
import type { Policy } from './policy.ts';
import type { PolicySet } from './policy-set.ts';
import { compileRule } from './rule.ts';

/** Compiles policies that `parsePolicies` found no problem with. Throws where a condition does not compile. */
export function compilePolicies(policies: readonly Policy[]): PolicySet {
  const sorted = [...policies].sort((one, other) => (one.name < other.name ? -1 : 1));
  const rules = sorted.map(compileRule);
  const digest = digestOf(sorted);
  return {
    digest,
    decider: (principal, target) => {
      const subject = subjectOf(principal, target);
      const applicable = rules.filter((rule) => rule.appliesTo(principal, target) === undefined);
      const decided = new WeakMap<readonly Operation[], Decision>();
      return ({ operations }) => {
        const known = decided.get(operations);
        if (known !== undefined) return known;
        const decision = decideSafely(() => decide(operations, applicable, subject, digest), digest);
        decided.set(operations, decision);
        return decision;
      };
    },
  };
}

/** A fault in deciding is a denial. */
function decideSafely(work: () => Decision, digest: string): Decision {
  try {
    return work();
  } catch (error) {
    const reason = `The request could not be decided: ${error instanceof Error ? error.message : 'unknown'}.`;
    return { effect: 'deny', code: 'policy-error', rules: [], reason, policy: digest };
  }
}
