import { type PointerEvent, useMemo, useRef, useState } from 'react';
import { Visible } from '../../ui/Code.tsx';
import { classes } from '../../ui/class-names.ts';
import { clockText } from '../sessions/replay-clock.ts';
import { TrackCanvas } from '../sessions/TrackCanvas.tsx';
import type { Story, StoryLane } from './story.ts';

export interface Zoom {
  readonly fromMs: number;
  readonly toMs: number;
}

interface StoryLanesProps {
  readonly story: Story;
  readonly zoom: Zoom | undefined;
  readonly onZoom: (zoom: Zoom | undefined) => void;
  /** The session that is looked at alone. */
  readonly session: string | undefined;
  readonly onSession: (session: string | undefined) => void;
}

/** Shown before the rest is folded away: a run may open thousands of sessions. */
const SHOWN_LANES = 12;
const LEAST_DRAG_PX = 6;

/** A lane for each session over one span of time. A stretch that is dragged over is looked at closer. */
export function StoryLanes({ story, zoom, onZoom, session, onSession }: StoryLanesProps) {
  const [all, setAll] = useState(false);
  const { fromMs, toMs } = zoom ?? story;
  const laneMarks = useMemo(() => marksIn(story), [story]);
  const lanes = all ? story.lanes : story.lanes.slice(0, SHOWN_LANES);
  return (
    <div className="grid min-w-0 gap-1">
      {lanes.map((lane) => (
        <div key={lane.session.id} className="grid min-w-0 gap-x-3 md:grid-cols-[9rem_minmax(0,1fr)] md:items-center">
          <LaneButton lane={lane} alone={session === lane.session.id} onSession={onSession} />
          <LaneTrack
            lane={lane}
            fromMs={fromMs}
            toMs={toMs}
            laneMarks={laneMarks}
            onZoom={onZoom}
            faded={session !== undefined && session !== lane.session.id}
          />
        </div>
      ))}
      <div className="flex justify-between text-xs text-muted md:ml-[9.75rem]">
        <span>{clockText(Math.max(0, fromMs))}</span>
        <span>{clockText(toMs)}</span>
      </div>
      {story.lanes.length > lanes.length && (
        <button
          type="button"
          className="justify-self-start text-sm text-accent coarse:min-h-11"
          onClick={() => setAll(true)}
        >
          Show all {story.lanes.length} sessions
        </button>
      )}
    </div>
  );
}

interface LaneButtonProps {
  readonly lane: StoryLane;
  readonly alone: boolean;
  readonly onSession: (session: string | undefined) => void;
}

function LaneButton({ lane: { session, moments }, alone, onSession }: LaneButtonProps) {
  return (
    <button
      type="button"
      aria-pressed={alone}
      title={alone ? 'Show all sessions' : 'Show only this session'}
      onClick={() => onSession(alone ? undefined : session.id)}
      className={classes(
        'flex min-w-0 items-center gap-2 rounded-md px-2 py-1 text-left text-sm hover:bg-hover coarse:min-h-11',
        alone && 'bg-accent-soft',
      )}
    >
      <span className="min-w-0 grow truncate font-medium">
        <Visible text={session.target} />
      </span>
      <span className="shrink-0 text-xs text-muted">
        {moments.length.toLocaleString('en')}
        <span className="sr-only"> requests</span>
      </span>
    </button>
  );
}

interface LaneTrackProps extends Zoom {
  readonly lane: StoryLane;
  readonly laneMarks: number;
  readonly faded: boolean;
  readonly onZoom: (zoom: Zoom) => void;
}

/** What is dragged over with the pointer; the keyboard goes through the list, which says all that is drawn here. */
function LaneTrack({ lane, fromMs, toMs, laneMarks, faded, onZoom }: LaneTrackProps) {
  const track = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number }>();
  const at = (event: PointerEvent) => {
    const { left, width } = track.current?.getBoundingClientRect() ?? { left: 0, width: 1 };
    return Math.min(Math.max(event.clientX - left, 0), width);
  };

  function end(): void {
    const width = track.current?.clientWidth ?? 1;
    if (drag && Math.abs(drag.to - drag.from) >= LEAST_DRAG_PX) {
      const [low, high] = drag.from < drag.to ? [drag.from, drag.to] : [drag.to, drag.from];
      const msOf = (px: number) => fromMs + (px / width) * (toMs - fromMs);
      onZoom({ fromMs: msOf(low), toMs: msOf(high) });
    }
    setDrag(undefined);
  }

  return (
    <div
      ref={track}
      className={classes(
        'relative cursor-crosshair touch-pan-y overflow-hidden rounded-sm bg-sunken py-1 select-none',
        faded && 'opacity-40',
      )}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: at(event), to: at(event) });
      }}
      onPointerMove={(event) => drag && setDrag({ ...drag, to: at(event) })}
      onPointerUp={end}
      onPointerCancel={() => setDrag(undefined)}
    >
      <TrackCanvas moments={lane.moments} fromMs={fromMs} toMs={toMs} laneMarks={laneMarks} />
      {drag && (
        <div
          className="pointer-events-none absolute inset-y-0 border-x border-accent bg-accent-soft opacity-60"
          style={{ left: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from) }}
        />
      )}
    </div>
  );
}

function marksIn({ lanes }: Story): number {
  return lanes.reduce((all, lane) => lane.moments.reduce((some, { marks }) => some | marks, all), 0);
}
