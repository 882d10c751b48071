/** What a verification found, in words for the person who asked. */
export type Verdict = 'PASS' | 'FAIL' | 'INCOMPLETE';

export interface Finding {
  /** `fail`: this is not what was recorded. `incomplete`: something is not there to be checked. */
  readonly severity: 'fail' | 'incomplete';
  readonly message: string;
  /** In the session's file, from 1. */
  readonly line?: number;
  /** The first byte of that line in the file, and the one after its last. */
  readonly from?: number;
  readonly to?: number;
}

export interface Step {
  readonly id: string;
  /** What is checked, as a claim: `The checkpoint is signed by the log's key`. */
  readonly title: string;
  /** Absent while it runs. */
  readonly verdict?: Verdict;
  /** What was counted or compared. */
  readonly detail?: string;
  /** At most `MAX_FINDINGS`, the first ones. */
  readonly findings: readonly Finding[];
}

export interface Report {
  readonly verdict: Verdict;
  readonly steps: readonly Step[];
}

/** Told of each step when it begins, as it goes on and when it ends. */
export type OnStep = (step: Step) => void;

export const MAX_FINDINGS = 100;

export function fail(message: string, place: Omit<Finding, 'severity' | 'message'> = {}): Finding {
  return { severity: 'fail', message, ...place };
}

export function incomplete(message: string, place: Omit<Finding, 'severity' | 'message'> = {}): Finding {
  return { severity: 'incomplete', message, ...place };
}

export function verdictOf(findings: readonly { readonly severity: Finding['severity'] }[]): Verdict {
  if (findings.some(({ severity }) => severity === 'fail')) return 'FAIL';
  return findings.length > 0 ? 'INCOMPLETE' : 'PASS';
}

interface StepResult {
  readonly detail: string;
  readonly findings: readonly Finding[];
}

/** Runs steps one after the other and gathers what they found. A step that breaks has failed, and says how. */
export class StepRunner {
  readonly #steps: Step[] = [];
  readonly #onStep: OnStep;
  #findings: Finding[] = [];

  constructor(onStep: OnStep = () => undefined) {
    this.#onStep = onStep;
  }

  /** True where the step passed. `progress` says how far it is. */
  async run(
    id: string,
    title: string,
    check: (progress: (detail: string) => void) => Promise<StepResult>,
  ): Promise<boolean> {
    this.#onStep({ id, title, findings: [] });
    const { detail, findings } = await this.#attempt(check, (text) =>
      this.#onStep({ id, title, detail: text, findings: [] }),
    );
    this.#findings = [...this.#findings, ...findings];
    const verdict = verdictOf(findings);
    const step = { id, title, verdict, detail, findings: findings.slice(0, MAX_FINDINGS) };
    this.#steps.push(step);
    this.#onStep(step);
    return verdict === 'PASS';
  }

  report(): Report {
    return { verdict: verdictOf(this.#findings), steps: this.#steps };
  }

  async #attempt(
    check: (progress: (detail: string) => void) => Promise<StepResult>,
    progress: (detail: string) => void,
  ): Promise<StepResult> {
    try {
      return await check(progress);
    } catch (cause) {
      // What comes from the gateway may hold anything: what cannot even be checked was not verified.
      if (cause instanceof Unreadable) return { detail: 'Could not be read.', findings: [incomplete(cause.message)] };
      const why = cause instanceof Error ? cause.message : String(cause);
      return { detail: 'Could not be checked.', findings: [fail(`This cannot be checked: ${why}`)] };
    }
  }
}

/** Something that is needed could not be fetched: that is no proof of a change, and no proof of none. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}
