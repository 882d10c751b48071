import { isDeepStrictEqual } from 'node:util';
import { compileGlob } from '../../policy/glob.ts';
import type { Policy, PrincipalPattern } from '../../policy/policy.ts';
import { PATTERN_FIELDS } from '../../policy/principal-fields.ts';

/**
 * True where a rule matches whatever the other one matches, as far as their texts tell; false where that is not certain.
 * What they do about it is left aside.
 */
export function contains(wide: Policy, narrow: Policy): boolean {
  return (
    containsPrincipals(wide.principals, narrow.principals) &&
    containsTargets(wide.targets, narrow.targets) &&
    containsOperations(wide, narrow) &&
    CONDITIONS.every((key) => wide[key] === undefined || isDeepStrictEqual(wide[key], narrow[key]))
  );
}

/** Keys that narrow a rule; one that is absent narrows nothing. */
const CONDITIONS = [
  'tables',
  'functions',
  'flags',
  'reads',
  'filters',
  'writes',
  'copies',
  'lock',
  'http',
  'mcp',
  'ssh',
  'kubernetes',
  'when',
  'timezone',
] as const satisfies readonly (keyof Policy)[];

/** True where nothing but principals, targets and operations narrows the rule. */
export function isPlain(policy: Policy): boolean {
  return CONDITIONS.every((key) => policy[key] === undefined);
}

/** True where some principal, target and operation may be of both. */
export function overlaps(one: Policy, other: Policy): boolean {
  const share = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean =>
    a === undefined || b === undefined || a.some((name) => name === 'any' || b.includes(name) || b.includes('any'));
  const alike =
    one.principals === 'any' ||
    other.principals === 'any' ||
    one.principals.some((a) => other.principals !== 'any' && other.principals.some((b) => compatible(a, b)));
  // Names and labels may meet in a target or not; only what is certain counts.
  const targets =
    containsTargets(one.targets, other.targets) ||
    containsTargets(other.targets, one.targets) ||
    (one.targets !== 'any' &&
      other.targets !== 'any' &&
      one.targets.names?.some((name) => other.targets !== 'any' && other.targets.names?.includes(name)) === true);
  return alike && targets && share(one.operations, other.operations);
}

/** False where a field that both name has no value in common. */
function compatible(one: PrincipalPattern, other: PrincipalPattern): boolean {
  return Object.entries(one).every(([field, values]) => {
    const others = other[field];
    return others === undefined || values.some((value) => others.some((held) => meets(field, value, held)));
  });
}

function meets(field: string, one: string, other: string): boolean {
  return one === other || (PATTERN_FIELDS.has(field) && (one.includes('*') || other.includes('*')));
}

export function containsPrincipals(wide: Policy['principals'], narrow: Policy['principals']): boolean {
  if (wide === 'any') return true;
  if (narrow === 'any') return false;
  return narrow.every((inner) => wide.some((outer) => containsPattern(outer, inner)));
}

function containsPattern(outer: PrincipalPattern, inner: PrincipalPattern): boolean {
  return Object.entries(outer).every(([field, values]) => {
    const others = inner[field];
    const matchers = values.map((value) => (PATTERN_FIELDS.has(field) ? glob(value, '/') : glob(value, undefined)));
    return others?.every((value) => matchers.some((matches) => matches(value))) === true;
  });
}

export function containsTargets(wide: Policy['targets'], narrow: Policy['targets']): boolean {
  if (wide === 'any') return true;
  if (narrow === 'any') return false;
  const names = wide.names?.map((name) => glob(name, ''));
  const isNamed = names === undefined || narrow.names?.every((name) => names.some((matches) => matches(name))) === true;
  const isLabelled = Object.entries(wide.labels ?? {}).every(([label, values]) =>
    narrow.labels?.[label]?.every((value) => values.includes(value)),
  );
  return isNamed && isLabelled;
}

/** A pattern contains another pattern only where they are the same text: a star within may be anything. */
function glob(pattern: string, separator: string | undefined): (text: string) => boolean {
  const matches = separator === undefined ? (text: string) => text === pattern : compileGlob(pattern, separator);
  return (text) => text === pattern || (!text.includes('*') && matches(text));
}

function containsOperations(wide: Policy, narrow: Policy): boolean {
  if (wide.operations === undefined) return true;
  const wanted = narrow.operations;
  if (wanted === undefined) return false;
  const { operations, effect } = wide;
  const isAll = operations.includes('any');
  // A rule that permits means `unknown` only where it says so.
  return wanted.every((name) => operations.includes(name) || (isAll && (name !== 'unknown' || effect === 'deny')));
}
