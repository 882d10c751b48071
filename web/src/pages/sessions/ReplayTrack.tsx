import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef } from 'react';
import type { Entry } from './recording.ts';
import { clockText } from './replay-clock.ts';
import type { ReplayPlayer } from './replay-player.ts';
import { TrackCanvas } from './TrackCanvas.tsx';
import type { Timeline } from './timeline.ts';

interface ReplayTrackProps {
  readonly player: ReplayPlayer;
  readonly entries: readonly Entry[];
  readonly timeline: Timeline;
}

/** The scrubber: what happened when, and where the replay stands. A slider for keyboards and readers. */
export function ReplayTrack({ player, entries, timeline }: ReplayTrackProps) {
  const slider = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const moments = useMemo(
    () => entries.slice(0, timeline.length).map(({ marks }, index) => ({ ms: timeline.startOf(index), marks })),
    [entries, timeline],
  );

  const laneMarks = useMemo(() => moments.reduce((all, { marks }) => all | marks, 0), [moments]);

  // The position moves with every frame: it is written to the elements, past React.
  useEffect(() => {
    function place(): void {
      const share = timeline.durationMs > 0 ? player.positionMs / timeline.durationMs : 0;
      if (head.current) head.current.style.left = `${share * 100}%`;
      slider.current?.setAttribute('aria-valuenow', String(Math.round(player.positionMs / 1000)));
      slider.current?.setAttribute(
        'aria-valuetext',
        `${clockText(player.positionMs)} of ${clockText(timeline.durationMs)}`,
      );
    }
    place();
    return player.subscribePosition(place);
  }, [player, timeline]);

  function seekTo(event: PointerEvent<HTMLDivElement>): void {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    player.seek(((event.clientX - left) / width) * timeline.durationMs);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const target = keyTarget(event.key, player.positionMs, timeline.durationMs);
    if (target === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    player.seek(target);
  }

  return (
    <div
      ref={slider}
      role="slider"
      tabIndex={0}
      aria-label="Position in the session"
      aria-valuemin={0}
      aria-valuemax={Math.round(timeline.durationMs / 1000)}
      aria-valuenow={0}
      className="relative cursor-pointer touch-none rounded-md border border-line bg-sunken px-0 py-1.5 select-none"
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        seekTo(event);
      }}
      onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && seekTo(event)}
    >
      <TrackCanvas moments={moments} fromMs={0} toMs={timeline.durationMs} laneMarks={laneMarks} />
      <div ref={head} className="pointer-events-none absolute inset-y-0 w-0">
        <div className="absolute inset-y-0 -left-px w-0.5 bg-text" />
        <div className="absolute -top-1 -left-1 size-2 rounded-full bg-text" />
      </div>
    </div>
  );
}

/** Where a key moves the position to: arrows a hundredth, pages a tenth, Home and End all the way. */
function keyTarget(key: string, positionMs: number, durationMs: number): number | undefined {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return positionMs - durationMs / 100;
    case 'ArrowRight':
    case 'ArrowUp':
      return positionMs + durationMs / 100;
    case 'PageDown':
      return positionMs - durationMs / 10;
    case 'PageUp':
      return positionMs + durationMs / 10;
    case 'Home':
      return 0;
    case 'End':
      return durationMs;
    default:
      return undefined;
  }
}
