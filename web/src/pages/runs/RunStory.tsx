import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { Run, StatementView } from '../../api/types.ts';
import { Button } from '../../ui/Button.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Checkbox } from '../../ui/Field.tsx';
import { Loaded } from '../../ui/Loaded.tsx';
import { Section } from '../../ui/Page.tsx';
import { SkeletonRows } from '../../ui/Skeleton.tsx';
import { useNow } from '../../ui/Time.tsx';
import { clockText } from '../sessions/replay-clock.ts';
import type { Found } from '../sessions/search-queries.ts';
import { runStatementsQuery } from './run-queries.ts';
import { StoryLanes, type Zoom } from './StoryLanes.tsx';
import { StoryList } from './StoryList.tsx';
import { bySession, type Story, storyOf, storyWithin } from './story.ts';

/** Loaded without being asked for; beyond it one presses a button. */
const LOADED_BY_ITSELF = 5_000;

/** What the run did: all its sessions on one time line, and every statement under it. */
export function RunStory({ run }: { readonly run: Run }) {
  const query = useInfiniteQuery(runStatementsQuery(run.id));
  const { hasNextPage, isFetching, fetchNextPage, refetch } = query;
  const loaded = query.data?.items.length ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetching && loaded < LOADED_BY_ITSELF) void fetchNextPage();
  }, [hasNextPage, isFetching, loaded, fetchNextPage]);
  // The run itself is loaded anew with live events; what it asked follows where it says that there is more.
  const asked = run.permitted + run.denied + run.approvals;
  useEffect(() => {
    if (asked > 0) void refetch();
  }, [asked, refetch]);
  return (
    <Section
      title="What it did"
      actions={
        hasNextPage &&
        loaded >= LOADED_BY_ITSELF && (
          <Button size="sm" busy={isFetching} onClick={() => void fetchNextPage()}>
            {loaded.toLocaleString('en')} statements are shown: load more
          </Button>
        )
      }
    >
      <Loaded query={query} skeleton={<SkeletonRows rows={6} />}>
        {(statements) => <Told run={run} statements={statements} />}
      </Loaded>
    </Section>
  );
}

function Told({ run, statements }: { readonly run: Run; readonly statements: Found<StatementView> }) {
  const nowMs = useNow();
  // Only a run that goes on grows with time, and a minute is fine enough.
  const until = run.closedAt === undefined ? Math.floor(nowMs / 60_000) * 60_000 : 0;
  const story = useMemo(() => storyOf(run, statements.items, until), [run, statements, until]);
  const [zoom, setZoom] = useState<Zoom>();
  const [session, setSession] = useState<string>();
  const [grouped, setGrouped] = useState(false);
  const { fromMs, toMs } = zoom ?? story;
  const rows = useMemo(() => {
    const within = storyWithin(story, fromMs, toMs, session);
    return grouped ? bySession(within, story.lanes) : within;
  }, [story, fromMs, toMs, session, grouped]);
  if (story.rows.length === 0) {
    return (
      <EmptyState title="It asked for nothing yet">
        The run was opened, and no session with it. What it does appears here by itself.
      </EmptyState>
    );
  }
  return (
    <div className="grid min-w-0 gap-3">
      <StoryLanes story={story} zoom={zoom} onZoom={setZoom} session={session} onSession={setSession} />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-muted">
        <span role="status">{spanWords(story, zoom, rows.length)}</span>
        {zoom && (
          <Button size="sm" onClick={() => setZoom(undefined)}>
            Show all of it
          </Button>
        )}
        {story.lanes.length > 1 && (
          <Checkbox checked={grouped} onChange={(event) => setGrouped(event.target.checked)}>
            Session by session
          </Checkbox>
        )}
      </div>
      <StoryList rows={rows} openedAt={run.openedAt} wholeMs={story.toMs} />
    </div>
  );
}

function spanWords(story: Story, zoom: Zoom | undefined, rows: number): string {
  const { fromMs, toMs } = zoom ?? story;
  const words = `${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'}`;
  return zoom ? `${words} between ${clockText(fromMs)} and ${clockText(toMs)}` : `${words} over ${clockText(toMs)}`;
}
