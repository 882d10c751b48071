import { Environment } from '@marcbachmann/cel-js';
import type { Principal } from '../model/principal.ts';
import type { Operation } from '../model/request.ts';
import type { Target } from '../model/target.ts';
import { NAMED_FIELDS } from './principal-fields.ts';

/** A compiled `when`: true, false, or the message of the error that evaluating it gave. */
export type Condition = (operation: Operation, subject: Subject) => boolean | { readonly error: string };

/** What a condition sees besides the operation, built once a session. */
export interface Subject {
  readonly principal: Readonly<Record<string, unknown>>;
  readonly run: Readonly<Record<string, unknown>>;
  readonly target: Readonly<Record<string, unknown>>;
}

/** Checks and compiles CEL text. What cannot be true or false, or does not parse, is a message instead. */
export function compileCondition(text: string): Condition | { readonly problem: string } {
  if (/\bmatches\s*\(/.test(text)) return { problem: 'regular expressions (`matches`) are not available in `when`' };
  const checked = ENVIRONMENT.check(text);
  if (!checked.valid) return { problem: firstLine(checked.error) };
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    return { problem: `\`when\` must be true or false, and this is a ${checked.type ?? 'value of no type'}` };
  }
  const evaluate = ENVIRONMENT.parse(text);
  return (operation, subject) => {
    try {
      const value: unknown = evaluate({ ...subject, operation: viewOf(operation) });
      return typeof value === 'boolean' ? value : { error: '`when` gave neither true nor false' };
    } catch (error) {
      return { error: firstLine(error) };
    }
  };
}

/** Fields that are not known are empty strings, so that a condition about one is false rather than an error. */
export function subjectOf(principal: Principal, target: Target): Subject {
  const { run, grant } = principal;
  const workload = Object.fromEntries(NAMED_FIELDS.map((field) => [field, run.workload[field] ?? '']));
  return {
    principal: { id: principal.id, kind: principal.kind, display: principal.display, rule: grant.rule },
    run: { ...workload, id: run.id, kind: run.kind, demo: run.demo, extra: { ...run.workload.extra } },
    target: {
      name: target.name,
      protocol: target.protocol,
      database: target.database ?? '',
      labels: { ...target.labels },
    },
  };
}

const ENVIRONMENT = new Environment({
  limits: { maxAstNodes: 500, maxDepth: 50, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 16 },
})
  .registerVariable({
    name: 'operation',
    schema: {
      kind: 'string',
      access: 'string',
      hasWhere: 'bool',
      tables: 'list<map<string, string>>',
      functions: 'list<string>',
      flags: 'list<string>',
      reason: 'string',
    },
  })
  .registerVariable({
    name: 'principal',
    schema: { id: 'string', kind: 'string', display: 'string', rule: 'string' },
  })
  .registerVariable({
    name: 'run',
    schema: {
      ...Object.fromEntries(NAMED_FIELDS.map((field) => [field, 'string'])),
      id: 'string',
      kind: 'string',
      demo: 'bool',
      extra: 'map<string, string>',
    },
  })
  .registerVariable({
    name: 'target',
    schema: { name: 'string', protocol: 'string', database: 'string', labels: 'map<string, string>' },
  });

function viewOf(operation: Operation): Readonly<Record<string, unknown>> {
  const { kind, access, hasWhere, tables, functions, flags, reason } = operation;
  return { kind, access, hasWhere, tables, functions, flags, reason: reason ?? '' };
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? message;
}
