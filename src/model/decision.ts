import type { RefusalCode } from './refusal.ts';

/** `mask` names classes and detectors; the mask applies to columns of those classes and to what those find. */
export type Obligation =
  | { readonly kind: 'mask'; readonly classes: readonly string[] }
  | ApproveObligation
  | { readonly kind: 'limit'; readonly limits: Readonly<Record<string, number>> };

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
