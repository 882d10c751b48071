import type { RefusalCode } from './refusal.ts';

/** `mask` names classes and detectors; the mask applies to columns of those classes and to what those find. */
export type Obligation =
  | { readonly kind: 'mask'; readonly classes: readonly string[] }
  | { readonly kind: 'approve'; readonly group: string; readonly quorum: number; readonly withinMs: number }
  | { readonly kind: 'limit'; readonly limits: Readonly<Record<string, number>> };

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
