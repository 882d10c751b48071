/**
 * A session of MCP as JSON lines: each message that was sent, in its order, with when and by whom; and what the gateway
 * said of it.
 */
import { mcpMessages } from '../../../model/mcp-message.ts';
import type { AuditEvent } from '../../audit-event.ts';
import type { RecordedEvent } from '../../read/read-session.ts';
import { VIEWED_BODY_BYTES, type ViewedSession } from './derived-view.ts';

const CUT = 'Cut here: there is more than a derived view holds. The events are all there.';
/** The last line of what is cut. */
export const MCP_CUT = `${JSON.stringify({ comment: CUT })}\n`;

export async function* mcpView({ run, session, events }: ViewedSession): AsyncGenerator<string> {
  const comment = `Derived from the events of session ${session} of run ${run}. This proves nothing: sessions/${session}.jsonl does.`;
  yield line({ comment });
  for await (const recorded of events) {
    const { event } = recorded;
    if (event.exchange === undefined) continue;
    if (event.kind === 'request') {
      yield* messages(recorded, 'client');
      yield line({ ...place(event), from: 'gateway', ...decided(event) });
    }
    if (event.kind === 'reply') yield* messages(recorded, 'server');
    const outcome = outcomeOf(event);
    if (outcome !== undefined) yield line({ ...place(event), from: 'gateway', ...outcome });
  }
}

/** A line for each message of a body; of a body that is not here, one that says why. */
function* messages(recorded: RecordedEvent, from: 'client' | 'server'): Iterable<string> {
  const { event, body } = recorded;
  const opened = body(VIEWED_BODY_BYTES);
  const by = { ...place(event), from };
  if (opened.kind === 'withheld' || opened.kind === 'unreadable') yield line({ ...by, withheld: opened.kind });
  if (opened.kind !== 'bytes') return;
  for (const said of mcpMessages(opened.bytes)) yield line({ ...by, ...said });
  if (!opened.complete) yield line({ ...by, comment: 'there is more of this than stands here' });
}

function place({ at, exchange }: AuditEvent): object {
  return { at, exchange };
}

function decided({ decision }: AuditEvent): object {
  return decision === undefined ? { decision: 'none' } : { decision: decision.effect, rules: decision.rules };
}

function outcomeOf({ kind, refusal, held, masked = [], result }: AuditEvent): object | undefined {
  if (kind === 'gap') return { outcome: 'the gateway ended, and what became of it is unknown' };
  if (held !== undefined) return { approval: held.id, state: held.state };
  if (kind !== 'reply' && kind !== 'refusal') return undefined;
  return {
    outcome: refusal === undefined ? (result?.status ?? 'unknown') : 'refused',
    ...(refusal !== undefined && { refusal: { code: refusal.code, message: refusal.message } }),
    ...(masked.length > 0 && { masked: masked.map(({ name, count }) => ({ name, count })) }),
  };
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
