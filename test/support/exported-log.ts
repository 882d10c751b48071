/** A real log with one of everything that export reads. */
import type { OpenAuditLog } from '../../src/audit/open-audit-log.ts';
import type { SessionRecord } from '../../src/audit/recorder.ts';
import { type Followed, LogFollower } from '../../src/export/log-follower.ts';
import type { LogState } from '../../src/export/log-state.ts';
import type { ApprovalId, ExchangeNumber, PersonId, SessionId } from '../../src/model/ids.ts';
import type { Operation } from '../../src/model/request.ts';
import { aPrincipal, aRequest, aRun, aTarget, DENY, ORIGIN, PERMIT, SELECT } from './audit-log.ts';

export const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

export function operation(kind: string, access: Operation['access'], table = 'orders'): Operation {
  const use = access === 'read' ? 'read' : 'write';
  return { kind, access, tables: [{ schema: 'public', name: table, use }], functions: [], hasWhere: true, flags: [] };
}

/** A run with one session in it, whose opening names a person, an agent and a trace. */
export async function aNamedSession(log: OpenAuditLog, id: string): Promise<SessionRecord> {
  const run = { ...aRun(`run_${id}`), asserted: { agent: 'claude-code', traceparent: TRACEPARENT } };
  await log.openRun(run, { tokenDigest: 'aa'.repeat(32), jwksDigest: 'bb'.repeat(32) });
  const opening = { id: `ses_${id}` as SessionId, principal: aPrincipal(run), target: aTarget(), asserted: {} };
  return log.openSession({ ...opening, client: '10.1.2.3:4567', carrier: 'native' });
}

/** Exchanges that end in each way there is: answered, masked, failed, denied, approved, refused by people, cut off, never ended. */
export async function everyExchange(session: SessionRecord): Promise<void> {
  const ask = (number: number, text: string, decision = PERMIT, operations: readonly Operation[] = SELECT) =>
    session.request(number as ExchangeNumber, aRequest(text, operations), decision);
  const answered = ask(1, "select email from orders where name = 'Ada Secret'");
  await answered.durable;
  await answered.input(Buffer.from('rows'));
  await answered.reply(Buffer.from('reply'));
  session.unasked(Buffer.from('notice'));
  await answered.end({ status: 'ok', rows: 3, tags: ['SELECT 3'] }, [{ by: 'column', name: 'email', count: 3 }]);
  const failed = ask(2, 'insert into orders values (1)', PERMIT, [operation('insert', 'write')]);
  await failed.end({ status: 'error', code: '23505', rows: 0 }, []);
  await ask(3, 'drop table orders', DENY, [operation('drop', 'ddl')]).refuse({
    code: 'policy-denied',
    message: 'dropping is not allowed',
    rule: 'no-drops',
  });
  const approved = ask(4, 'delete from orders', PERMIT, [operation('delete', 'write'), operation('select', 'read')]);
  await approved.approval(approval('used'));
  await approved.end({ status: 'ok', rows: 2, tags: ['DELETE 2'] }, []);
  const refused = ask(5, 'truncate orders', PERMIT, [operation('truncate', 'write')]);
  await refused.approval(approval('denied'));
  const message = 'somebody of dba denied this';
  await refused.refuse({ code: 'approval-denied', message: 'ada denied this', impersonal: message });
  const cut = ask(6, 'select * from orders');
  await cut.end({ status: 'refused', code: 'budget-exceeded', rows: 10 }, [], {
    code: 'budget-exceeded',
    message: 'enough',
  });
  ask(7, 'vacuum', PERMIT, [operation('vacuum', 'write')]);
}

function approval(state: 'used' | 'denied') {
  const answer = state === 'used' ? ('approve' as const) : ('deny' as const);
  const at = '2026-03-04T05:06:08.000Z';
  const vote = {
    person: 'psn_1' as PersonId,
    login: 'ada@example.com',
    answer,
    reason: 'Because',
    channel: 'web' as const,
    at,
  };
  return { id: 'apr_1' as ApprovalId, state, digest: 'cd'.repeat(32), votes: [vote], waitedMs: 1200 };
}

export interface Reading {
  readonly from?: LogState;
  readonly people?: boolean;
  readonly statements?: boolean;
}

export function follower(
  directory: string,
  { from = { index: 0, sessions: [] }, people = false, statements = false }: Reading = {},
) {
  return new LogFollower({ directory, origin: ORIGIN, people, statements }, from);
}

/** All that can be read now, in order. */
export async function readAll(reader: LogFollower): Promise<Followed[]> {
  const all: Followed[] = [];
  for await (const one of reader.read(new AbortController().signal)) all.push(one);
  return all;
}
