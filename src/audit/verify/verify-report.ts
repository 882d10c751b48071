/** What a verification found, for people and for programs. */
import type { LoggedErasure } from '../log/log-index.ts';

export type Verdict = 'PASS' | 'FAIL' | 'INCOMPLETE';

export interface Finding {
  /** `fail`: this is not what was recorded. `incomplete`: something is not there to be checked. */
  readonly severity: 'fail' | 'incomplete';
  /** Within the audit directory. */
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  /** In bytes from the start of the file. */
  readonly offset?: number;
  readonly message: string;
}

export interface Check {
  readonly name: string;
  readonly verdict: Verdict;
  readonly detail: string;
}

export interface VerifyTotals {
  logEntries: number;
  runs: number;
  sessions: number;
  events: number;
  requests: number;
  /** Exchanges that may have been forwarded and whose outcome nobody recorded. */
  unknownOutcomes: number;
  /** Bodies that were opened and are what was committed to. */
  bodies: number;
  /** Bodies whose key is gone, or that were not kept. */
  withheldBodies: number;
  lostBodies: number;
}

export interface VerifyReport {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  /** At most `MAX_FINDINGS`; `moreFindings` says how many were left out. */
  readonly findings: readonly Finding[];
  readonly moreFindings: number;
  readonly totals: Readonly<VerifyTotals>;
  /** Runs whose key is not here: their bodies are withheld, and everything else was checked. */
  readonly withheld: readonly string[];
  /** Those of them whose bodies were erased, as the log says: when, by whom and why. */
  readonly erased: readonly LoggedErasure[];
  /** Runs and sessions that are open while a gateway runs. */
  readonly live: readonly string[];
  /** Runs and sessions that were opened and never closed, and no gateway runs that could. */
  readonly unterminated: readonly string[];
  /** The checkpoint that all was checked against. */
  readonly checkpoint?: { readonly origin: string; readonly size: number; readonly root: string };
}

const MAX_FINDINGS = 1_000;

/** Gathers findings while checks run. */
export class Findings {
  readonly all: Finding[] = [];
  readonly checks: Check[] = [];
  readonly totals: VerifyTotals = {
    logEntries: 0,
    runs: 0,
    sessions: 0,
    events: 0,
    requests: 0,
    unknownOutcomes: 0,
    bodies: 0,
    withheldBodies: 0,
    lostBodies: 0,
  };
  more = 0;
  #failed = false;
  #incomplete = false;
  #checkFailed = false;
  #checkIncomplete = false;

  fail(file: string, message: string, place: { line?: number; offset?: number } = {}): void {
    this.#failed = true;
    this.#checkFailed = true;
    this.#add({ severity: 'fail', file, message, ...place });
  }

  incomplete(file: string, message: string, place: { line?: number; offset?: number } = {}): void {
    this.#incomplete = true;
    this.#checkIncomplete = true;
    this.#add({ severity: 'incomplete', file, message, ...place });
  }

  /** Ends a check: its verdict is that of the findings since the last one. */
  check(name: string, detail: string): void {
    this.checks.push({ name, verdict: verdictOf(this.#checkFailed, this.#checkIncomplete), detail });
    this.#checkFailed = false;
    this.#checkIncomplete = false;
  }

  get verdict(): Verdict {
    return verdictOf(this.#failed, this.#incomplete);
  }

  #add(finding: Finding): void {
    if (this.all.length < MAX_FINDINGS) this.all.push(finding);
    else this.more++;
  }
}

function verdictOf(failed: boolean, incomplete: boolean): Verdict {
  if (failed) return 'FAIL';
  return incomplete ? 'INCOMPLETE' : 'PASS';
}
