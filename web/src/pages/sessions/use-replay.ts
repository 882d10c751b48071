import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { ReplayPlayer, type ReplayView } from './replay-player.ts';
import { Timeline } from './timeline.ts';
import type { RecordingSnapshot } from './use-recording.ts';

export interface Replay {
  readonly player: ReplayPlayer;
  readonly view: ReplayView;
  readonly timeline: Timeline;
}

/** A player over a recording that may still grow. */
export function useReplay({ recording, version }: RecordingSnapshot, skipIdle: boolean, live: boolean): Replay {
  // The recording grows in place: its version says when there is something new to lay out.
  const timeline = useMemo(() => new Timeline(recording.entries, skipIdle), [recording, version, skipIdle]);
  const [player] = useState(() => new ReplayPlayer(timeline, nextFrame, live));
  const skipped = useRef(skipIdle);
  useEffect(() => {
    player.update(recording.entries, timeline, skipped.current !== skipIdle);
    skipped.current = skipIdle;
  }, [player, recording, timeline, skipIdle]);
  useEffect(() => () => player.stop(), [player]);
  const view = useSyncExternalStore(player.subscribe, player.view);
  return { player, view, timeline };
}

function nextFrame(callback: (nowMs: number) => void): () => void {
  const handle = requestAnimationFrame(callback);
  return () => cancelAnimationFrame(handle);
}
