import { buildAutomaton } from './trigger-automaton.ts';
import type { Trigger } from './triggers.ts';

/**
 * All triggers of a set of detectors as one deterministic automaton: a table look-up a byte, whatever the bytes are and
 * however many triggers there are. Immutable once built.
 */
export class TriggerScanner {
  /** Row of a byte's successor states: `next[row + byteClass]` is the row of the next state. */
  readonly #next: Uint32Array;
  readonly #byteClass: Uint8Array;
  /** The longest that a trigger can be, in bytes. */
  readonly #longest: number;
  /** Rows from here on are states in which a trigger has just ended. */
  readonly #firstAccepting: number;
  /** Which triggers ended, by row, as the bits that they were given. */
  readonly #bits: Int32Array;
  /** The state after a byte that is part of nothing, so that a field's first byte stands after a boundary. */
  readonly #start: number;
  readonly states: number;

  /** `groups[n]` are the triggers that raise bit n; at most 31 groups. */
  constructor(groups: readonly (readonly Trigger[])[]) {
    const built = buildAutomaton(groups);
    this.#next = built.next;
    this.#byteClass = built.byteClass;
    this.#firstAccepting = built.firstAccepting;
    this.#bits = built.bits;
    this.#longest = Math.max(...groups.flat().map((steps) => steps.length));
    this.#start = built.start;
    this.states = built.states;
  }

  /** Whether any trigger occurs in `bytes[start, end)`. */
  any(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < MIN_LANES_BYTES) return this.#anyIn(bytes, start, end, this.#start);
    return this.#anyInLanes(bytes, start, end);
  }

  /** The bits of every trigger that occurs in `bytes[start, end)`. */
  bits(bytes: Uint8Array, start: number, end: number): number {
    const next = this.#next;
    const byteClass = this.#byteClass;
    const accepting = this.#firstAccepting;
    let row = this.#start;
    let bits = 0;
    for (let i = start; i < end; i++) {
      row = next[row + byteClass[bytes[i]!]!]!;
      if (row >= accepting) bits |= this.#bits[row]!;
    }
    return bits;
  }

  #anyIn(bytes: Uint8Array, start: number, end: number, state: number): boolean {
    const next = this.#next;
    const byteClass = this.#byteClass;
    const accepting = this.#firstAccepting;
    let row = state;
    for (let i = start; i < end; i++) {
      row = next[row + byteClass[bytes[i]!]!]!;
      if (row >= accepting) return true;
    }
    return false;
  }

  /**
   * Four quarters at once: one look-up waits for the one before it, and four that do not wait for one another take as
   * long as one. Each quarter's state at its end goes on into the next, until nothing of a trigger is left.
   */
  #anyInLanes(bytes: Uint8Array, start: number, end: number): boolean {
    const next = this.#next;
    const byteClass = this.#byteClass;
    const accepting = this.#firstAccepting;
    const lane = (end - start) >> 2;
    let a = this.#start;
    let b = a;
    let c = a;
    let d = a;
    const second = start + lane;
    const third = second + lane;
    const fourth = third + lane;
    for (let i = 0; i < lane; i++) {
      a = next[a + byteClass[bytes[start + i]!]!]!;
      b = next[b + byteClass[bytes[second + i]!]!]!;
      c = next[c + byteClass[bytes[third + i]!]!]!;
      d = next[d + byteClass[bytes[fourth + i]!]!]!;
      if (a >= accepting || b >= accepting || c >= accepting || d >= accepting) return true;
    }
    return (
      this.#anyIn(bytes, second, Math.min(end, second + this.#longest), a) ||
      this.#anyIn(bytes, third, Math.min(end, third + this.#longest), b) ||
      this.#anyIn(bytes, fourth, Math.min(end, fourth + this.#longest), c) ||
      this.#anyIn(bytes, fourth + lane, end, d)
    );
  }
}

/** Fewer bytes than this are not worth dividing. */
const MIN_LANES_BYTES = 512;
