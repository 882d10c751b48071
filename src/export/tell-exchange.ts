import type { AuditEvent } from '../audit/audit-event.ts';
import type { RecordedOperation } from '../audit/record/recorded-operations.ts';
import { LIMITS } from '../model/limits.ts';
import { exchangeSpanId } from '../model/trace-ids.ts';
import type { ExchangeEnded } from './export-record.ts';
import { ofSession } from './of-session.ts';
import { isSecurityRefusal } from './security-refusals.ts';
import type { Plain, Severity, ToldEvent, Verb, Verdict } from './told-event.ts';

/** One request with how it ended: what it touched, what policy said of it, and what came back. */
export function tellExchange(record: ExchangeEnded): ToldEvent {
  const { request, end, exchange, approval, statements } = record;
  const common = ofSession(record);
  const operations = request?.op ?? [];
  const refusal = end.refusal ?? refusalOf(request);
  const verdict = verdictOf(record);
  const isRefused = verdict.disposition === 'blocked';
  const status = isRefused ? 'refused' : (end.result?.status ?? 'unknown');
  const action = operations.length === 0 ? 'unknown' : [...new Set(operations.map(({ kind }) => kind))].join(',');
  const target = common.target?.name ?? 'a target';
  const code = isRefused ? refusal?.code : end.result?.code;
  const detail = isRefused ? refusal?.message : end.reason;
  return {
    ...common,
    exchange,
    family: 'access',
    verb: verbOf(operations),
    action: cut(action),
    message: `${cut(action)} in ${target}: ${status}${code === undefined ? '' : ` (${code})`}`,
    severity: severityOf(end, isRefused ? refusal?.code : undefined),
    outcome: status === 'ok' ? 'success' : status === 'unknown' ? 'unknown' : 'failure',
    ...(code !== undefined && { code }),
    ...(detail !== undefined && { detail }),
    verdict,
    trace: { traceId: common.trace.traceId, spanId: exchangeSpanId(record.session.id, exchange) },
    ...spanOf(request, end),
    tables: tablesOf(operations),
    ...(statements && { statements }),
    more: moreOf(record, operations, status, approval),
  };
}

function verdictOf({ request, end, approval }: ExchangeEnded): Verdict {
  const decision = request?.decision;
  const isRefused = end.kind === 'refusal' || end.refusal !== undefined || decision?.effect === 'deny';
  const isMasked = (end.masked?.length ?? 0) > 0;
  const refusal = end.refusal?.code ?? (decision?.effect === 'deny' ? decision.code : undefined);
  return {
    action: isRefused ? 'denied' : isMasked ? 'modified' : 'allowed',
    disposition: isRefused ? 'blocked' : approval?.held?.state === 'used' ? 'approved' : 'allowed',
    rules: (decision?.rules ?? []).slice(0, LIMITS.exportListItems),
    ...(decision?.policy !== undefined && { policy: decision.policy }),
    ...(isRefused && refusal !== undefined && { refusal }),
  };
}

function refusalOf(request: AuditEvent | undefined) {
  const decision = request?.decision;
  return decision?.effect === 'deny' ? { code: decision.code, message: decision.reason } : undefined;
}

/** A gap is a reply that nobody knows: it may have changed anything. */
function severityOf(end: AuditEvent, refused: string | undefined): Severity {
  if (refused !== undefined) return isSecurityRefusal(refused) ? 'medium' : 'low';
  if (end.kind === 'gap') return 'medium';
  return end.result?.status === 'ok' ? 'info' : 'low';
}

/** The strictest access says what it was. */
const STRICTEST = ['admin', 'ddl', 'unknown', 'write', 'read', 'session', 'transaction'] as const;
const VERBS: Readonly<Record<string, Verb>> = {
  create: 'create',
  alter: 'update',
  drop: 'delete',
  comment: 'update',
  insert: 'write',
  'copy-in': 'write',
  update: 'update',
  merge: 'update',
  delete: 'delete',
  truncate: 'delete',
  select: 'query',
  returning: 'query',
  fetch: 'query',
  'copy-out': 'read',
};

function verbOf(operations: readonly RecordedOperation[]): Verb {
  for (const access of STRICTEST) {
    const found = operations.find((operation) => operation.access === access);
    if (found !== undefined) return (Object.hasOwn(VERBS, found.kind) && VERBS[found.kind]) || 'other';
  }
  return 'other';
}

function tablesOf(operations: readonly RecordedOperation[]): readonly string[] {
  const names = operations.flatMap(({ tables }) =>
    tables.map(({ schema, name }) => (schema === '' ? name : `${schema}.${name}`)),
  );
  return [...new Set(names)].slice(0, LIMITS.exportListItems);
}

function spanOf(request: AuditEvent | undefined, end: AuditEvent) {
  if (request === undefined) return {};
  const startMs = Date.parse(request.at);
  const micros = Number(end.mono) - Number(request.mono);
  const durationMs = Number.isFinite(micros) && micros >= 0 ? Math.round(micros / 1000) : Date.parse(end.at) - startMs;
  return { startMs, durationMs: Math.max(0, durationMs) };
}

function moreOf(
  { exchange, end }: ExchangeEnded,
  operations: readonly RecordedOperation[],
  status: string,
  approval: AuditEvent | undefined,
): Readonly<Record<string, Plain>> {
  const held = approval?.held;
  const flags = [...new Set(operations.flatMap((one) => one.flags))];
  const accesses = [...new Set(operations.map(({ access }) => access))];
  const most = LIMITS.exportListItems;
  return {
    exchange,
    status,
    ...(accesses.length > 0 && { access: accesses }),
    ...(operations.length > 1 && { operations: operations.length }),
    ...(flags.length > 0 && { flags: flags.slice(0, most) }),
    ...(end.result?.rows !== undefined && { rows: Number(end.result.rows) }),
    ...(end.result?.tags !== undefined && { tags: end.result.tags.slice(0, most) }),
    ...(end.body !== undefined && { reply_bytes: Number(end.body.bytes) }),
    ...((end.masked?.length ?? 0) > 0 && {
      masked: (end.masked ?? []).slice(0, most).map(({ by, name, count }) => ({ by, name, count })),
    }),
    ...(held && {
      approval: held.id,
      approval_state: held.state,
      waited_ms: held.waitedMs,
      approvers: held.votes.length,
    }),
  };
}

const MAX_ACTION_CHARACTERS = 200;

function cut(text: string): string {
  return text.length > MAX_ACTION_CHARACTERS ? `${text.slice(0, MAX_ACTION_CHARACTERS - 1)}…` : text;
}
