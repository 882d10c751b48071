/** What falls into each of the equal slices of a span of time. */
export interface Density {
  /** How many moments, by slice. */
  readonly counts: Uint32Array;
  /** Their marks together, by slice. */
  readonly marks: Uint8Array;
  /** The most in one slice; at least 1. */
  readonly most: number;
}

export interface Moment {
  readonly ms: number;
  readonly marks: number;
}

/** Counts moments in `slices` slices of [`fromMs`, `toMs`]; what lies outside is left out. */
export function densityOf(moments: Iterable<Moment>, fromMs: number, toMs: number, slices: number): Density {
  const counts = new Uint32Array(slices);
  const marks = new Uint8Array(slices);
  const span = Math.max(toMs - fromMs, 1e-9);
  let most = 1;
  for (const { ms, marks: marked } of moments) {
    if (ms < fromMs || ms > toMs) continue;
    const slice = Math.min(slices - 1, Math.floor(((ms - fromMs) / span) * slices));
    const count = (counts[slice] ?? 0) + 1;
    counts[slice] = count;
    marks[slice] = (marks[slice] ?? 0) | marked;
    if (count > most) most = count;
  }
  return { counts, marks, most };
}
