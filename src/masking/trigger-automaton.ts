import type { Trigger } from './triggers.ts';

/** A deterministic automaton as tables. A row is a state's successors by class of byte. */
export interface Automaton {
  readonly next: Uint32Array;
  readonly byteClass: Uint8Array;
  /** Rows from here on are of states in which a trigger has just ended. */
  readonly firstAccepting: number;
  /** Which groups of triggers have just ended, as bits, by row. */
  readonly bits: Int32Array;
  /** The row of the state after a byte that is part of nothing. */
  readonly start: number;
  readonly states: number;
}

/**
 * The places that a scan may be at (Glushkov): one for each step of each trigger, and one for each trigger's end. A step
 * that takes a byte leads to the place after it.
 */
interface Places {
  /** The classes of bytes that a place's step takes; none at an end. */
  readonly takes: readonly (readonly number[])[];
  /** A place, and those that are reached from it by leaving optional steps out. */
  readonly reach: readonly (readonly number[])[];
  /** The bit of the group whose trigger ends at a place, or 0. */
  readonly raises: readonly number[];
  /** A trigger may begin anywhere, so these are in every state; they are not written down in it. */
  readonly starts: ReadonlySet<number>;
}

/**
 * A state is what any scan is at after its last byte, whatever came before (`fresh`), and what it is at besides. Most
 * states are told apart by few places, so writing only those down keeps building fast.
 */
interface State {
  readonly fresh: Fresh;
  readonly besides: readonly number[];
  readonly raised: number;
  readonly to: number[];
}

/** The places after one byte from anywhere, shared by the classes of bytes for which they are the same. */
interface Fresh {
  readonly id: number;
  readonly places: ReadonlySet<number>;
}

/** A byte that is part of no trigger. */
const BOUNDARY = 10;

/** Subset construction. `groups[n]` are the triggers that raise bit n; at most 31 groups. */
export function buildAutomaton(groups: readonly (readonly Trigger[])[]): Automaton {
  const { byteClass, samples } = classesOf(groups.flat());
  const places = placesOf(groups, samples);
  const freshAfter = freshOf(places, samples.length);
  const states: State[] = [];
  const known = new Map<string, number>();
  const stateOf = (fresh: Fresh, besides: readonly number[]): number => {
    const key = String.fromCharCode(fresh.id, ...besides);
    const found = known.get(key);
    if (found !== undefined) return found;
    known.set(key, states.length);
    let raised = 0;
    for (const place of fresh.places) raised |= places.raises[place]!;
    for (const place of besides) raised |= places.raises[place]!;
    return states.push({ fresh, besides, raised, to: [] }) - 1;
  };
  // What the fresh part of a state moves to, by that part and the class of the byte.
  const moves = new Map<Fresh, readonly { readonly places: readonly number[]; readonly state: number }[]>();
  const movesOf = (fresh: Fresh): readonly { readonly places: readonly number[]; readonly state: number }[] => {
    const kept = moves.get(fresh);
    if (kept !== undefined) return kept;
    const moved = byClass([...fresh.places], places, samples.length);
    const all = freshAfter.map((next, column) => {
      const reached = after(moved[column]!, [], next, places);
      return { places: reached, state: stateOf(next, reached) };
    });
    moves.set(fresh, all);
    return all;
  };
  stateOf({ id: NOTHING, places: new Set() }, []);
  for (let at = 0; at < states.length; at++) {
    const { fresh, besides, to } = states[at]!;
    const base = movesOf(fresh);
    const moved = byClass(besides, places, samples.length);
    for (const [column, next] of freshAfter.entries()) {
      const from = moved[column]!;
      const own = base[column]!;
      to.push(from.length === 0 ? own.state : stateOf(next, after(from, own.places, next, places)));
    }
  }
  return pack(states, states[0]!.to[byteClass[BOUNDARY]!]!, byteClass, samples.length);
}

/** The id of the fresh part before the first byte. */
const NOTHING = 0xffff;

function freshOf(places: Places, classes: number): readonly Fresh[] {
  const known = new Map<string, Fresh>();
  return byClass([...places.starts], places, classes).map((from) => {
    const reached = after(from, [], undefined, places);
    const key = reached.join();
    const fresh = known.get(key) ?? { id: known.size, places: new Set(reached) };
    known.set(key, fresh);
    return fresh;
  });
}

/** The places of `from` whose steps take a byte, by its class. */
function byClass(from: readonly number[], { takes }: Places, classes: number): readonly (readonly number[])[] {
  const moved = Array.from({ length: classes }, () => NO_PLACES);
  for (const place of from) {
    for (const column of takes[place]!) {
      const others = moved[column]!;
      moved[column] = others.length === 0 ? [place] : [...others, place];
    }
  }
  return moved;
}

const NO_PLACES: readonly number[] = [];

/** `already`, and where the steps of `from` lead, ascending, without what `fresh` has and what is in every state. */
function after(
  from: readonly number[],
  already: readonly number[],
  fresh: Fresh | undefined,
  { reach, starts }: Places,
): readonly number[] {
  if (from.length === 0) return already;
  const reached = [...already];
  for (const place of from) {
    for (const next of reach[place + 1]!) {
      if (!starts.has(next) && fresh?.places.has(next) !== true && !reached.includes(next)) reached.push(next);
    }
  }
  return reached.sort((a, b) => a - b);
}

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
  const takes: number[][] = [];
  const reach: number[][] = [];
  const raises: number[] = [];
  const starts = new Set<number>();
  for (const [group, triggers] of groups.entries()) {
    for (const steps of triggers) {
      const first = takes.length;
      for (const step of steps) {
        takes.push([...samples.keys()].filter((column) => step.bytes[samples[column]!] === 1));
        raises.push(0);
      }
      takes.push([]);
      raises.push(1 << group);
      for (let at = 0; at <= steps.length; at++) {
        const own = [first + at];
        for (let skipped = at; steps[skipped]?.optional === true; skipped++) own.push(first + skipped + 1);
        reach.push(own);
      }
      for (const place of reach[first]!) starts.add(place);
    }
  }
  return { takes, reach, raises, starts };
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
