import { COLUMN_KEYS, LOCK_MODES } from '../../policy/column-facts.ts';
import { compileCondition } from '../../policy/condition.ts';
import { comparedWith, conditionOutcomes, type Domains } from '../../policy/condition-outcomes.ts';
import { compileGlob } from '../../policy/glob.ts';
import { OPERATION_FLAGS } from '../../policy/operation-flags.ts';
import { ACCESS_GROUPS, OPERATION_KINDS } from '../../policy/operation-names.ts';
import type { Policy } from '../../policy/policy.ts';
import type { Check, Finding, LintTarget } from './finding.ts';

/** Kinds that touch no table and call no function, whatever their statement. */
const TABLELESS: ReadonlySet<string> = new Set(
  `transaction begin commit rollback savepoint release rollback-to prepare-transaction commit-prepared
   rollback-prepared set-constraints show reset deallocate close listen unlisten notify discard checkpoint`.split(
    /\s+/,
  ),
);

/** A rule whose keys cannot be met together. */
export const checkImpossible: Check = (policy) => {
  const { name, operations = [], principals } = policy;
  const found: Finding[] = [];
  const say = (at: string, message: string, advice: string): void =>
    void found.push({ code: 'never-matches', rule: name, at: [at], message, advice });
  const key = ['tables', ...COLUMN_KEYS, 'lock'].find((one) => policy[one as keyof Policy] !== undefined);
  if (key !== undefined && operations.length > 0 && operations.every((one) => TABLELESS.has(one))) {
    say(key, `operations of ${operations.join(', ')} touch no tables, so \`${key}\` is never met`, 'Leave it out.');
  }
  const ofTables = ['tables', 'functions', ...COLUMN_KEYS, 'lock'].find(
    (one) => policy[one as keyof Policy] !== undefined,
  );
  const [asked, ...others] = (['http', 'mcp', 'ssh', 'kubernetes'] as const).filter((one) => policy[one] !== undefined);
  if (asked !== undefined && ofTables !== undefined) {
    say(
      ofTables,
      `${ASKED[asked]} has no tables, so with \`${asked}\` \`${ofTables}\` is never met`,
      'Leave one of them out.',
    );
  }
  // What is asked of a cluster, or of an MCP target, is a request of HTTP as well.
  const apart = [asked, ...others].includes('ssh') && others.length > 0 ? 'ssh' : undefined;
  if (apart !== undefined)
    say(
      apart,
      `what is asked of an SSH host is none of \`${others
        .concat(asked ?? [])
        .filter((one) => one !== 'ssh')
        .join('`, `')}\``,
      'Make two rules of it.',
    );
  const isReadOnly = operations.length > 0 && operations.every((one) => READS.has(one));
  if (policy.effect === 'permit' && isReadOnly && policy.tables?.every(({ use }) => use === 'write') === true) {
    say('tables', 'operations that only read have no table of `use: write`', 'Say `use: read`, or leave it out.');
  }
  if (isReadOnly && policy.writes !== undefined)
    say('writes', 'operations that only read assign no column', 'Leave it out.');
  if (isReadOnly && policy.copies !== undefined)
    say('copies', 'operations that only read store nothing', 'Leave it out.');
  if (principals !== 'any' && principals.every(isImpossiblePrincipal)) {
    say('principals', 'a human is no CI job, and the other way round', 'Keep one of the two fields.');
  }
  return found;
};

const ASKED = {
  http: 'an HTTP request',
  mcp: 'a message of MCP',
  ssh: 'what is asked of an SSH host',
  kubernetes: 'a request to a cluster',
} as const;

const READS: ReadonlySet<string> = new Set(['read', 'select', 'fetch', 'explain', 'copy-out', 'show']);

function isImpossiblePrincipal(fields: Readonly<Record<string, readonly string[]>>): boolean {
  const kinds = fields['principal.kind'];
  const runs = fields['run.kind'];
  if (kinds === undefined || runs === undefined) return false;
  return !kinds.some((kind) => runs.includes(kind === 'human' ? 'human' : 'ci'));
}

/** A condition that is false whatever comes. */
export const checkCondition: Check = (policy, { targets }) => {
  const { name, when, timezone } = policy;
  const compiled = when === undefined ? undefined : compileCondition(when);
  if (compiled === undefined || 'problem' in compiled) {
    if (timezone === undefined) return [];
    return [unusedTime(name)];
  }
  const outcomes = conditionOutcomes(compiled.tree, domainsOf(policy, targets));
  const found: Finding[] = [];
  if (!outcomes.has(true)) {
    const message = '`when` is false for every operation that the rule is about';
    found.push({ code: 'never-matches', rule: name, at: ['when'], message, advice: 'Change it, or delete the rule.' });
  }
  for (const flag of flagsAsked(when ?? '')) {
    if (OPERATION_FLAGS.includes(flag)) continue;
    const message = `\`when\` asks for the flag ${flag}, which no operation has`;
    found.push({ code: 'unknown-flag', rule: name, at: ['when'], message, advice: FLAGS_ADVICE });
  }
  const unknown = comparedWith(compiled.tree, 'operation.kind').filter(
    (kind) => !OPERATION_KINDS.includes(kind) && kind !== 'unknown',
  );
  for (const kind of unknown) {
    const message = `\`when\` asks for the kind ${kind}, which no operation has`;
    found.push({
      code: 'never-matches',
      rule: name,
      at: ['when'],
      message,
      advice: 'See docs/reference/policy.md for the kinds.',
    });
  }
  return timezone !== undefined && !compiled.uses.time ? [...found, unusedTime(name)] : found;
};

const FLAGS_ADVICE = 'See docs/reference/policy.md for the flags.';

function unusedTime(rule: string): Finding {
  const message = '`timezone` is there, and `when` does not ask for the time';
  return { code: 'time-unused', rule, at: ['timezone'], message, advice: 'Leave it out.' };
}

/** `"flag" in operation.flags`; a hint, not a proof, so that the text is enough. */
function flagsAsked(when: string): readonly string[] {
  return [...when.matchAll(/["']([a-z-]+)["']\s+in\s+operation\.flags/g)].map((match) => match[1] ?? '');
}

function domainsOf(policy: Policy, targets: readonly LintTarget[] | undefined): Domains {
  const { operations } = policy;
  const isAll = operations === undefined || operations.includes('any');
  const kinds = [...OPERATION_KINDS, 'unknown'];
  const groups = operations?.some((name) => ACCESS_GROUPS.some((group) => group === name)) === true;
  return {
    // A group may hold any kind, for what a kind does depends on the statement.
    'operation.kind': isAll || groups ? kinds : kinds.filter((kind) => operations.includes(kind)),
    'operation.access': [...ACCESS_GROUPS],
    'operation.hasWhere': [true, false],
    'operation.lock': ['', ...LOCK_MODES],
    'operation.columnsKnown': [true, false],
    'time.hour': numbers(0, 23),
    'time.minute': numbers(0, 59),
    'time.weekday': numbers(1, 7),
    ...(policy.timezone === undefined ? {} : { 'time.zone': [policy.timezone] }),
    'run.kind': ['ci', 'human'],
    'run.demo': [true, false],
    'principal.kind': ['workload', 'human'],
    ...(targets === undefined ? {} : { 'target.name': targetsOf(policy, targets).map(({ name }) => name) }),
  };
}

function numbers(from: number, to: number): readonly bigint[] {
  return Array.from({ length: to - from + 1 }, (_, index) => BigInt(from + index));
}

/** The targets that a rule is about, of those that there are. */
export function targetsOf({ targets }: Policy, all: readonly LintTarget[]): readonly LintTarget[] {
  if (targets === 'any') return all;
  const names = targets.names?.map((name) => compileGlob(name, ''));
  return all.filter(
    ({ name, labels }) =>
      (names === undefined || names.some((matches) => matches(name))) &&
      Object.entries(targets.labels ?? {}).every(([label, values]) => values.includes(labels[label] ?? '')),
  );
}

/** Flags that no operation bears. */
export const checkFlags: Check = ({ name, flags = [] }) =>
  flags.flatMap((flag, index) => {
    if (OPERATION_FLAGS.includes(flag)) return [];
    const message = `no operation has the flag ${flag}`;
    return [{ code: 'unknown-flag' as const, rule: name, at: ['flags', index], message, advice: FLAGS_ADVICE }];
  });
