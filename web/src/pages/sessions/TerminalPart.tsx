import { Pause, Play } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { RecordedEvent } from '../../api/types.ts';
import { TerminalScreen } from '../../parts/ssh/terminal-screen.ts';
import { type TerminalShow, terminalShow } from '../../parts/ssh/terminal-show.ts';
import { Button } from '../../ui/Button.tsx';
import { Visible } from '../../ui/Code.tsx';
import { clockText } from './replay-clock.ts';
import { bodyBytes } from './request-text.ts';

const FRAME_MS = 100;

/** What a terminal showed, to be played, with marks where something was masked. */
export function TerminalPart({ event }: { readonly event: RecordedEvent }) {
  const bytes = useMemo(() => bodyBytes(event), [event]);
  const show = useMemo(() => bytes && terminalShow(bytes), [bytes]);
  if (show === undefined) {
    return <p className="text-muted">The reply is not here{event.body?.withheld && `: ${event.body.withheld}`}.</p>;
  }
  return (
    <div className="grid min-w-0 grid-cols-1 gap-2">
      <Player show={show} />
      {event.body?.complete === false && (
        <p className="text-sm text-muted">The terminal showed more than what is kept of it.</p>
      )}
    </div>
  );
}

function Player({ show }: { readonly show: TerminalShow }) {
  const [atMs, setAtMs] = useState(show.durationMs);
  const [playing, setPlaying] = useState(false);
  const lines = useScreen(show, atMs);
  useEffect(() => {
    if (!playing) return undefined;
    const timer = setInterval(() => setAtMs((at) => Math.min(at + FRAME_MS, show.durationMs)), FRAME_MS);
    return () => clearInterval(timer);
  }, [playing, show]);
  const isOver = atMs >= show.durationMs;
  useEffect(() => {
    if (isOver) setPlaying(false);
  }, [isOver]);

  function toggle(): void {
    if (!playing && isOver) setAtMs(0);
    setPlaying(!playing);
  }

  return (
    <>
      <pre
        tabIndex={0}
        role="group"
        aria-label="The terminal's screen"
        className="overflow-x-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs leading-tight whitespace-pre"
      >
        <Visible text={lines.join('\n')} />
      </pre>
      <div className="flex flex-wrap items-center gap-3 text-sm">
        <Button size="sm" icon={playing ? <Pause /> : <Play />} onClick={toggle}>
          {playing ? 'Pause the terminal' : 'Play the terminal'}
        </Button>
        <input
          type="range"
          aria-label="Time in the terminal"
          min={0}
          max={show.durationMs}
          value={atMs}
          onChange={(change) => setAtMs(Number(change.currentTarget.value))}
          className="min-w-40 grow"
        />
        <span className="text-muted">{clockText(atMs)}</span>
      </div>
      {show.marks.length > 0 && (
        <ul className="flex flex-wrap gap-1.5" aria-label="Marks in the terminal">
          {show.marks.map(({ atMs: at, text }, index) => (
            // Marks have no identity but their place
            <li key={index}>
              <Button size="sm" variant="quiet" onClick={() => setAtMs(at)}>
                <Visible text={`${clockText(at)} ${text}`} />
              </Button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** What stands on the screen at a time. */
function useScreen(show: TerminalShow, atMs: number): readonly string[] {
  const [screen, setScreen] = useState<TerminalScreen>();
  const [lines, setLines] = useState<readonly string[]>([]);
  useEffect(() => {
    let made: TerminalScreen | undefined;
    let isGone = false;
    void TerminalScreen.of(show).then((fresh) => {
      made = fresh;
      if (isGone) fresh.dispose();
      else setScreen(fresh);
    });
    return () => {
      isGone = true;
      made?.dispose();
      setScreen(undefined);
    };
  }, [show]);
  useEffect(() => {
    let isLate = false;
    void screen?.at(atMs).then((drawn) => {
      if (!isLate) setLines(drawn);
    });
    return () => {
      isLate = true;
    };
  }, [screen, atMs]);
  return lines;
}
