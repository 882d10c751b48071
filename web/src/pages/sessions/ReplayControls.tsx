import { ArrowDownToLine, Pause, Play } from 'lucide-react';
import { useEffect, useMemo, useRef } from 'react';
import { Dot } from '../../ui/Badge.tsx';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Checkbox } from '../../ui/Field.tsx';
import { countMarks } from './jump.ts';
import { MARK_LOOKS } from './marks.ts';
import { clockText, SPEEDS } from './replay-clock.ts';
import type { ReplayPlayer } from './replay-player.ts';
import type { RecordingSnapshot } from './use-recording.ts';
import type { Replay } from './use-replay.ts';

interface ReplayControlsProps {
  readonly replay: Replay;
  readonly snapshot: RecordingSnapshot;
  readonly skipIdle: boolean;
  readonly onSkipIdle: (skip: boolean) => void;
}

export function ReplayControls({ replay: { player, view }, snapshot, skipIdle, onSkipIdle }: ReplayControlsProps) {
  const { state } = snapshot;
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-x-4 gap-y-2 max-md:gap-x-2">
      <div className="flex items-center gap-2">
        <Button
          variant="primary"
          icon={view.playing ? <Pause /> : <Play />}
          hint="space"
          onClick={() => player.toggle()}
        >
          {view.playing ? 'Pause' : 'Play'}
        </Button>
        <Position player={player} />
      </div>
      <div role="group" aria-label="Speed" className="flex items-center">
        <IconButton label="Slower" size="sm" onClick={() => player.pace(-1)} disabled={view.speed === SPEEDS[0]}>
          <span aria-hidden="true">−</span>
        </IconButton>
        <span className="w-9 text-center text-sm">{view.speed}×</span>
        <IconButton label="Faster" size="sm" onClick={() => player.pace(1)} disabled={view.speed === SPEEDS.at(-1)}>
          <span aria-hidden="true">+</span>
        </IconButton>
      </div>
      <Checkbox checked={skipIdle} onChange={(event) => onSkipIdle(event.target.checked)}>
        Skip idle time
      </Checkbox>
      <Jumps player={player} snapshot={snapshot} />
      {state.kind === 'following' && <Following player={player} following={view.following} lost={state.lost} />}
      {state.kind === 'loading' && (
        <span role="status" className="appear-late text-sm text-muted">
          Loading, {snapshot.recording.eventCount.toLocaleString('en')} events so far
        </span>
      )}
    </div>
  );
}

/** Written past React, for it changes with every frame. */
function Position({ player }: { readonly player: ReplayPlayer }) {
  const text = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    function write(): void {
      if (text.current) text.current.textContent = `${clockText(player.positionMs)} / ${clockText(player.durationMs)}`;
    }
    write();
    return player.subscribePosition(write);
  });
  return <span ref={text} className="min-w-26 text-sm whitespace-nowrap text-muted" />;
}

/** How many of each kind there are, each a step to the next of them. */
function Jumps({
  player,
  snapshot: { recording, version },
}: {
  readonly player: ReplayPlayer;
  readonly snapshot: RecordingSnapshot;
}) {
  // The recording grows in place.
  const counts = useMemo(() => countMarks(recording.entries), [recording, version]);
  return (
    <div
      role="group"
      aria-label="Go to the next"
      className="flex min-w-0 gap-1.5 max-md:basis-full max-md:overflow-x-auto md:flex-wrap"
    >
      {MARK_LOOKS.filter(({ mark }) => counts[mark] > 0).map(({ mark, words: [one, many], tone, shortcut }) => (
        <Button
          key={mark}
          size="sm"
          hint={shortcut}
          icon={<Dot tone={tone} />}
          title={`Go to the next ${one}`}
          onClick={() => player.jump(1, [mark]) || player.jumpAround([mark])}
        >
          {counts[mark].toLocaleString('en')} {counts[mark] === 1 ? one : many}
        </Button>
      ))}
    </div>
  );
}

function Following({
  player,
  following,
  lost,
}: {
  readonly player: ReplayPlayer;
  readonly following: boolean;
  readonly lost: boolean;
}) {
  if (lost) {
    return (
      <span role="status" className="inline-flex items-center gap-1.5 text-sm text-hold">
        <Dot tone="hold" />
        The connection is lost, and tried again
      </span>
    );
  }
  if (following) {
    return (
      <span role="status" className="inline-flex items-center gap-1.5 text-sm text-permit">
        <Dot tone="permit" pulse />
        Following
      </span>
    );
  }
  return (
    <Button size="sm" icon={<ArrowDownToLine />} hint="f" onClick={() => player.follow(true)}>
      Follow the newest
    </Button>
  );
}
