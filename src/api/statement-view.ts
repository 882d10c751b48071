import type { AuditEvent } from '../audit/audit-event.ts';
import { recordedStatements } from '../audit/record/recorded-statements.ts';
import { askedInLine } from '../model/asked-line.ts';
import type { Operation } from '../model/request.ts';
import type { StatementView } from './recording-service.ts';

/** A request of the log, its end where there is one, and its text where that can be read. */
export interface RecordedRequest {
  readonly request: AuditEvent;
  readonly outcome: AuditEvent | undefined;
  readonly text: string | undefined;
  /** How its wait for people ended, where it waited. */
  readonly approval?: AuditEvent;
}

/** Whose it was and where, as the index of sessions has it. */
export interface StatementOrigin {
  readonly principal: string;
  readonly target: string;
  readonly repository: string | undefined;
}

export function statementView(
  { request, outcome, text, approval }: RecordedRequest,
  from: StatementOrigin,
): StatementView {
  const operations = request.op ?? [];
  const result = outcome?.result;
  const isHeld = outcome === undefined && approval === undefined && asksPeople(request);
  const ended = outcome?.refusal === undefined ? (result?.status ?? outcome?.kind) : outcome.refusal.code;
  const status = isHeld ? 'waiting' : ended;
  const shown = text === undefined ? undefined : joinedText(Buffer.from(text), request.body?.media, operations);
  const line = shown === undefined ? undefined : askedInLine(shown, operations);
  const masked = outcome?.masked?.reduce((sum, { count }) => sum + count, 0);
  return {
    session: request.session,
    exchange: request.exchange ?? 0,
    at: request.at,
    run: request.run,
    principal: from.principal,
    target: from.target,
    kinds: operations.map(({ kind }) => kind),
    tables: tablesOf(operations),
    decision: request.decision?.effect ?? 'deny',
    rules: request.decision?.rules ?? [],
    text: shown ?? '(withheld)',
    ...(line === undefined ? {} : { line }),
    ...(from.repository === undefined ? {} : { repository: from.repository }),
    ...(status === undefined ? {} : { status }),
    ...(result?.code === undefined ? {} : { code: result.code }),
    ...(result?.rows === undefined ? {} : { rows: Number(result.rows) }),
    ...(masked ? { masked } : {}),
    ...(approval?.held === undefined ? {} : { approval: approval.held.id }),
  };
}

/** For those who may not read what was asked. */
export function withoutText({ line: _line, ...statement }: StatementView): StatementView {
  return { ...statement, text: '' };
}

function asksPeople({ decision }: AuditEvent): boolean {
  return decision?.effect === 'permit' && decision.obligations.some(({ kind }) => kind === 'approve');
}

/** Tables by name, each once. */
export function tablesOf(operations: readonly Pick<Operation, 'tables'>[]): readonly string[] {
  return [...new Set(operations.flatMap(({ tables }) => tables.map(tableName)))];
}

export function tableName({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return schema ? `${schema}.${name}` : name;
}

/** The texts of a body: of a batch, one after another. */
export function joinedText(bytes: Uint8Array, media = '', operations: readonly unknown[] = []): string {
  return recordedStatements(bytes, media, operations)
    .map(({ text }) => text)
    .join('; ');
}
