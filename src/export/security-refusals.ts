import type { RefusalCode } from '../model/refusal.ts';

/**
 * Refusals that somebody who watches should look at: a run tried what it may not, or what nobody could judge. The others
 * are of the day's work: a deadline, a draining gateway, a target that is away.
 */
const SECURITY: ReadonlySet<string> = new Set<RefusalCode>([
  'trust-denied',
  'target-not-granted',
  'grant-revoked',
  'policy-denied',
  'policy-no-match',
  'policy-error',
  'request-unknown',
  'request-unparsable',
  'request-undeclared',
  'obligation-unmet',
  'budget-exceeded',
  'approval-denied',
  'approval-void',
  'mask-impossible',
  'record-unavailable',
  'protocol-unsupported',
  'protocol-malformed',
  'too-large',
]);

export function isSecurityRefusal(code: string): boolean {
  return SECURITY.has(code);
}
