import type { Decision, Deny } from '../model/decision.ts';
import type { Operation } from '../model/request.ts';
import type { Surroundings } from './condition.ts';
import type { Permits } from './permits.ts';
import type { Policy } from './policy.ts';
import type { Rule } from './rule.ts';

/**
 * Decides the operations of one request together: each must be permitted, the strictest decides all, obligations add
 * up, and the order of the rules never matters (docs/reference/policy.md).
 */
export function decide(
  operations: readonly Operation[],
  rules: readonly Rule[],
  surroundings: Surroundings,
  permits: Permits,
): Decision {
  const verdicts = operations.filter((one) => one.kind !== 'empty').map((one) => judge(one, rules, surroundings));
  const denied = strictest(verdicts.filter((verdict) => verdict.outcome !== 'permit'));
  const matched = new Map<string, Policy>();
  for (const verdict of verdicts) for (const policy of verdict.matched) matched.set(policy.name, policy);
  if (denied !== undefined) return deny(denied, verdicts, permits.digest);
  return permits.of([...matched.values()].sort(byName));
}

export type Outcome =
  | 'permit'
  | 'policy-denied'
  | 'policy-error'
  | 'request-unparsable'
  | 'request-unknown'
  | 'policy-no-match';

/** What the rules say of one operation. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly operation: Operation;
  /** The rules that decided: those that deny, those that failed, or those that bind a permit. */
  readonly matched: readonly Policy[];
  readonly error?: string;
}

export function judge(operation: Operation, rules: readonly Rule[], surroundings: Surroundings): Verdict {
  const denies: Policy[] = [];
  const failed: Policy[] = [];
  const binding: Policy[] = [];
  let error: string | undefined;
  let permitted = false;
  for (const rule of rules) {
    const match = rule.matches(operation, surroundings);
    if (match.matched === false) continue;
    if (match.matched === 'error') {
      failed.push(rule.policy);
      if (error === undefined || match.error < error) error = match.error;
    } else if (rule.policy.effect === 'deny') {
      denies.push(rule.policy);
    } else {
      binding.push(rule.policy);
      permitted ||= match.covers;
    }
  }
  if (denies.length > 0) return { outcome: 'policy-denied', operation, matched: denies };
  if (error !== undefined) return { outcome: 'policy-error', operation, matched: failed, error };
  if (permitted) return { outcome: 'permit', operation, matched: binding };
  return { outcome: unmatched(operation), operation, matched: [] };
}

function unmatched({ kind, access, flags }: Operation): Outcome {
  if (access !== 'unknown' && kind !== 'unknown') return 'policy-no-match';
  return flags.includes('unparsable') ? 'request-unparsable' : 'request-unknown';
}

const STRICTNESS: Readonly<Record<Verdict['outcome'], number>> = {
  'policy-denied': 5,
  'policy-error': 4,
  'request-unparsable': 3,
  'request-unknown': 2,
  'policy-no-match': 1,
  permit: 0,
};

function strictest(verdicts: readonly Verdict[]): Verdict | undefined {
  let worst: Verdict | undefined;
  for (const verdict of verdicts) {
    if (worst === undefined || STRICTNESS[verdict.outcome] > STRICTNESS[worst.outcome]) worst = verdict;
  }
  return worst;
}

function deny(worst: Verdict, verdicts: readonly Verdict[], digest: string): Deny {
  const same = verdicts.filter((verdict) => verdict.outcome === worst.outcome);
  const policies = new Map(same.flatMap((verdict) => verdict.matched).map((policy) => [policy.name, policy]));
  const sorted = [...policies.values()].sort(byName);
  const hint = sorted.find((policy) => policy.hint !== undefined)?.hint ?? hintFor(worst);
  return {
    effect: 'deny',
    code: worst.outcome === 'permit' ? 'policy-error' : worst.outcome,
    rules: sorted.map((policy) => policy.name),
    reason: reasonFor(worst, sorted),
    ...(hint === undefined ? {} : { hint }),
    policy: digest,
  };
}

function reasonFor(worst: Verdict, sorted: readonly Policy[]): string {
  const what = nameOf(worst.operation);
  switch (worst.outcome) {
    case 'policy-denied': {
      const reasons = sorted.map((policy) => policy.reason).filter((reason) => reason !== undefined);
      return reasons.length > 0 ? [...new Set(reasons)].join(' ') : `The policy does not allow this ${what}.`;
    }
    case 'policy-error':
      return `A rule could not be evaluated for this ${what}: ${worst.error ?? 'no message'}.`;
    case 'request-unknown':
      return `What this ${what} does cannot be known${because(worst.operation)}, and no rule permits that.`;
    case 'request-unparsable':
      return `The request cannot be decided${because(worst.operation)}.`;
    case 'policy-no-match':
      return `No rule permits this ${what}.`;
    case 'permit':
      return 'The request was not decided.';
    default:
      return worst.outcome satisfies never;
  }
}

function hintFor(worst: Verdict): string | undefined {
  if (worst.outcome === 'policy-no-match') return 'Ask for a rule that permits it, or do without.';
  if (worst.outcome === 'request-unknown') return 'Say it as plain statements that the gateway can read.';
  return undefined;
}

function because(operation: Operation): string {
  return operation.reason === undefined ? '' : ` (${operation.reason})`;
}

/** What the operation is, for people: `delete on public.users`. Names of tables only, no literal. */
export function nameOf(operation: Operation): string {
  const kind = operation.kind === 'unknown' ? 'request' : operation.kind;
  // a default, a check or a rule has no name
  if (operation.kind === 'function')
    return `call of ${operation.functions.join(', ') || 'what runs with the statement'}`;
  // In a line of several programs it says which one; a name that is none is left out.
  const program = operation.ssh?.program ?? operation.kubernetes?.runs?.program;
  if (program !== undefined && /^[a-z0-9[][a-z0-9._+-]{0,40}$/.test(program)) return `${kind} of ${program}`;
  const tables = operation.tables.slice(0, 3).map((table) => (table.schema ? `${table.schema}.` : '') + table.name);
  if (tables.length === 0) return kind;
  return `${kind} on ${tables.join(', ')}${operation.tables.length > 3 ? ', …' : ''}`;
}

function byName(one: Policy, other: Policy): number {
  return one.name < other.name ? -1 : 1;
}
