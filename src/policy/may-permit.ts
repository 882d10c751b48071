import type { Operation } from '../model/request.ts';
import type { Surroundings } from './condition.ts';
import type { Rule } from './rule.ts';

/**
 * Whether the rules may permit an operation whose arguments are not known: false where one denies it whatever they are,
 * or none that permits can match. What fails to be told may be permitted: the call itself is decided with all it has.
 */
export function mayPermit(operation: Operation, rules: readonly Rule[], surroundings: Surroundings): boolean {
  const open = withOpenArguments(operation);
  let isPermitted = false;
  for (const rule of rules) {
    const match = rule.matches(open, surroundings);
    if (match.matched === false) continue;
    if (match.matched === 'error') continue;
    if (rule.policy.effect === 'permit') isPermitted = true;
    else if (match.covers) return false;
  }
  return isPermitted;
}

/** Whether a rule may put such an operation before people, or any; what fails to be told may. */
export function mayHold(operation: Operation | undefined, rules: readonly Rule[], surroundings: Surroundings): boolean {
  const open = operation && withOpenArguments(operation);
  return rules.some(
    (rule) => asksPeople(rule) && (open === undefined || rule.matches(open, surroundings).matched !== false),
  );
}

function asksPeople({ policy }: Rule): boolean {
  return policy.approve !== undefined || policy.limit?.some(({ exceeded }) => exceeded !== undefined) === true;
}

function withOpenArguments(operation: Operation): Operation {
  const { mcp } = operation;
  if (mcp === undefined) return operation;
  const { arguments: _given, ...known } = mcp;
  return { ...operation, mcp: { ...known, argumentsUnknown: true } };
}
