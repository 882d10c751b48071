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
    const built = build(groups);
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

interface Automaton {
  readonly next: Uint32Array;
  readonly byteClass: Uint8Array;
  readonly firstAccepting: number;
  readonly bits: Int32Array;
  readonly start: number;
  readonly states: number;
}

interface State {
  /** The places that a scan may be at, as bits: one for each step of each trigger, and one for each trigger's end. */
  readonly places: bigint;
  readonly raised: number;
  readonly to: number[];
}

/** Glushkov's automaton of all triggers: a place's step leads to the next place, so that moving is shifting. */
interface Places {
  readonly starts: bigint;
  readonly optional: bigint;
  /** The end of each trigger. */
  readonly ends: readonly { readonly place: bigint; readonly group: number }[];
  /** The places whose step takes a byte, by class of byte. */
  readonly taking: readonly bigint[];
}

/** Fewer bytes than this are not worth dividing. */
const MIN_LANES_BYTES = 512;

/** Subset construction; the first place of every trigger is in every state, since a trigger may begin anywhere. */
function build(groups: readonly (readonly Trigger[])[]): Automaton {
  const { byteClass, samples } = classesOf(groups.flat());
  const places = placesOf(groups, samples);
  const states: State[] = [];
  const known = new Map<bigint, number[]>();
  const stateOf = (moved: bigint): number => {
    const closed = close(moved | places.starts, places);
    const folded = closed % PRIME;
    const alike = known.get(folded) ?? [];
    const found = alike.find((index) => states[index]!.places === closed);
    if (found !== undefined) return found;
    let raised = 0;
    for (const { place, group } of places.ends) if ((closed & place) !== 0n) raised |= 1 << group;
    known.set(folded, [...alike, states.length]);
    states.push({ places: closed, raised, to: [] });
    return states.length - 1;
  };
  stateOf(0n);
  for (let at = 0; at < states.length; at++) {
    const state = states[at]!;
    for (const taking of places.taking) {
      state.to.push(stateOf((state.places & taking) << 1n));
    }
  }
  return pack(states, states[0]!.to[byteClass[BOUNDARY]!]!, byteClass, samples.length);
}

/** A map hashes a BigInt by its lowest 64 bits alone, which most states share: a remainder brings the others in. */
const PRIME = 2n ** 64n - 59n;

/** A byte that is part of no trigger. */
const BOUNDARY = 10;

/** Numbers the states, accepting ones last, and lays their successors out in one table. */
function pack(states: readonly State[], start: number, byteClass: Uint8Array, classes: number): Automaton {
  const order = [...states.keys()].sort((a, b) => Number(states[a]!.raised !== 0) - Number(states[b]!.raised !== 0));
  const rowOf = new Uint32Array(states.length);
  for (const [position, state] of order.entries()) rowOf[state] = position * classes;
  const next = new Uint32Array(states.length * classes);
  const bits = new Int32Array(states.length * classes);
  for (const [index, state] of states.entries()) {
    const row = rowOf[index]!;
    bits[row] = state.raised;
    for (const [column, to] of state.to.entries()) next[row + column] = rowOf[to]!;
  }
  const clean = states.filter((state) => state.raised === 0).length;
  return { next, byteClass, firstAccepting: clean * classes, bits, start: rowOf[start]!, states: states.length };
}

function placesOf(groups: readonly (readonly Trigger[])[], samples: readonly number[]): Places {
  let starts = 0n;
  let optional = 0n;
  const ends: { place: bigint; group: number }[] = [];
  const taking = samples.map(() => 0n);
  let place = 1n;
  for (const [group, triggers] of groups.entries()) {
    for (const steps of triggers) {
      starts |= place;
      for (const step of steps) {
        if (step.optional) optional |= place;
        for (const [index, byte] of samples.entries()) if (step.bytes[byte] === 1) taking[index]! |= place;
        place <<= 1n;
      }
      ends.push({ place, group });
      place <<= 1n;
    }
  }
  return { starts, optional, ends, taking };
}

/** Adds the places reached by leaving optional steps out. */
function close(places: bigint, { optional }: Places): bigint {
  let closed = places;
  for (let skipped = closed & optional; skipped !== 0n; ) {
    const more = (skipped << 1n) & ~closed;
    closed |= more;
    skipped = more & optional;
  }
  return closed;
}

/** Bytes that no trigger tells apart share a class; `samples` holds one byte of each. */
function classesOf(triggers: readonly Trigger[]): { readonly byteClass: Uint8Array; readonly samples: number[] } {
  const sets = new Set(triggers.flat().map((step) => step.bytes));
  const byteClass = new Uint8Array(256);
  const samples: number[] = [];
  const known = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    let key = '';
    for (const set of sets) key += set[byte];
    const found = known.get(key);
    byteClass[byte] = found ?? samples.length;
    if (found !== undefined) continue;
    known.set(key, samples.length);
    samples.push(byte);
  }
  return { byteClass, samples };
}
