/** The log's heartbeat: that it lives, and what is known of the clock that its times come from. */
import { statSync } from 'node:fs';
import type { Json } from '../canonical-json.ts';
import { isoTime } from './sealed-session.ts';

export interface HeartbeatOptions {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonic?: () => number;
  /** When the host's clock was last synchronised, milliseconds since 1970; undefined where the host does not say. */
  readonly syncedAt?: () => number | undefined;
}

/** One every so often, whatever else the log takes: that the clock was right is to be shown on busy days as well. */
export class Heartbeat {
  readonly #monotonic: () => number;
  readonly #syncedAt: () => number | undefined;
  #wall: number;
  #steady: number;

  constructor({ clock, monotonic = () => performance.now(), syncedAt = timesyncd }: HeartbeatOptions) {
    this.#monotonic = monotonic;
    this.#syncedAt = syncedAt;
    this.#wall = clock();
    this.#steady = monotonic();
  }

  /** What the heartbeat says, one at most; none before `everyMs` have gone by since the last one, or since the start. */
  *due(now: number, everyMs: number): Generator<{ readonly [name: string]: Json }> {
    if (now - this.#wall < everyMs) return;
    const steady = this.#monotonic();
    const steppedMs = Math.round(now - this.#wall - (steady - this.#steady));
    this.#wall = now;
    this.#steady = steady;
    const synced = this.#syncedAt();
    yield {
      // By how much the clock was set, or drifted, since the last one.
      clockStepMs: String(steppedMs),
      ...(synced === undefined ? {} : { clockSyncedAt: isoTime(Math.round(synced)) }),
    };
  }
}

/** Touched by systemd-timesyncd whenever it synchronised the clock (systemd-timesyncd.service(8)). */
const TIMESYNCD = '/run/systemd/timesync/synchronized';

function timesyncd(): number | undefined {
  try {
    return statSync(TIMESYNCD).mtimeMs;
  } catch {
    return undefined; // another program keeps the time here, or none: the host does not say which
  }
}
