import type { ExportRecord, SessionClosed, SessionFacts, SessionOpened } from './export-record.ts';
import { ofSession } from './of-session.ts';
import { tellEntry } from './tell-entry.ts';
import { tellExchange } from './tell-exchange.ts';
import type { ToldEvent } from './told-event.ts';

/** What a record says, before any format. Pure. */
export function tellRecord(record: ExportRecord): ToldEvent {
  switch (record.kind) {
    case 'session.open':
      return tellOpening(record);
    case 'exchange':
      return tellExchange(record);
    case 'session.close':
      return tellClose(record);
    case 'entry':
      return tellEntry(record);
    default:
      return record satisfies never;
  }
}

function tellOpening(record: SessionOpened): ToldEvent {
  const { opening } = record.session;
  const rule = opening?.grant.rule ?? '';
  const name = opening?.target.name ?? 'a target';
  return {
    ...ofSession(record),
    family: 'authorization',
    verb: 'connect',
    action: 'session.open',
    message: `${record.session.run} entered ${name} by the trust rule ${rule}`,
    severity: 'info',
    outcome: 'success',
    tables: [],
    more: {
      ...workloadOf(record.session),
      ...(opening && { grant: opening.grant.id, trust_rule: rule, grant_expires_at: opening.grant.expiresAt }),
      ...(opening && { record_mode: opening.recordMode, tls: opening.target.tls, demo: opening.demo }),
    },
  };
}

/** Ends that nobody wanted are worth more than a line. */
const BAD_ENDS: ReadonlySet<string> = new Set(['gatewayFailed', 'upstreamLost', 'faulted']);

function tellClose(record: SessionClosed): ToldEvent {
  const { outcome } = record;
  const isBad = BAD_ENDS.has(outcome);
  return {
    ...ofSession(record),
    family: 'access',
    verb: 'disconnect',
    action: 'session.close',
    message: `the session ended: ${outcome}`,
    severity: isBad ? 'low' : 'info',
    outcome: isBad ? 'failure' : 'success',
    code: outcome,
    tables: [],
    more: {},
  };
}

/** Where the job comes from: what the line says of it in clear, which names nobody. */
function workloadOf({ opening }: SessionFacts): Record<string, string> {
  const { sourceRepositoryUri, sourceRepositoryId, sourceRef, sourceDigest, buildConfigUri, runInvocationUri } =
    opening?.workload ?? {};
  return {
    ...(sourceRepositoryUri !== undefined && { repository: sourceRepositoryUri }),
    ...(sourceRepositoryId !== undefined && { repository_id: sourceRepositoryId }),
    ...(sourceRef !== undefined && { ref: sourceRef }),
    ...(sourceDigest !== undefined && { commit: sourceDigest }),
    ...(buildConfigUri !== undefined && { workflow: buildConfigUri }),
    ...(runInvocationUri !== undefined && { ci_run: runInvocationUri }),
  };
}
