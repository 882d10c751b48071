import type { RunCoverage } from '../isolation/coverage.ts';
import type { RunOutcome } from './run-outcome.ts';

/** What a summary tells; what is absent is told as not known. */
export interface SummaryFacts {
  readonly runId: string;
  readonly runUrl: string;
  /** The principal, for people. */
  readonly display: string;
  readonly demo: boolean;
  /** Names, in the order in which they were asked for. */
  readonly targets: readonly string[];
  readonly exitStatus: number;
  readonly outcome?: RunOutcome;
  /** Why there is no outcome. */
  readonly outcomeMissing?: string;
  readonly evidence?: SummaryEvidence;
  readonly coverage: RunCoverage;
  /** What somebody should look at, each a sentence. */
  readonly warnings: readonly string[];
}

export interface SummaryEvidence {
  readonly file: string;
  /** Hex. */
  readonly sha256: string;
  /** PASS, FAIL or INCOMPLETE, where it was verified here already. */
  readonly verdict?: string;
}
