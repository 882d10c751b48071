import { isDeepStrictEqual } from 'node:util';
import type { Decision } from '../model/decision.ts';
import type { Principal } from '../model/principal.ts';
import type { Operation } from '../model/request.ts';
import type { ClassifiedColumn, Target } from '../model/target.ts';
import { digestOf } from './canonical-json.ts';
import { ClassifiedColumns } from './column-facts.ts';
import { type Surroundings, subjectOf } from './condition.ts';
import { decide } from './decide.ts';
import { minuteOf } from './local-time.ts';
import { mayHold, mayPermit } from './may-permit.ts';
import { Permits } from './permits.ts';
import type { Policy } from './policy.ts';
import type { Now, PolicySet } from './policy-set.ts';
import { compileRule, type Rule } from './rule.ts';
import { permitsReadsAlone } from './session-obligation.ts';

/**
 * Compiles policies that `parsePolicies` found no problem with. Throws where a condition does not compile. `clock` tells
 * the time to conditions that ask for it.
 */
export function compilePolicies(policies: readonly Policy[], clock: Clock = {}): PolicySet {
  const sorted = [...policies].sort((one, other) => (one.name < other.name ? -1 : 1));
  const rules = sorted.map(compileRule);
  const digest = digestOf(sorted);
  return {
    digest,
    asksForBody: rules.some((rule) => rule.usesBody),
    mayPermit: asked(mayPermit, rules, clock),
    mayHold: asked(mayHold, rules, clock),
    decider: (principal, target, now = {}) => {
      const subject = subjectOf(principal, target);
      const applicable = rules.filter((rule) => rule.appliesTo(principal, target) === undefined);
      const nowMs = applicable.some((rule) => rule.usesTime) ? (now.nowMs ?? clock.nowMs) : undefined;
      const usesClasses = applicable.some((rule) => rule.usesClasses);
      const classifiedNow = (usesClasses ? now.classified : undefined) ?? (() => target.classified);
      const isReader = permitsReadsAlone(
        applicable.map(({ policy }) => policy),
        target.protocol,
      );
      const permits = new Permits(digest, { isReader });
      const kept = new WeakMap<readonly Operation[], Kept>();
      return ({ operations }) => {
        const at = nowMs?.();
        const minute = at === undefined ? 0 : minuteOf(at);
        const classified = classifiedNow();
        // Operations of HTTP have the address and the body in them: they are of one request, and met once.
        const isShared = operations[0]?.http === undefined;
        const known = isShared ? kept.get(operations) : undefined;
        if (known?.minute === minute && known.classified === classified) return known.decision;
        const surroundings = { subject, columns: ClassifiedColumns.of(classified), nowMs: at };
        const made = decideSafely(() => decide(operations, applicable, surroundings, permits), digest);
        if (!isShared) return made;
        // The same decision stays the same object: what was planned for it still holds.
        const decision = known !== undefined && isDeepStrictEqual(known.decision, made) ? known.decision : made;
        kept.set(operations, { decision, minute, classified });
        return decision;
      };
    },
  };
}

/** A question about an operation whose arguments are not known yet. */
function asked<Asked extends Operation | undefined>(
  question: (operation: Asked, rules: readonly Rule[], surroundings: Surroundings) => boolean,
  rules: readonly Rule[],
  clock: Clock,
): (principal: Principal, target: Target, now?: Now) => (operation: Asked) => boolean {
  return (principal, target, now = {}) => {
    const subject = subjectOf(principal, target);
    const applicable = rules.filter((rule) => rule.appliesTo(principal, target) === undefined);
    const nowMs = now.nowMs ?? clock.nowMs;
    return (operation) => {
      const columns = ClassifiedColumns.of((now.classified ?? (() => target.classified))());
      return question(operation, applicable, { subject, columns, nowMs: nowMs?.() });
    };
  };
}

export interface Clock {
  /** Milliseconds since 1970. */
  readonly nowMs?: () => number;
}

/** A decision, and what it hangs on beside the operations. */
interface Kept {
  readonly decision: Decision;
  readonly minute: number;
  readonly classified: readonly ClassifiedColumn[];
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
