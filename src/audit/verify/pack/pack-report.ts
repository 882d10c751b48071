/** What verifying an auditor's pack found, for people and for programs. */
import type { BundleReport, Finding, Verdict } from '../bundle/report.ts';

export const PACK_STEPS = [
  ['archive', 'The archive can be read in one way only'],
  ['contents', 'Every file is the one that the pack names'],
  ['checkpoint', 'The log is the one that you trust'],
  ['range', 'Every entry of the span is here, and in the log'],
  ['population', 'What the pack says follows from these entries'],
  ['policies', 'Every policy that was in force is here'],
  ['samples', 'The sample is the one that is drawn, and verifies'],
  ['report', 'What the gateway’s own verifier found agrees'],
] as const;

export type PackStepId = (typeof PACK_STEPS)[number][0];

export interface PackStep {
  readonly id: PackStepId;
  readonly title: string;
  readonly verdict: Verdict;
  readonly detail: string;
  readonly findings: readonly Finding[];
}

export interface PackReport {
  readonly kind: 'pack';
  readonly verdict: Verdict;
  /** `own`: every key was the verifier's. `bundle`: the pack's own, which proves little. */
  readonly keys: BundleReport['keys'];
  readonly steps: readonly PackStep[];
  readonly pack?: {
    readonly origin: string;
    readonly control: string;
    readonly span: { readonly from: string; readonly to: string };
  };
  readonly log?: BundleReport['log'];
  readonly totals: Readonly<PackTotals>;
  readonly samples: readonly { readonly run: string; readonly verdict: Verdict }[];
  readonly moreFindings: number;
}

export interface PackTotals {
  files: number;
  bytes: number;
  entries: number;
  runs: number;
  unterminated: number;
  gaps: number;
}

const MAX_FINDINGS_OF_A_STEP = 100;

/** Gathers what the steps find. */
export class PackReportWriter {
  readonly totals: PackTotals = { files: 0, bytes: 0, entries: 0, runs: 0, unterminated: 0, gaps: 0 };
  readonly samples: { readonly run: string; readonly verdict: Verdict }[] = [];
  pack: PackReport['pack'];
  log: BundleReport['log'];
  keys: BundleReport['keys'] = 'own';
  readonly #found = new Map<PackStepId, Finding[]>();
  readonly #failed = new Set<PackStepId>();
  readonly #incomplete = new Set<PackStepId>();
  readonly #ended = new Map<PackStepId, string>();
  #more = 0;

  fail(step: PackStepId, message: string, file?: string): void {
    this.#failed.add(step);
    this.#add(step, { severity: 'fail', ...(file === undefined ? {} : { file }), message });
  }

  incomplete(step: PackStepId, message: string, file?: string): void {
    this.#incomplete.add(step);
    this.#add(step, { severity: 'incomplete', ...(file === undefined ? {} : { file }), message });
  }

  note(step: PackStepId, message: string): void {
    this.#add(step, { severity: 'note', message });
  }

  end(step: PackStepId, detail: string): void {
    this.#ended.set(step, detail);
  }

  report(): PackReport {
    const steps = PACK_STEPS.flatMap(([id, title]): readonly PackStep[] => {
      const detail = this.#ended.get(id) ?? (this.#found.has(id) ? 'broken off' : undefined);
      if (detail === undefined) return [];
      return [{ id, title, verdict: this.#verdictOf(id), detail, findings: this.#found.get(id) ?? [] }];
    });
    const { pack, log, keys, totals, samples } = this;
    return {
      kind: 'pack',
      verdict: this.#verdict(),
      keys,
      steps,
      ...(pack === undefined ? {} : { pack }),
      ...(log === undefined ? {} : { log }),
      totals,
      samples,
      moreFindings: this.#more,
    };
  }

  /** A step that never ended is as good as missing. */
  #verdict(): Verdict {
    if (this.#failed.size > 0) return 'FAIL';
    return this.#incomplete.size > 0 || this.#ended.size < PACK_STEPS.length ? 'INCOMPLETE' : 'PASS';
  }

  #verdictOf(step: PackStepId): Verdict {
    if (this.#failed.has(step)) return 'FAIL';
    return this.#incomplete.has(step) || !this.#ended.has(step) ? 'INCOMPLETE' : 'PASS';
  }

  #add(step: PackStepId, finding: Finding): void {
    const found = this.#found.get(step) ?? [];
    this.#found.set(step, found);
    if (found.length < MAX_FINDINGS_OF_A_STEP) found.push(finding);
    else this.#more++;
  }
}
