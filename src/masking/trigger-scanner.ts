import type { Trigger } from './triggers.ts';

/**
 * All triggers of a set of detectors as one deterministic automaton: a table look-up a byte, whatever the bytes are and
 * however many triggers there are. Immutable once built.
 */
export class TriggerScanner {
  /** Row of a byte's successor states: `next[row + byteClass]` is the row of the next state. */
  readonly #next: Uint16Array;
  readonly #byteClass: Uint8Array;
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
    this.#start = built.start;
    this.states = built.states;
  }

  /** Whether any trigger occurs in `bytes[start, end)`. */
  any(bytes: Uint8Array, start: number, end: number): boolean {
    const next = this.#next;
    const byteClass = this.#byteClass;
    const accepting = this.#firstAccepting;
    let row = this.#start;
    for (let i = start; i < end; i++) {
      row = next[row + byteClass[bytes[i]!]!]!;
      if (row >= accepting) return true;
    }
    return false;
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
}

interface Automaton {
  readonly next: Uint16Array;
  readonly byteClass: Uint8Array;
  readonly firstAccepting: number;
  readonly bits: Int32Array;
  readonly start: number;
  readonly states: number;
}

/** A place between two steps of a trigger. */
interface Place {
  readonly trigger: Trigger;
  readonly step: number;
  readonly group: number;
  readonly id: number;
  /** The place after the next step; absent at the end. */
  readonly next?: Place;
}

interface State {
  readonly places: readonly Place[];
  readonly bits: number;
  readonly to: number[];
}

/** Subset construction; the first place of every trigger is in every state, since a trigger may begin anywhere. */
function build(groups: readonly (readonly Trigger[])[]): Automaton {
  const starts = startsOf(groups);
  const { byteClass, samples } = classesOf(groups.flat());
  const states: State[] = [];
  const known = new Map<string, number>();
  const stateOf = (moved: readonly Place[]): number => {
    const closed = close([...starts, ...moved]);
    const key = closed.map((place) => place.id).join(' ');
    const found = known.get(key);
    if (found !== undefined) return found;
    let bits = 0;
    for (const place of closed) if (place.step === place.trigger.length) bits |= 1 << place.group;
    known.set(key, states.length);
    states.push({ places: closed, bits, to: [] });
    return states.length - 1;
  };
  const root = stateOf([]);
  for (let at = 0; at < states.length; at++) {
    const state = states[at]!;
    for (const byte of samples) state.to.push(stateOf(step(state.places, byte)));
  }
  return pack(states, states[root]!.to[byteClass[10]!]!, byteClass, samples.length);
}

/** Numbers the states, accepting ones last, and lays their successors out in one table. */
function pack(states: readonly State[], start: number, byteClass: Uint8Array, classes: number): Automaton {
  if (states.length * classes > 0xffff) throw new Error(`the triggers need ${states.length} states of ${classes}`);
  const order = [...states.keys()].sort((a, b) => Number(states[a]!.bits !== 0) - Number(states[b]!.bits !== 0));
  const rowOf = new Uint16Array(states.length);
  for (const [position, state] of order.entries()) rowOf[state] = position * classes;
  const next = new Uint16Array(states.length * classes);
  const bits = new Int32Array(states.length * classes);
  for (const [index, state] of states.entries()) {
    const row = rowOf[index]!;
    bits[row] = state.bits;
    for (const [column, to] of state.to.entries()) next[row + column] = rowOf[to]!;
  }
  const clean = states.filter((state) => state.bits === 0).length;
  return { next, byteClass, firstAccepting: clean * classes, bits, start: rowOf[start]!, states: states.length };
}

/** The first place of each trigger, linked to the others. */
function startsOf(groups: readonly (readonly Trigger[])[]): Place[] {
  let id = 0;
  return groups.flatMap((triggers, group) =>
    triggers.map((trigger) => {
      let place: Place = { trigger, step: trigger.length, group, id: id++ };
      for (let step = trigger.length - 1; step >= 0; step--) place = { trigger, step, group, id: id++, next: place };
      return place;
    }),
  );
}

/** Adds the places reached by leaving optional steps out; sorted, without repeats. */
function close(places: readonly Place[]): Place[] {
  const seen = new Map<number, Place>();
  const waiting = [...places];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (seen.has(place.id)) continue;
    seen.set(place.id, place);
    if (place.trigger[place.step]?.optional && place.next !== undefined) waiting.push(place.next);
  }
  return [...seen.values()].sort((a, b) => a.id - b.id);
}

function step(places: readonly Place[], byte: number): Place[] {
  const moved: Place[] = [];
  for (const place of places) {
    const current = place.trigger[place.step];
    if (current?.bytes[byte] !== 1 || place.next === undefined) continue;
    moved.push(current.loop ? place : place.next);
  }
  return moved;
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
