import type { Decision } from '../model/decision.ts';
import { SchemaText } from '../sql/postgres/schema/schema-text.ts';
import { askedPrincipal } from './asked-principal.ts';
import type { Case, Expectation } from './case-schema.ts';
import { differences } from './expectation.ts';
import type { CaseFile, KnownTarget, PlacedCase } from './read-cases.ts';
import { requestText } from './request-text.ts';
import { fileText } from './ssh-operations.ts';
import { type TrialAnswer, TrialSession } from './trial-session.ts';

/** How one case went. */
export interface CaseResult {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly passed: boolean;
  readonly steps: readonly StepResult[];
  readonly tookMs: number;
}

export interface StepResult {
  readonly statement: string;
  readonly answer: TrialAnswer;
  /** What is otherwise than expected; empty where all is as it should be. */
  readonly differences: readonly string[];
}

export interface Coverage {
  readonly rule: string;
  /** How many cases have an operation that the rule matches. */
  readonly cases: number;
}

/** Without a time of its own a case is asked on a Monday at noon, UTC, so that it goes the same way every day. */
const NOON = Date.UTC(2026, 0, 5, 12);

/** Runs the cases of a file, each in a session of its own. `now` tells how long each took, in milliseconds. */
export async function runCases(file: CaseFile, now: () => number): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const { line, content } of file.cases) {
    const started = now();
    const steps = await runCase(content, file);
    const passed = steps.every((step) => step.differences.length === 0);
    results.push({ file: file.path, line, name: content.name, passed, steps, tookMs: now() - started });
  }
  return results;
}

/** What of the schemas' texts is not taken into account, a line each; `loadPostgresParser` must have resolved. */
export function schemaNotes({ targets, path }: CaseFile): readonly string[] {
  return [...targets].flatMap(([name, known]) => {
    if (known.target.http !== undefined || known.target.ssh !== undefined) return [];
    if (known.schema === undefined) return [`${path}: the target ${name} has no schema, so names mean what they may`];
    return schemaOf(known).problems.map(
      ({ line, message }) => `${path}: the schema of ${name}, line ${line}: ${message}`,
    );
  });
}

/** Which rules of a file's policies the cases exercised: matched at least one operation. */
export function coverageOf(file: CaseFile, results: readonly CaseResult[]): readonly Coverage[] {
  const counts = new Map(file.tested.map((name) => [name, 0]));
  for (const { steps } of results) {
    const met = new Set(steps.flatMap(({ answer }) => answer.operations.flatMap(matchedRules)));
    for (const name of met) if (counts.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([rule, cases]) => ({ rule, cases }));
}

function matchedRules({ rules }: TrialAnswer['operations'][number]): readonly string[] {
  return rules.filter(({ result }) => result !== 'not-matched').map(({ name }) => name);
}

async function runCase(one: PlacedCase['content'], file: CaseFile): Promise<readonly StepResult[]> {
  const session = sessionOf(one, file);
  const results: StepResult[] = [];
  for (const { statement, expected } of stepsOf(one)) {
    const answer = await session.ask(statement);
    results.push({ statement, answer, differences: differences(expected, answer) });
  }
  return results;
}

/** A statement that nothing is expected of prepares those that come after it: it must be permitted. */
function stepsOf({ session = [], expect, ...one }: Case): readonly Step[] {
  const single = textOf(one);
  if (single !== undefined) return [{ statement: single, expected: expect ?? PERMITTED }];
  return session.map((step, index) => {
    const own = 'expect' in step ? step.expect : undefined;
    const last = index === session.length - 1 ? expect : undefined;
    return { statement: textOf(step) ?? '', expected: own ?? last ?? PERMITTED };
  });
}

/** What is asked, as a session of a trial takes it. */
function textOf(asked: Partial<Pick<Case, 'statement' | 'request' | 'command' | 'file'>>): string | undefined {
  const { statement, request, command, file } = asked;
  if (request !== undefined) return requestText(request);
  return file === undefined ? (statement ?? command) : fileText(file);
}

interface Step {
  readonly statement: string;
  readonly expected: Expectation;
}

const PERMITTED: Expectation = { decision: 'permit' as const satisfies Decision['effect'] };

function sessionOf(one: Case, { content, targets, policies }: CaseFile): TrialSession {
  const known = targets.get(one.target ?? content.target ?? '');
  const run = one.run ?? content.run ?? {};
  const fields = typeof run === 'string' ? (content.runs?.[run] ?? {}) : run;
  if (known === undefined) throw new RangeError('the case was read without its target');
  const nowMs = one.at === undefined ? NOON : Date.parse(one.at);
  const schema = known.schema === undefined ? undefined : schemaOf(known);
  const { target, login } = known;
  return new TrialSession({ policies, principal: askedPrincipal(fields, nowMs), target, login, schema, nowMs });
}

/** Read once for all cases; a session that defines something takes a copy, so that no other one sees it. */
function schemaOf(known: KnownTarget): SchemaText {
  let schema = schemas.get(known);
  if (schema === undefined) {
    schema = new SchemaText(known.searchPath);
    schema.add(known.schema ?? '');
    schemas.set(known, schema);
  }
  return schema;
}

const schemas = new WeakMap<KnownTarget, SchemaText>();
