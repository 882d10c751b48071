/** What verifying a bundle found, for people and for programs. */
import type { RunSummary } from '../../bundle/run-summary.ts';

export type Verdict = 'PASS' | 'FAIL' | 'INCOMPLETE';

export interface Finding {
  /**
   * `fail`: this is not what was recorded. `incomplete`: something that is needed is not there. `note`: worth knowing,
   * and no reason for either.
   */
  readonly severity: 'fail' | 'incomplete' | 'note';
  /** Within the bundle. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  readonly message: string;
}

export const STEPS = [
  ['archive', 'The archive can be read in one way only'],
  ['contents', 'Every file is the one that the manifest names'],
  ['statement', 'The statement about the manifest is signed'],
  ['checkpoint', 'The log that was witnessed is the one you trust'],
  ['log', 'Everything that the log says of the run is in it'],
  ['sessions', 'Every line of every session is as it was recorded'],
  ['bodies', 'What was sent and answered is what the lines commit to'],
  ['decisions', 'Every request was decided, and what is stated adds up'],
  ['identity', 'The run is the CI job that it says'],
  ['time', 'An authority of yours saw the statement in time'],
] as const;

export type StepId = (typeof STEPS)[number][0];

export interface Step {
  readonly id: StepId;
  readonly title: string;
  /** `SKIPPED`: not checked, for a reason that the detail says; it is no reason for another verdict of the whole. */
  readonly verdict: Verdict | 'SKIPPED';
  readonly detail: string;
  readonly findings: readonly Finding[];
}

export interface Withheld {
  readonly file: string;
  /** `erased`, `role`, `asked`, as the bundle says; `no-key` where the file is here and its key is not. */
  readonly why: string;
  /** Of an erasure, as the log says it. */
  readonly by?: string;
  readonly at?: string;
  readonly reason?: string;
}

export interface BundleTotals {
  files: number;
  bytes: number;
  entries: number;
  sessions: number;
  events: number;
  requests: number;
  /** Bodies that were opened and are what was committed to. */
  bodies: number;
  /** Bodies that nobody could open here, and those that were never kept. */
  withheldBodies: number;
  lostBodies: number;
  unknownOutcomes: number;
}

export interface BundleReport {
  readonly kind: 'bundle';
  readonly verdict: Verdict;
  /** `own`: every key was the verifier's. `bundle`: some that count were the bundle's own, which proves little. */
  readonly keys: 'own' | 'bundle';
  readonly steps: readonly Step[];
  readonly run?: {
    readonly id: string;
    readonly openedAt: string;
    readonly closedAt?: string;
    readonly termination?: string;
    /** As the sessions say it. */
    readonly workload?: Readonly<Record<string, string>>;
  };
  readonly log?: {
    readonly origin: string;
    readonly size: number;
    readonly root: string;
    /** RFC 3339. */
    readonly witnesses: readonly { readonly name: string; readonly at: string }[];
  };
  /** RFC 3339: when timestamp authorities saw the statement. */
  readonly timestamps: readonly string[];
  readonly summary?: RunSummary;
  readonly totals: Readonly<BundleTotals>;
  readonly withheld: readonly Withheld[];
  /** Findings beyond those that a step keeps. */
  readonly moreFindings: number;
}

const MAX_FINDINGS_OF_A_STEP = 100;

/** Gathers what the steps find, in their order. */
export class ReportWriter {
  readonly totals: BundleTotals = {
    files: 0,
    bytes: 0,
    entries: 0,
    sessions: 0,
    events: 0,
    requests: 0,
    bodies: 0,
    withheldBodies: 0,
    lostBodies: 0,
    unknownOutcomes: 0,
  };
  readonly withheld: Withheld[] = [];
  readonly timestamps: string[] = [];
  run: BundleReport['run'];
  log: BundleReport['log'];
  summary: RunSummary | undefined;
  keys: BundleReport['keys'] = 'own';
  readonly #steps = new Map<StepId, { findings: Finding[]; failed: boolean; incomplete: boolean }>();
  readonly #done: Step[] = [];
  readonly #onStep: (step: Step) => void;
  #more = 0;

  constructor(onStep: (step: Step) => void) {
    this.#onStep = onStep;
  }

  fail(step: StepId, message: string, place: Pick<Finding, 'file' | 'line'> = {}): void {
    this.#of(step).failed = true;
    this.#add(step, { severity: 'fail', ...place, message });
  }

  incomplete(step: StepId, message: string, place: Pick<Finding, 'file' | 'line'> = {}): void {
    this.#of(step).incomplete = true;
    this.#add(step, { severity: 'incomplete', ...place, message });
  }

  note(step: StepId, message: string, place: Pick<Finding, 'file' | 'line'> = {}): void {
    this.#add(step, { severity: 'note', ...place, message });
  }

  /** Ends a step. `skipped` counts where nothing was found against it. */
  end(id: StepId, detail: string, skipped = false): void {
    const { failed, incomplete, findings } = this.#of(id);
    const good = skipped ? 'SKIPPED' : 'PASS';
    const verdict = failed ? 'FAIL' : incomplete ? 'INCOMPLETE' : good;
    const title = STEPS.find(([step]) => step === id)?.[1] ?? id;
    const step: Step = { id, title, verdict, detail, findings };
    this.#done.push(step);
    this.#onStep(step);
  }

  /** True where nothing was found against a step so far. */
  isGood(step: StepId): boolean {
    return !this.#of(step).failed;
  }

  report(): BundleReport {
    const { run, log, summary, keys, timestamps, totals, withheld } = this;
    return {
      kind: 'bundle',
      verdict: this.#verdict(),
      keys,
      steps: this.#done,
      ...(run === undefined ? {} : { run }),
      ...(log === undefined ? {} : { log }),
      timestamps,
      ...(summary === undefined ? {} : { summary }),
      totals,
      withheld,
      moreFindings: this.#more,
    };
  }

  /** A step that never ran is as good as missing. */
  #verdict(): Verdict {
    const all = [...this.#steps.values()];
    if (all.some(({ failed }) => failed)) return 'FAIL';
    return all.some(({ incomplete }) => incomplete) || this.#done.length < STEPS.length ? 'INCOMPLETE' : 'PASS';
  }

  #of(id: StepId): { findings: Finding[]; failed: boolean; incomplete: boolean } {
    const known = this.#steps.get(id) ?? { findings: [], failed: false, incomplete: false };
    this.#steps.set(id, known);
    return known;
  }

  #add(step: StepId, finding: Finding): void {
    const { findings } = this.#of(step);
    if (findings.length < MAX_FINDINGS_OF_A_STEP) findings.push(finding);
    else this.#more++;
  }
}
