import { isNode, type Node } from './condition-uses.ts';

/** A value of a condition's part: one that is known, or anything. */
type Value = { readonly known: unknown } | typeof ANYTHING;
const ANYTHING = Symbol('anything');

/** What variables can be, by their path: `operation.kind` to every kind that the rule is about. */
export type Domains = Readonly<Record<string, readonly (string | bigint | boolean)[]>>;

/** More than so many combinations are not tried; the condition then counts as one that can be anything. */
const MAX_COMBINATIONS = 50_000;

/**
 * What a condition can be, over every combination of what its variables can be; what is not in `domains` may be anything.
 * `true` alone or `false` alone means that it always or never holds.
 */
export function conditionOutcomes(tree: unknown, domains: Domains): ReadonlySet<boolean> {
  const used = Object.entries(domains).filter(([path]) => mentions(tree, path));
  const combinations = used.reduce((product, [, values]) => product * values.length, 1);
  const found = new Set<boolean>();
  if (combinations > MAX_COMBINATIONS) return new Set([true, false]);
  for (let index = 0; index < combinations; index++) {
    const chosen = new Map<string, unknown>();
    let rest = index;
    for (const [path, values] of used) {
      chosen.set(path, values[rest % values.length]);
      rest = Math.floor(rest / values.length);
    }
    const value = evaluate(tree, chosen);
    if (value === ANYTHING || typeof value.known !== 'boolean') return new Set([true, false]);
    found.add(value.known);
    if (found.size === 2) break;
  }
  return found;
}

/**
 * False where a condition is false whatever is not among `known`, by path (`operation.kind`); true where it may hold. What
 * this does not understand may be anything.
 */
export function mayHold(tree: unknown, known: ReadonlyMap<string, unknown>): boolean {
  const value = evaluate(tree, known);
  return value === ANYTHING || value.known !== false;
}

/** The texts that a condition compares a variable with, wherever it does: `target.name == "pg-prod"`. */
export function comparedWith(tree: unknown, path: string): readonly string[] {
  const found: string[] = [];
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(walk);
    if (!isNode(node)) return;
    if (['==', '!=', 'in'].includes(node.op) && Array.isArray(node.args)) {
      const [left, right]: readonly unknown[] = node.args;
      if (pathOf(left) === path) found.push(...textsOf(right));
      if (pathOf(right) === path) found.push(...textsOf(left));
    }
    walk(node.args);
  };
  walk(tree);
  return found;
}

function textsOf(node: unknown): readonly string[] {
  if (!isNode(node)) return [];
  if (node.op === 'value' && typeof node.args === 'string') return [node.args];
  return node.op === 'list' && Array.isArray(node.args) ? node.args.flatMap(textsOf) : [];
}

function mentions(tree: unknown, path: string): boolean {
  if (Array.isArray(tree)) return tree.some((node) => mentions(node, path));
  return isNode(tree) && (pathOf(tree) === path || mentions(tree.args, path));
}

/** `operation.kind` of the node that says so. */
function pathOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.op === 'id') return String(node.args);
  if (node.op !== '.' || !Array.isArray(node.args)) return undefined;
  const [object, field]: readonly unknown[] = node.args;
  const of = pathOf(object);
  return of === undefined ? undefined : `${of}.${String(field)}`;
}

function evaluate(node: unknown, chosen: ReadonlyMap<string, unknown>): Value {
  if (!isNode(node)) return ANYTHING;
  const path = pathOf(node);
  if (path !== undefined) return chosen.has(path) ? { known: chosen.get(path) } : ANYTHING;
  if (node.op === 'value') return { known: node.args };
  if (!Array.isArray(node.args)) return node.op === '!_' ? negated(evaluate(node.args, chosen)) : ANYTHING;
  if (node.op === 'list') return listOf(node.args.map((one) => evaluate(one, chosen)));
  const [left, right] = node.args.map((one) => evaluate(one, chosen));
  return left === undefined || right === undefined ? ANYTHING : combined(node.op, left, right);
}

function combined(op: Node['op'], left: Value, right: Value): Value {
  // Whatever the other one is, and even where it cannot be evaluated.
  if (op === '&&' && (isKnown(left, false) || isKnown(right, false))) return { known: false };
  if (op === '||' && (isKnown(left, true) || isKnown(right, true))) return { known: true };
  if (left === ANYTHING || right === ANYTHING) return ANYTHING;
  const compare = COMPARISONS[op];
  const known = compare?.(left.known as string, right.known as string);
  return known === undefined ? ANYTHING : { known };
}

const COMPARISONS: Readonly<Record<string, (left: string, right: string) => unknown>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
  '&&': (left, right) => Boolean(left) && Boolean(right),
  '||': (left, right) => Boolean(left) || Boolean(right),
  in: (left, right) => (Array.isArray(right) ? right.includes(left) : undefined),
};

function listOf(values: readonly Value[]): Value {
  const known = values.flatMap((value) => (value === ANYTHING ? [] : [value.known]));
  return known.length === values.length ? { known } : ANYTHING;
}

function negated(value: Value): Value {
  return value === ANYTHING || typeof value.known !== 'boolean' ? ANYTHING : { known: !value.known };
}

function isKnown(value: Value, what: boolean): boolean {
  return value !== ANYTHING && value.known === what;
}
