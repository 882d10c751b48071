import { Readable } from 'node:stream';
import type { RecordedEvent, Run, SessionView } from '../src/api/types.ts';
import { followRoute } from './follow.ts';
import { grantsOf } from './given-targets.ts';
import { HTTP_SESSION, httpRecordingOf } from './http-recording.ts';
import { EventPen, LONG_SESSION, recordingOf, TOLD_SESSION } from './recordings.ts';
import { bodiesOf } from './retention.ts';
import { Answered, paged, type Route, route } from './route.ts';
import { SSH_SESSION, sshRecordingOf } from './ssh-recording.ts';
import { tell, type World } from './world.ts';

/** Runs, sessions and statements. */
export function sessionRoutes(world: World): readonly Route[] {
  return [
    route('GET', '/v1/runs', ({ query }) =>
      paged(
        world.runs.filter((run) => matches(run.repository, query, 'repository') && matches(run.display, query, 'who')),
        query,
      ),
    ),
    route('GET', '/v1/runs/:run', ({ parts: [id] }): Run => {
      const run = world.runs.find((each) => each.id === id);
      if (run === undefined) throw new Answered(404, 'There is no such run');
      return {
        ...run,
        workload: [
          { name: 'sourceRepositoryUri', value: run.repository ?? '', class: 'derived' },
          { name: 'tokenSubject', value: `repo:${run.repository ?? ''}`, class: 'verified' },
          { name: 'runBinding', value: 'asserted', class: 'derived' },
        ],
        asserted: [{ name: 'agent', value: run.agent ?? '' }],
        grants: grantsOf(world, run.id),
        sessionList: world.sessions.filter((session) => session.run === run.id),
        approvalList: world.approvals.filter((approval) => approval.run.id === run.id),
        ...bodiesOf(world, run.id),
        evidence: { tokenDigest: '9f2c', jwksDigest: '11ab' },
      };
    }),
    route('GET', '/v1/sessions', ({ query }) => {
      const found = world.sessions
        .filter((session) => query.get('live') !== 'true' || session.live)
        .filter((session) => is(session.run, query, 'run') && is(session.target, query, 'target'))
        .filter(
          (session) => matches(session.repository, query, 'repository') && matches(session.principal, query, 'who'),
        );
      return paged(found, query, 'sessions');
    }),
    route('GET', '/v1/sessions/:session', ({ parts: [id] }) => find(world, id)),
    route('GET', '/v1/sessions/:session/recording', ({ parts: [id], response }) => {
      response.writeHead(200, { 'content-type': 'application/jsonl; charset=utf-8' });
      Readable.from(linesOf(world, find(world, id))).pipe(response);
    }),
    followRoute(world, (id) => find(world, id)),
    route('POST', '/v1/sessions/:session/end', ({ parts: [id] }) => {
      const session = find(world, id);
      session.live = false;
      session.closedAt = new Date().toISOString();
      session.outcome = 'revoked';
      tell(world, { type: 'session', id: session.id, run: session.run, state: 'closed' });
    }),
    route('GET', '/v1/statements', ({ query }) => {
      const found = world.statements
        .filter(
          (one) => is(one.session, query, 'session') && is(one.run, query, 'run') && is(one.target, query, 'target'),
        )
        .filter((one) => is(one.decision, query, 'decision') && matches(one.text, query, 'text'))
        .filter(
          (one) => query.get('table') === null || one.tables.some((table) => table.includes(query.get('table') ?? '')),
        )
        .filter((one) => query.get('kind') === null || one.kinds.includes(query.get('kind') ?? ''));
      return paged(found, query, 'statements');
    }),
  ];
}

function* linesOf(world: World, session: SessionView): Generator<string> {
  const events = eventsOf(world, session);
  for (const event of events) yield `${JSON.stringify(event)}\n`;
}

function find(world: World, id: string | undefined): SessionView {
  const last = world.sessions.at(-1);
  if ((id === LONG_SESSION || id === TOLD_SESSION || id === HTTP_SESSION || id === SSH_SESSION) && last !== undefined)
    return { ...last, id };
  const session = world.sessions.find((each) => each.id === id);
  if (session === undefined) throw new Answered(404, 'There is no such session');
  return session;
}

function is(value: string, query: URLSearchParams, name: string): boolean {
  return query.get(name) === null || query.get(name) === value;
}

function matches(value: string | undefined, query: URLSearchParams, name: string): boolean {
  const wanted = query.get(name);
  return wanted === null || (value ?? '').toLowerCase().includes(wanted.toLowerCase());
}

function eventsOf(world: World, session: SessionView): Iterable<RecordedEvent> {
  if (session.id === HTTP_SESSION) return httpRecordingOf(new EventPen(session), session);
  return session.id === SSH_SESSION ? sshRecordingOf(new EventPen(session), session) : recordingOf(world, session);
}
