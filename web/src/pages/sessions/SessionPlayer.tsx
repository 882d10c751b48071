import { useCallback, useEffect, useState } from 'react';
import type { SessionView } from '../../api/types.ts';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Problem } from '../../ui/Problem.tsx';
import { useSearchState } from '../../ui/routing.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { EntryDetail } from './EntryDetail.tsx';
import { EntryList } from './EntryList.tsx';
import { ReplayControls } from './ReplayControls.tsx';
import { ReplayTrack } from './ReplayTrack.tsx';
import { SessionFiles } from './SessionFiles.tsx';
import { type RecordingSnapshot } from './use-recording.ts';
import { type Replay, useReplay } from './use-replay.ts';
import { useReplayKeys } from './use-replay-keys.ts';

interface SessionPlayerProps {
  readonly session: SessionView;
  readonly snapshot: RecordingSnapshot;
}

/** A recording: when what happened, all of it in a list, and what is looked at in full. */
export function SessionPlayer({ session, snapshot }: SessionPlayerProps) {
  const { recording, state } = snapshot;
  const [search] = useSearchState();
  const [skipIdle, setSkipIdle] = useState(true);
  const replay = useReplay(snapshot, skipIdle, session.live && search['x'] === undefined);
  const { player, view, timeline } = replay;
  useReplayKeys(player, () => setSkipIdle(!skipIdle));
  useLinkedExchange(replay, snapshot);
  const onShow = useCallback((index: number) => player.show(index), [player]);
  const onStopFollowing = useCallback(() => player.follow(false), [player]);
  const entry = recording.entries[view.index];
  if (timeline.length === 0) {
    return state.kind === 'complete' ? <NothingRecorded /> : <Skeleton lines={10} />;
  }
  return (
    <div className="grid min-w-0 gap-3">
      <ReplayTrack player={player} entries={recording.entries} timeline={timeline} />
      <ReplayControls replay={replay} snapshot={snapshot} skipIdle={skipIdle} onSkipIdle={setSkipIdle} />
      {state.kind === 'failed' && <Problem error={state.error} />}
      <SessionFiles entries={recording.entries} count={timeline.length} onShow={onShow} />
      <div className="grid min-w-0 border-y border-line md:h-[max(24rem,calc(100dvh-21rem))] md:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
        <div className="grid max-h-[42dvh] min-h-0 md:max-h-none md:border-r md:border-line">
          <EntryList
            entries={recording.entries}
            count={timeline.length}
            index={view.index}
            following={view.following}
            onShow={onShow}
            onStopFollowing={onStopFollowing}
          />
        </div>
        {/* What scrolls must be reachable by keyboard */}
        <div
          role="region"
          aria-label="What is looked at"
          tabIndex={0}
          className="min-h-0 min-w-0 border-t border-line py-4 md:overflow-y-auto md:border-t-0 md:px-5"
        >
          {entry && (
            <EntryDetail
              key={view.index}
              recording={recording}
              entry={entry}
              eventCount={entry.events.length}
              answered={view.answered}
            />
          )}
        </div>
      </div>
    </div>
  );
}

function NothingRecorded() {
  return (
    <EmptyState title="Nothing was recorded">
      The session has no events. Every session has one that opens it, so its file is missing or was emptied: verify the
      session.
    </EmptyState>
  );
}

const ADDRESS_AFTER_MS = 400;

/** The exchange that is looked at stands in the address, so that it can be pointed at; opened so, it is shown. */
function useLinkedExchange({ player, view }: Replay, { recording, version, state }: RecordingSnapshot): void {
  const [search, change] = useSearchState();
  const [wanted, setWanted] = useState(search['x']);
  useEffect(() => {
    if (wanted === undefined) return;
    const index = recording.entries.findIndex((entry) => String(entry.exchange) === wanted);
    if (index < 0 && state.kind !== 'complete') return;
    if (index >= 0) player.show(index);
    setWanted(undefined);
  }, [wanted, player, recording, version, state]);

  const exchange = view.following || view.playing ? undefined : recording.entries[view.index]?.exchange;
  useEffect(() => {
    if (wanted !== undefined || exchange === undefined) return undefined;
    const timer = setTimeout(() => change({ x: String(exchange) }), ADDRESS_AFTER_MS);
    return () => clearTimeout(timer);
  }, [wanted, exchange, change]);
}
