import type { RefusalCode } from './refusal.ts';

/** `mask` names classes and detectors; the mask applies to columns of those classes and to what those find. */
export type Obligation =
  | { readonly kind: 'mask'; readonly classes: readonly string[] }
  | ApproveObligation
  | SessionObligation
  | { readonly kind: 'limit'; readonly budgets: readonly Budget[] };

/** What must be in force in the target's session while the request runs there; as docs/reference/policy.md says. */
export interface SessionObligation {
  readonly kind: 'session';
  readonly statementTimeoutMs?: number;
  readonly lockTimeoutMs?: number;
  readonly idleInTransactionTimeoutMs?: number;
  /** The target refuses writes. */
  readonly readOnly?: true;
  /** Each result of a read ends after so many rows. */
  readonly rows?: number;
  /** The target's own lists of sessions name the run. */
  readonly name?: true;
}

/** People of the group must approve the exact request before it is forwarded. */
export interface ApproveObligation {
  readonly kind: 'approve';
  readonly group: string;
  /** Distinct people. */
  readonly quorum: number;
  /** How long the request waits for them, and how long what they approved may be used. */
  readonly withinMs: number;
  /** True where the run's own actor may approve. */
  readonly allowActor: boolean;
  /** True where rows may be counted by running the request in a transaction that is rolled back. */
  readonly measureRows: boolean;
  /** True where a channel's message may carry the text with its literals. */
  readonly showText: boolean;
}

/**
 * What budgets count. `rowsRead`: rows in replies; `rowsChanged`: as the target tells them; `bytes`: of the reply that
 * carry data; `statements`; `tables`: distinct ones.
 */
export type BudgetMeasure = 'rowsRead' | 'rowsChanged' | 'bytes' | 'statements' | 'tables';

/** What may be spent at most, and on what. It belongs to its rule: those of two rules count apart. */
export interface Budget {
  readonly rule: string;
  readonly measure: BudgetMeasure;
  readonly most: number;
  /** Each statement by itself, all of a run together, or all runs in a target together. */
  readonly per: 'statement' | 'run' | 'target';
  /** Counts what was spent in the time before now, sliding; absent: as long as the run lasts. */
  readonly withinMs?: number;
  /** Whom to ask for as much again once it is used up; absent: what crosses it is refused. */
  readonly exceeded?: Omit<ApproveObligation, 'kind'>;
}

export type Decision = Permit | Deny;

export interface Permit {
  readonly effect: 'permit';
  /** The rules that matched, by name. */
  readonly rules: readonly string[];
  readonly obligations: readonly Obligation[];
  /** SHA-256 of the policy set that decided, hex. */
  readonly policy: string;
}

export interface Deny {
  readonly effect: 'deny';
  readonly code: RefusalCode;
  readonly rules: readonly string[];
  readonly reason: string;
  readonly hint?: string;
  readonly policy: string;
}
