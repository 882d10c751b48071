import type { Decision } from '../model/decision.ts';
import type { Principal } from '../model/principal.ts';
import type { Operation, Request } from '../model/request.ts';
import type { Target } from '../model/target.ts';
import { ClassifiedColumns, type ColumnFacts } from './column-facts.ts';
import { type Clock, compilePolicies } from './compile-policies.ts';
import { subjectOf } from './condition.ts';
import { judge, nameOf, type Outcome } from './decide.ts';
import type { Policy } from './policy.ts';
import { compileRule, type Match, type Rule } from './rule.ts';

/** A decision and how each rule came into it, for `chaperone policy check`. */
export interface Explanation {
  readonly decision: Decision;
  readonly operations: readonly ExplainedOperation[];
}

export interface ExplainedOperation {
  readonly operation: Operation;
  /** `delete on public.users`. */
  readonly name: string;
  readonly outcome: Outcome;
  /** The classes of columns that it meets in this target. */
  readonly columns: ColumnFacts;
  /** All rules, by name. */
  readonly rules: readonly ConsideredRule[];
}

export interface ConsideredRule {
  readonly name: string;
  readonly effect: 'permit' | 'deny';
  /** `binds`: its obligations count, but it permits nothing, because part of the operation lies outside of it. */
  readonly result: 'matched' | 'binds' | 'not-matched' | 'error';
  /** Why it did not match or binds only, or what the error was. */
  readonly why?: string;
}

/** Decides as the gateway would, and says of every rule why it matched or not. */
export function explainDecision(
  policies: readonly Policy[],
  principal: Principal,
  target: Target,
  request: Pick<Request, 'operations'>,
  clock: Clock = {},
): Explanation {
  const nowMs = clock.nowMs?.();
  const atOnce = nowMs === undefined ? {} : { nowMs: () => nowMs };
  const decision = compilePolicies(policies, atOnce).decider(principal, target)(request);
  const sorted = [...policies].sort((one, other) => (one.name < other.name ? -1 : 1));
  const rules = sorted.map(compileRule);
  const columns = ClassifiedColumns.of(target.classified);
  const surroundings = { subject: subjectOf(principal, target), columns, nowMs };
  const applicable = rules.filter((rule) => rule.appliesTo(principal, target) === undefined);
  const operations = request.operations.map((operation): ExplainedOperation => {
    const outcome = operation.kind === 'empty' ? 'permit' : judge(operation, applicable, surroundings).outcome;
    const considered = rules.map((rule) =>
      consider(rule, rule.appliesTo(principal, target) ?? rule.matches(operation, surroundings)),
    );
    return { operation, name: nameOf(operation), outcome, columns: columns.factsOf(operation), rules: considered };
  });
  return { decision, operations };
}

function consider({ policy: { name, effect } }: Rule, match: string | Match): ConsideredRule {
  if (typeof match === 'string') return { name, effect, result: 'not-matched', why: match };
  if (match.matched === 'error') return { name, effect, result: 'error', why: match.error };
  if (!match.matched) return { name, effect, result: 'not-matched', why: match.why };
  if (match.covers || effect === 'deny') return { name, effect, result: 'matched' };
  return { name, effect, result: 'binds', why: match.why };
}
