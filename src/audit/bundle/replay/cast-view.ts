/** A session as a terminal recording (asciicast v3, https://docs.asciinema.org/manual/asciicast/v3/). */
import type { AuditEvent } from '../../audit-event.ts';
import type { RecordedEvent } from '../../read/read-session.ts';
import type { ViewedSession } from './derived-view.ts';
import { TerminalFrames } from './terminal-frames.ts';

/** Shows events of one session, in their order, as a terminal would have; the text is neutralised already. */
export type TerminalRenderer = (recorded: RecordedEvent) => string;

export const CAST_CUT = '# Cut here: there is more than a derived view holds. The events are all there.\n';

/** Waits longer than this are shortened by players: a request may have waited for people. */
const IDLE_SECONDS = 2;

export async function* castView(
  { run, session, events }: ViewedSession,
  render: TerminalRenderer,
): AsyncGenerator<string> {
  let clock: Clock | undefined;
  const terminal = new TerminalFrames();
  for await (const recorded of events) {
    const { event } = recorded;
    if (clock === undefined) {
      clock = new Clock(event);
      yield head(event, run, session);
    }
    const pieces: string[] = [];
    const marker = markerOf(event);
    if (marker !== undefined) pieces.push(line(clock.since(event), 'm', marker));
    const timed = terminal.frames(recorded);
    for (const { micros, code, data } of timed ?? []) pieces.push(line(clock.sinceMicros(micros), code, data));
    const text = timed === undefined ? render(recorded) : '';
    if (text !== '') pieces.push(line(clock.since(event), 'o', text.replaceAll(/\r?\n/gu, '\r\n')));
    if (event.closing !== undefined) pieces.push(line(clock.since(event), 'x', exitOf(event)));
    if (pieces.length > 0) yield pieces.join('');
  }
}

function head({ at }: AuditEvent, run: string, session: string): string {
  const header = {
    version: 3,
    term: { cols: 120, rows: 36 },
    timestamp: Math.floor(Date.parse(at) / 1000) || 0,
    idle_time_limit: IDLE_SECONDS,
    title: `Session ${session} of run ${run}`,
  };
  return `${JSON.stringify(header)}\n# Derived from sessions/${session}.jsonl. This proves nothing: those lines do.\n`;
}

/** A place to jump to: what was refused, what people decided, what was masked. */
function markerOf({ refusal, held, masked = [], kind }: AuditEvent): string | undefined {
  if (refusal !== undefined) return `refused: ${refusal.code}`;
  if (held !== undefined) return `approval ${held.state}`;
  if (kind === 'gap') return 'outcome unknown';
  const values = masked.reduce((sum, { count }) => sum + count, 0);
  return values === 0 ? undefined : `masked: ${values}`;
}

function exitOf({ closing }: AuditEvent): string {
  return closing?.outcome === 'completed' || closing?.outcome === 'clientLeft' ? '0' : '1';
}

function line(seconds: number, code: 'o' | 'm' | 'x' | 'r', data: string): string {
  return `${JSON.stringify([seconds, code, data])}\n`;
}

/** Gives the time since the last event that was written, in seconds; on the gateway's monotonic clock where it is told. */
class Clock {
  #micros: number;

  constructor(first: AuditEvent) {
    this.#micros = microsOf(first);
  }

  since(event: AuditEvent): number {
    return this.sinceMicros(microsOf(event));
  }

  sinceMicros(now: number): number {
    const passed = Math.max(0, now - this.#micros);
    this.#micros = Math.max(now, this.#micros);
    return passed / 1_000_000;
  }
}

/** What a crash left has no monotonic time: those events follow at once. */
export function microsOf({ mono }: AuditEvent): number {
  return mono !== undefined && /^\d{1,15}$/u.test(mono) ? Number(mono) : 0;
}
