import { runTraceId, sessionSpanId } from '../model/trace-ids.ts';
import type { ExchangeEnded, SessionClosed, SessionFacts, SessionOpened } from './export-record.ts';
import type { Subject } from './told-event.ts';

/** What every event of a session says alike. */
export function ofSession(record: SessionOpened | SessionClosed | ExchangeEnded) {
  const { origin, index, id, leaf, prev, at, kind, session } = record;
  const { opening, person } = session;
  const { traceId = runTraceId(session.run) } = session.trace ?? {};
  return {
    id,
    origin,
    index,
    leaf,
    ...(prev !== undefined && { prev }),
    atMs: Date.parse(at),
    kind,
    run: session.run,
    session: session.id,
    subject: subjectOf(session),
    source: {
      id: session.run,
      ...(person?.address !== undefined && { address: person.address }),
      ...(person?.port !== undefined && { port: person.port }),
    },
    ...(opening && {
      target: {
        name: opening.target.name,
        protocol: opening.target.protocol,
        ...(opening.target.database !== undefined && { database: opening.target.database }),
      },
    }),
    trace: { traceId, spanId: sessionSpanId(session.id) },
    ...(session.agent !== undefined && { agent: session.agent }),
  };
}

function subjectOf({ run, opening, person }: SessionFacts): Subject {
  const name = person?.actor ?? person?.display;
  return {
    id: opening?.principal.id ?? run,
    kind: opening?.principal.kind ?? 'workload',
    ...(name !== undefined && { name }),
    ...(opening?.workload['issuer'] !== undefined && { issuer: opening.workload['issuer'] }),
  };
}
