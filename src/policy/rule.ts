import type { Principal } from '../model/principal.ts';
import type { Operation, TableUse } from '../model/request.ts';
import type { Target } from '../model/target.ts';
import {
  type Aspect,
  COLUMNS_UNKNOWN,
  columnAspects,
  type Extent,
  LOCK_UNKNOWN,
  lockAspect,
} from './column-aspects.ts';
import { COLUMN_KEYS, hasColumns, isOpaque } from './column-facts.ts';
import { type Condition, compileCondition, doubtsOf, type Surroundings } from './condition.ts';
import { compileGlob } from './glob.ts';
import { GRAPHQL_UNKNOWN } from './graphql-pattern.ts';
import { ACTION_UNKNOWN } from './http-action-pattern.ts';
import { BODY_UNKNOWN, isBodyKnown } from './http-body-pattern.ts';
import { TEMPLATE_UNKNOWN } from './http-document-pattern.ts';
import { compileHttpPattern } from './http-pattern.ts';
import { OBJECT_UNKNOWN } from './kubernetes-content-pattern.ts';
import { compileKubernetesPattern } from './kubernetes-pattern.ts';
import { compileMcpPattern, givenOf } from './mcp-pattern.ts';
import type { Policy, PrincipalPattern, TablePattern, TargetPattern } from './policy.ts';
import { PATTERN_FIELDS, principalField } from './principal-fields.ts';
import { ARGUMENTS_UNKNOWN, FILES_UNKNOWN, PROGRAM_UNKNOWN } from './program-pattern.ts';
import { compileSshPattern } from './ssh-pattern.ts';
import { isObjectDoubtful, programDoubts } from './target-views.ts';

/** One policy, compiled. Every question answers undefined for yes, and otherwise says why not. */
export interface Rule {
  readonly policy: Policy;
  appliesTo(principal: Principal, target: Target): string | undefined;
  matches(operation: Operation, surroundings: Surroundings): Match;
  /** True where its answers hang on columns' classes, or on the time. */
  readonly usesClasses: boolean;
  readonly usesTime: boolean;
  /** True where its answers hang on what stands in a request's body. */
  readonly usesBody: boolean;
}

export type Match =
  | { readonly matched: true; readonly covers: true }
  /** Part of the operation lies outside of the rule, or cannot be told: then it binds, but permits nothing. */
  | { readonly matched: true; readonly covers: false; readonly why: string }
  | { readonly matched: false; readonly why: string }
  | { readonly matched: 'error'; readonly error: string };

/** Compiles a policy that was loaded without problems; throws on a condition that does not compile. */
export function compileRule(policy: Policy): Rule {
  const principals = policy.principals === 'any' ? undefined : policy.principals.map(compilePrincipal);
  const target = policy.targets === 'any' ? undefined : compileTarget(policy.targets);
  const tables = policy.tables?.map(compileTable);
  const functions = policy.functions?.map(compileFunction);
  const http = policy.http && compileHttpPattern(policy.http);
  const mcp = policy.mcp && compileMcpPattern(policy.mcp, policy.effect);
  const ssh = policy.ssh && compileSshPattern(policy.ssh, policy.effect);
  const kubernetes = policy.kubernetes && compileKubernetesPattern(policy.kubernetes, policy.effect);
  const condition = policy.when === undefined ? undefined : compiled(policy.when);
  const keys = COLUMN_KEYS.filter((key) => policy[key] !== undefined);
  return {
    policy,
    usesClasses: keys.length > 0 || condition?.uses.classes === true || condition?.uses.columns === true,
    usesTime: condition?.uses.time === true,
    usesBody: policy.http?.body !== undefined || condition?.uses.body === true,
    appliesTo: (principal, at) => {
      if (target !== undefined && !target(at)) return 'the target is another one';
      if (principals === undefined || principals.some((matches) => matches(principal))) return undefined;
      return 'the principal is another one';
    },
    matches: (operation, surroundings) => {
      const why = operationMismatch(policy, operation) ?? flagMismatch(policy, operation);
      if (why !== undefined) return { matched: false, why };
      const aspects = [
        http?.(operation),
        mcp?.(operation),
        ssh?.(operation),
        kubernetes?.(operation),
        functions && part(functionsCalled(functions, operation), 'calls', 'functions'),
        tables && part(tablesTouched(tables, operation), 'touches', 'tables'),
        ...(keys.length === 0 ? [] : columnAspects(policy, surroundings.columns.factsOf(operation))),
        policy.lock && lockAspect(policy.lock, operation),
      ].filter((aspect) => aspect !== undefined);
      const none = aspects.find(({ extent }) => extent === 'none');
      if (none !== undefined) return { matched: false, why: none.why };
      const some = aspects.find(({ extent }) => extent === 'some');
      return conditionMatch(condition, policy, operation, surroundings, some?.why);
    },
  };
}

function compiled(when: string): Condition {
  const condition = compileCondition(when);
  if ('problem' in condition) throw new Error(condition.problem);
  return condition;
}

function compilePrincipal(pattern: PrincipalPattern): (principal: Principal) => boolean {
  const fields = Object.entries(pattern).map(([path, values]) => {
    const globs = values.map((value) => (PATTERN_FIELDS.has(path) ? compileGlob(value, '/') : exactly(value)));
    return (principal: Principal): boolean => {
      const value = principalField(principal, path);
      return value !== undefined && globs.some((matches) => matches(value));
    };
  });
  return (principal) => fields.every((matches) => matches(principal));
}

function exactly(value: string): (text: string) => boolean {
  return (text) => text === value;
}

function compileTarget(pattern: TargetPattern): (target: Target) => boolean {
  const names = pattern.names?.map((name) => compileGlob(name, ''));
  const labels = Object.entries(pattern.labels ?? {});
  return (target) =>
    (names === undefined || names.some((matches) => matches(target.name))) &&
    labels.every(([name, values]) => Object.hasOwn(target.labels, name) && values.includes(target.labels[name] ?? ''));
}

/** An operation whose effect is unknown is matched by a permit only where that says `unknown`. */
function operationMismatch(policy: Policy, operation: Operation): string | undefined {
  const named = policy.operations;
  if (named === undefined) return undefined;
  const { kind, access } = operation;
  const unknown = access === 'unknown' || kind === 'unknown';
  if (policy.effect === 'permit' && unknown) {
    return named.includes('unknown')
      ? undefined
      : 'what the operation does is unknown, and the rule does not say `unknown`';
  }
  if (named.includes('any') || named.includes(kind) || named.includes(access)) return undefined;
  return `the rule is about ${named.join(', ')}`;
}

function flagMismatch(policy: Policy, operation: Operation): string | undefined {
  if (policy.flags === undefined || policy.flags.some((flag) => operation.flags.includes(flag))) return undefined;
  return `it has none of the flags ${policy.flags.join(', ')}`;
}

function functionsCalled(patterns: readonly CompiledFunction[], { functions }: Operation): Extent {
  if (!functions.some((name) => patterns.some((pattern) => pattern.possible(name)))) return 'none';
  return functions.every((name) => patterns.some((pattern) => pattern.certain(name))) ? 'all' : 'some';
}

/** A name without a schema may be in any, and a pattern without one means all; but only what is written permits. */
interface CompiledFunction {
  certain(name: string): boolean;
  possible(name: string): boolean;
}

function compileFunction(pattern: string): CompiledFunction {
  const certain = compileGlob(pattern, '.');
  const last = compileGlob(lastPart(pattern), '.');
  const anywhere = !pattern.includes('.');
  return {
    certain,
    possible: (name) => certain(name) || ((anywhere || !name.includes('.')) && last(lastPart(name))),
  };
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** `certain` needs the schema to be known; without it a pattern may match, which is enough to bind. */
interface CompiledTable {
  certain(table: TableUse): boolean;
  possible(table: TableUse): boolean;
}

function compileTable(pattern: TablePattern): CompiledTable {
  const dot = pattern.table.indexOf('.');
  const schemaText = pattern.table.slice(0, dot);
  const schema = compileGlob(schemaText, '');
  const name = compileGlob(pattern.table.slice(dot + 1), '');
  const use = (table: TableUse): boolean => pattern.use === undefined || pattern.use === table.use;
  return {
    certain: (table) =>
      use(table) && name(table.name) && (schemaText === '*' || (table.schema !== '' && schema(table.schema))),
    possible: (table) => use(table) && name(table.name) && (table.schema === '' || schema(table.schema)),
  };
}

function tablesTouched(patterns: readonly CompiledTable[], operation: Operation): Extent {
  const { tables } = operation;
  if (!tables.some((table) => patterns.some((pattern) => pattern.possible(table)))) return 'none';
  return tables.every((table) => patterns.some((pattern) => pattern.certain(table))) ? 'all' : 'some';
}

function part(extent: Extent, verb: string, what: string): Aspect {
  const why =
    extent === 'none' ? `it ${verb} none of the ${what} of the rule` : `it ${verb} ${what} outside of the rule`;
  return { extent, why };
}

function conditionMatch(
  condition: Condition | undefined,
  { timezone }: Policy,
  operation: Operation,
  surroundings: Surroundings,
  outside: string | undefined,
): Match {
  const value = condition === undefined || condition.evaluate(operation, { ...surroundings, timezone });
  const doubt = doubtOf(condition, operation, surroundings);
  // A field of a body that nobody could read is not there, which is no mistake of the rule.
  if (typeof value === 'object' && doubt !== BODY_UNKNOWN && doubt !== OBJECT_UNKNOWN)
    return { matched: 'error', error: value.error };
  const holds = value === true || (doubt !== undefined && condition?.mayHold(operation, { ...surroundings, timezone }));
  if (!holds) return { matched: false, why: '`when` is false' };
  const why = outside ?? doubt;
  return why === undefined ? { matched: true, covers: true } : { matched: true, covers: false, why };
}

/** What a condition asked for and nobody knows may bind, and never permits. */
function doubtOf(
  condition: Condition | undefined,
  operation: Operation,
  { columns }: Surroundings,
): string | undefined {
  if (condition === undefined) return undefined;
  const { uses } = condition;
  const doubts = doubtsOf(operation);
  if (uses.body && doubts.body) return BODY_UNKNOWN;
  if (uses.arguments && operation.mcp !== undefined && !isBodyKnown(givenOf(operation.mcp))) return BODY_UNKNOWN;
  if (uses.template && doubts.template) return TEMPLATE_UNKNOWN;
  if ((uses.action && doubts.action) || (uses.resources && doubts.resources)) return ACTION_UNKNOWN;
  if (uses.graphql && doubts.graphql) return GRAPHQL_UNKNOWN;
  const program = programDoubts(operation.ssh);
  if (uses.program && program.program) return PROGRAM_UNKNOWN;
  if (uses.words && program.words) return ARGUMENTS_UNKNOWN;
  if (uses.files && program.files) return FILES_UNKNOWN;
  if (uses.object && isObjectDoubtful(operation.kubernetes)) return OBJECT_UNKNOWN;
  const isUnknown = (uses.classes && !columns.factsOf(operation).known) || (uses.columns && !hasColumns(operation));
  if (isUnknown) return COLUMNS_UNKNOWN;
  return uses.lock && operation.lock === undefined && isOpaque(operation) ? LOCK_UNKNOWN : undefined;
}
