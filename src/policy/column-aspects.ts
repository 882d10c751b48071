import type { LockMode, Operation } from '../model/request.ts';
import { COLUMN_KEYS, type ColumnFacts, type ColumnKey, isOpaque, lockStrength } from './column-facts.ts';
import type { Policy } from './policy.ts';

/** How much of an operation lies within one key of a rule. */
export type Extent = 'all' | 'some' | 'none';

export interface Aspect {
  readonly extent: Extent;
  /** Of `none` and `some`: why. */
  readonly why: string;
}

export const COLUMNS_UNKNOWN = 'its columns cannot be told, so it may bind and does not permit';
export const LOCK_UNKNOWN = 'its locks cannot be told, so it may bind and does not permit';

/** One aspect for each of the rule's keys about columns; what is not known is `some` of whatever it may be. */
export function columnAspects(policy: Policy, facts: ColumnFacts): readonly Aspect[] {
  return COLUMN_KEYS.flatMap((key) => {
    const named = policy[key];
    return named === undefined ? [] : [aspectOf(key, named, facts)];
  });
}

function aspectOf(key: ColumnKey, named: readonly string[], facts: ColumnFacts): Aspect {
  const isNamed = (of: string): boolean => named.includes('any') || named.includes(of);
  const met = facts[key];
  if (!met.some(isNamed)) {
    const what = named.includes('any') ? 'no classified column' : `no column of ${named.join(', ')}`;
    return { extent: 'none', why: `it ${VERBS[key]} ${what}` };
  }
  if (!facts.known) return { extent: 'some', why: COLUMNS_UNKNOWN };
  const others = met.filter((of) => !isNamed(of));
  if (others.length === 0) return { extent: 'all', why: '' };
  return { extent: 'some', why: `it ${VERBS[key]} columns of ${others.join(', ')}, too` };
}

const VERBS: Readonly<Record<ColumnKey, string>> = {
  reads: 'reads',
  filters: 'filters by',
  writes: 'writes',
  copies: 'copies',
};

export function lockAspect(least: LockMode, operation: Operation): Aspect {
  if (operation.lock === undefined && isOpaque(operation)) return { extent: 'some', why: LOCK_UNKNOWN };
  if (lockStrength(operation.lock) >= lockStrength(least)) return { extent: 'all', why: '' };
  return { extent: 'none', why: `its lock is ${operation.lock ?? 'none'}, and the rule begins at ${least}` };
}
