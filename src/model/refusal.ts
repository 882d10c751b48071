/**
 * Why the gateway says no: a closed list, shown to clients, recorded, and explained in docs/reference/refusals.md.
 * A refusal is a value and an expected outcome; a fault (see fault.ts) is an error of ours or of the upstream.
 */
export const REFUSAL_CODES = [
  // admission
  'claim-missing',
  'claim-invalid',
  'claim-expired',
  'claim-replayed',
  'issuer-unknown',
  'trust-denied',
  'grant-revoked',
  'target-unknown',
  'target-not-granted',
  'connection-limit',
  // decision
  'policy-denied',
  'policy-no-match',
  'policy-error',
  'request-unknown',
  'request-unparsable',
  'request-undeclared',
  'obligation-unmet',
  'budget-exceeded',
  'budget-unavailable',
  'approval-unavailable',
  'approval-denied',
  'approval-expired',
  'approval-cancelled',
  'approval-pending',
  'approval-void',
  'approval-unneeded',
  'definition-unaccepted',
  // an answer to an approval
  'approval-unknown',
  'approval-over',
  'approval-changed',
  'approval-not-yours',
  'approval-answered',
  // the record
  'record-unavailable',
  // the wire
  'protocol-unsupported',
  'protocol-malformed',
  'too-large',
  'mask-impossible',
  // the run of things
  'draining',
  'session-ended',
  'upstream-unavailable',
  'rate-limited',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

export interface Refusal {
  readonly code: RefusalCode;
  /** One sentence for the person or agent on the other side; carries no secret and no detail of the upstream. */
  readonly message: string;
  /** The rule that decided, by its name in the policy. */
  readonly rule?: string;
  /** What to do instead. */
  readonly hint?: string;
  /** What the record's line says in place of `message`, where that one names people: it goes into an erasable body. */
  readonly impersonal?: string;
}

/** Carries a refusal out of a function whose result is something else (admission, token exchange). */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`${refusal.code}: ${refusal.message}`);
    this.name = 'Refused';
    this.refusal = refusal;
  }
}
