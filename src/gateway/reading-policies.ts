import type { Decision } from '../model/decision.ts';
import type { Access, Operation } from '../model/request.ts';
import type { PolicySet } from '../policy/policy-set.ts';

/** What a session of the gateway's own may do at most. */
const READING: ReadonlySet<Access> = new Set(['read', 'session', 'transaction']);

/**
 * The policies for a session of the gateway's own, which shows nobody a value: it reads without a rule that permits it,
 * does nothing else, and is denied what a rule in force denies. `name` stands in the record as what decided.
 */
export function readingPolicies(inForce: PolicySet, name: string): PolicySet {
  const { digest, asksForBody } = inForce;
  return {
    digest,
    asksForBody,
    mayPermit: (principal, target, now) => {
      const byRules = inForce.mayPermit(principal, target, now);
      return (operation) => isReading(operation) || byRules(operation);
    },
    mayHold: (principal, target, now) => inForce.mayHold(principal, target, now),
    decider: (principal, target, now) => {
      const byRules = inForce.decider(principal, target, now);
      const permit: Decision = { effect: 'permit', rules: [name], obligations: [], policy: digest };
      const refusal: Decision = {
        effect: 'deny',
        code: 'policy-no-match',
        rules: [name],
        reason: 'a session of the gateway’s own reads, and does nothing else',
        policy: digest,
      };
      return (request) => {
        const decided = byRules(request);
        if (isDeniedByRule(decided)) return decided;
        return request.operations.every(isReading) ? permit : refusal;
      };
    },
  };
}

/** That no rule permits it is no denial here; that what it does is not known is. */
function isDeniedByRule(decision: Decision): boolean {
  return decision.effect === 'deny' && decision.code !== 'policy-no-match';
}

function isReading({ access }: Operation): boolean {
  return READING.has(access);
}
