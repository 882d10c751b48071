import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ApiProblem } from '../../api/problem.ts';
import { key } from '../../api/queries.ts';
import type { SessionView } from '../../api/types.ts';
import { paths } from '../../paths.ts';
import { Badge, Dot } from '../../ui/Badge.tsx';
import { Visible } from '../../ui/Code.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Page } from '../../ui/Page.tsx';
import { AppLink, useParam } from '../../ui/routing.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { outcomeWords } from './entry-words.ts';
import { NotRecorded } from './NotRecorded.tsx';
import { SessionActions } from './SessionActions.tsx';
import { SessionCheck } from './SessionCheck.tsx';
import { SessionFacts } from './SessionFacts.tsx';
import { SessionPlayer } from './SessionPlayer.tsx';
import { sessionQuery } from './session-queries.ts';
import { useRecording } from './use-recording.ts';

/** One session: who was where, and everything that was asked and answered, to be replayed or followed as it goes on. */
export function SessionPage() {
  const id = useParam('session');
  const query = useQuery(sessionQuery(id));
  if (query.data === undefined) {
    const missing = query.error instanceof ApiProblem && query.error.status === 404;
    return (
      <Page title={missing ? 'No such session' : 'Session'} above={<ToSessions />}>
        <Loaded query={query} skeleton={<Skeleton lines={8} />}>
          {() => null}
        </Loaded>
      </Page>
    );
  }
  // Another session is another page: nothing of the one before stays.
  return <SessionView key={id} session={query.data} />;
}

function SessionView({ session }: { readonly session: SessionView }) {
  const snapshot = useRecording(session.id, session.live);
  useReloadAtEnd(snapshot.state.kind === 'complete' && session.live);
  return (
    <Page
      title={`Session in ${session.target}`}
      above={<ToSessions />}
      heading={
        <span className="flex flex-wrap items-center gap-2.5">
          <span className="min-w-0">
            <Visible text={session.target} />
          </span>
          <StateMark session={session} />
        </span>
      }
      actions={<SessionActions session={session} recording={snapshot.recording} />}
    >
      <SessionFacts session={session} />
      <SessionCheck session={session.id} snapshot={snapshot} />
      {snapshot.state.kind === 'failed' && snapshot.recording.eventCount === 0 ? (
        <NotRecorded session={session} error={snapshot.state.error} />
      ) : (
        <SessionPlayer session={session} snapshot={snapshot} />
      )}
    </Page>
  );
}

function ToSessions() {
  return <AppLink href={paths.sessions()}>Sessions</AppLink>;
}

function StateMark({ session: { live, outcome } }: { readonly session: SessionView }) {
  if (live) {
    return (
      <Badge tone="permit">
        <span className="inline-flex items-center gap-1.5">
          <Dot tone="permit" pulse />
          Live
        </span>
      </Badge>
    );
  }
  if (outcome === undefined) return null;
  const tone = outcome === 'completed' || outcome === 'clientLeft' ? 'neutral' : 'hold';
  return <Badge tone={tone}>{outcomeWords(outcome)}</Badge>;
}

/** The stream ended: the session is over, and its header should say so. */
function useReloadAtEnd(over: boolean): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (over) void queries.invalidateQueries({ queryKey: key.sessions.slice(0, 1) });
  }, [over, queries]);
}
