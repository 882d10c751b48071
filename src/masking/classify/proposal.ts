import type { DetectorHits } from './sample-evidence.ts';

/** `high`: values and name agree, or values alone leave no doubt. `low`: a hint that somebody has to look at. */
export const CONFIDENCES = ['low', 'medium', 'high'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/** A class for a column, how sure, and why. */
export interface Verdict {
  readonly class: string;
  readonly confidence: Confidence;
  readonly why: readonly string[];
}

/** A class for one column, with its evidence. Nothing of it shows a value. */
export interface ClassProposal {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  /** The type, and the domain where it has one. */
  readonly type: string;
  readonly class: string;
  readonly confidence: Confidence;
  /** Each a sentence without an end. */
  readonly why: readonly string[];
  /** Sampled values that were neither null nor empty. */
  readonly values: number;
  readonly hits: readonly DetectorHits[];
  /** What its values look like: `a***@***.com`. */
  readonly shape?: string;
  /** The class that the target gives it already. */
  readonly classified?: string;
}
