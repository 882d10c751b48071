import type { Entry } from './recording.ts';

/** A pause longer than this is cut to it where idle time is skipped. */
export const IDLE_MS = 800;
/** What came faster is spread out to this, so that it can be read; in a long recording to less, for it must end. */
const READING_MS = 400;
const ALL_READING_MS = 120_000;

/**
 * When each entry is played, in milliseconds from the start. With `skipIdle` no pause is longer than `IDLE_MS`, be it
 * between two exchanges or between a request and its answer, and exchanges that came all at once come one by one.
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
    const least = skipIdle ? Math.min(READING_MS, ALL_READING_MS / entries.length) : 0;
    const most = skipIdle ? IDLE_MS : Number.POSITIVE_INFINITY;
    const moveTo = (ms: number, leastMs: number): number => {
      played += Math.min(Math.max(ms - real, leastMs), most);
      real = Math.max(real, ms);
      return played;
    };
    for (const [index, entry] of entries.entries()) {
      this.#starts[index] = moveTo(entry.startMs, index === 0 ? 0 : least);
      this.#answers[index] = moveTo(entry.answeredMs ?? entry.endMs, entry.answeredMs === undefined ? 0 : least / 4);
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
