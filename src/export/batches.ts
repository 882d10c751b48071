import { setImmediate } from 'node:timers/promises';
import type { Formatted } from './formats/format.ts';
import type { Followed, LogFollower } from './log-follower.ts';

export interface Gathered {
  readonly events: readonly Formatted[];
  /** What could not be read, or not be told in the format. */
  readonly aside: readonly { readonly id: string; readonly index: number; readonly why: string }[];
}

export interface BatchBounds {
  readonly exportBatchEvents: number;
  readonly exportBatchBytes: number;
}

/** About a millisecond's work. */
const EVENTS_A_TURN = 16;

/** Reads on until a batch is full or the log is read. The follower's state is then that behind the batch. */
export async function gather(
  follower: LogFollower,
  format: (one: Exclude<Followed, { readonly kind: 'unreadable' }>) => readonly Formatted[],
  bounds: BatchBounds,
  signal: AbortSignal,
): Promise<Gathered> {
  const events: Formatted[] = [];
  const aside: Gathered['aside'][number][] = [];
  let bytes = 0;
  let taken = 0;
  for await (const one of follower.read(signal)) {
    const told = one.kind === 'unreadable' ? one.why : attempt(() => format(one));
    if (typeof told === 'string') aside.push({ id: one.id, index: one.index, why: told });
    else {
      events.push(...told);
      for (const { line } of told) bytes += line.length;
    }
    // The gateway's own thread: requests go first.
    if (++taken % EVENTS_A_TURN === 0) await setImmediate();
    // What is put aside counts too: a damaged log must not be gathered whole.
    if (events.length + aside.length >= bounds.exportBatchEvents || bytes >= bounds.exportBatchBytes) break;
  }
  return { events, aside };
}

function attempt(work: () => readonly Formatted[]): readonly Formatted[] | string {
  try {
    return work();
  } catch (cause) {
    return `it cannot be told in this format: ${cause instanceof Error ? cause.message : 'unknown'}`;
  }
}
