import type { AuditEvent } from '../../../audit/audit-event.ts';
import { readSession } from '../../../audit/read/read-session.ts';
import type { RunId } from '../../../model/ids.ts';
import { LIMITS } from '../../../model/limits.ts';
import type { JsonObject } from '../../../protocols/mcp/federation/lossless-json.ts';
import type { Answered, OwnQuestion } from '../../../protocols/mcp/own/own-tools.ts';
import { findSession, listSessions } from '../../../store/session-rows.ts';
import type { Control } from '../open-control.ts';

export interface RecordedRefusalsParts extends Pick<Control, 'store' | 'audit' | 'gateway'> {
  readonly log: Pick<Control['log'], 'directory'>;
}

interface RecordedRefusal extends JsonObject {
  readonly exchange: number;
  readonly at: string;
}

/** Why an exchange of the run was refused, or the last one that was, as this gateway's record says it. */
export async function refusalIn(
  run: RunId,
  { session, exchange }: Pick<OwnQuestion, 'session' | 'exchange'>,
  parts: RecordedRefusalsParts,
): Promise<Answered> {
  await parts.audit.sync();
  if (session === undefined || exchange === undefined) return lastOf(run, parts);
  const row = await findSession(parts.store, session);
  // Another run's is told as one that is not there.
  if (row?.run_id !== run) return { kind: 'refused', why: 'this run has no such session' };
  if (row.gateway !== parts.gateway) return { kind: 'refused', why: 'another gateway has the record of this session' };
  const found = (await refusalsOf(row, parts)).find((one) => one.exchange === exchange);
  if (found === undefined) return { kind: 'refused', why: 'no such exchange was refused' };
  return { kind: 'data', data: found };
}

async function lastOf(run: RunId, parts: RecordedRefusalsParts): Promise<Answered> {
  const sessions = await listSessions(parts.store, { run, limit: LIMITS.ownListed });
  let last: RecordedRefusal | undefined;
  for (const row of sessions) {
    if (row.gateway !== parts.gateway) continue;
    const found = (await refusalsOf(row, parts)).at(-1);
    if (found !== undefined && (last === undefined || found.at > last.at)) last = found;
  }
  if (last === undefined) return { kind: 'refused', why: 'nothing of this run was refused' };
  return { kind: 'data', data: last };
}

/** In their order; an exchange once, as its end tells it. */
async function refusalsOf(
  { id, target }: { readonly id: string; readonly target: string },
  { log }: RecordedRefusalsParts,
): Promise<readonly RecordedRefusal[]> {
  const found = new Map<number, RecordedRefusal>();
  let request: AuditEvent | undefined;
  for await (const { event } of readSession(log.directory, id)) {
    if (event.kind === 'request') request = event;
    const why = whyOf(event);
    if (why === undefined || event.exchange === undefined) continue;
    const asked = request?.exchange === event.exchange ? (request.op ?? []) : [];
    const operations = asked.map(({ kind, access }) => ({ kind, access }));
    // What is said last comes last.
    const before = found.get(event.exchange);
    found.delete(event.exchange);
    const place = { session: id, exchange: event.exchange, target, at: event.at };
    found.set(event.exchange, { ...before, ...place, ...(before === undefined ? { operations } : {}), ...why });
  }
  return [...found.values()];
}

function whyOf({ decision, refusal, held }: AuditEvent): JsonObject | undefined {
  if (refusal !== undefined) {
    const { code, message, rule, hint } = refusal;
    return { code, message, ...(rule === undefined ? {} : { rule }), ...(hint === undefined ? {} : { hint }) };
  }
  if (held !== undefined && held.state !== 'used') return { approval: held.id, approvalState: held.state };
  if (decision?.effect !== 'deny') return undefined;
  const { code, reason: message, rules, hint } = decision;
  return { code, message, rules, ...(hint === undefined ? {} : { hint }) };
}
