import type { Seeded } from './seeded.ts';

/** A text, and what a detector must find in it: nothing, for a hard negative. */
export interface Case {
  readonly text: string;
  /** The name of the column that the text is a value of. */
  readonly column?: string;
  readonly expected: readonly string[];
  /** What kind of text it is, for the report. */
  readonly kind: string;
}

/** A value that must be found, or must not, and what people call it. */
export interface Sample {
  readonly value: string;
  /** What of it is to be found, where that is not all. */
  readonly secret?: string;
  readonly kind: string;
  /** A number of something else, so that the detector's labels do not stand before it. */
  readonly isOther?: true;
}

export interface Maker {
  /** What stands before a value: words of several languages, and names of columns. */
  readonly labels: readonly string[];
  readonly positive: (seeded: Seeded) => Sample;
  readonly negative: (seeded: Seeded) => Sample;
  /** True where a value is found by its label alone, so that each surrounding has one. */
  readonly needsLabel?: true;
}
