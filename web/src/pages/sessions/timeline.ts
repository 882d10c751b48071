import type { Entry } from './recording.ts';

/** A pause longer than this is cut to it where idle time is skipped. */
export const IDLE_MS = 800;

/**
 * When each entry is played, in milliseconds from the start. With `skipIdle` no pause is longer than `IDLE_MS`, be it
 * between two exchanges or between a request and its answer.
 */
export class Timeline {
  readonly durationMs: number;
  readonly #starts: Float64Array;
  readonly #answers: Float64Array;

  constructor(entries: readonly Entry[], skipIdle: boolean) {
    this.#starts = new Float64Array(entries.length);
    this.#answers = new Float64Array(entries.length);
    let played = 0;
    let real = entries[0]?.startMs ?? 0;
    const moveTo = (ms: number): number => {
      const pause = Math.max(0, ms - real);
      played += skipIdle ? Math.min(pause, IDLE_MS) : pause;
      real = Math.max(real, ms);
      return played;
    };
    for (const [index, entry] of entries.entries()) {
      this.#starts[index] = moveTo(entry.startMs);
      this.#answers[index] = moveTo(entry.answeredMs ?? entry.endMs);
    }
    this.durationMs = played;
  }

  get length(): number {
    return this.#starts.length;
  }

  startOf(index: number): number {
    return this.#starts[index] ?? 0;
  }

  /** When its answer is seen; its start where it has none. */
  answerOf(index: number): number {
    return this.#answers[index] ?? 0;
  }

  /** The last entry that has begun at this moment; -1 before the first. */
  entryAt(ms: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= ms) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
