import type { Refusal, RefusalCode } from '../../model/refusal.ts';
import { errorResponse } from './messages.ts';

/** The SQLSTATE for each refusal (manual, appendix A); drivers branch on it, so it is part of the interface. */
const SQLSTATES: { readonly [Code in RefusalCode]: string } = {
  'claim-missing': '28000',
  'claim-invalid': '28P01',
  'claim-expired': '28000',
  'claim-replayed': '28000',
  'issuer-unknown': '28000',
  'trust-denied': '28000',
  'grant-revoked': '28000',
  'target-unknown': '3D000',
  'target-not-granted': '42501',
  'connection-limit': '53300',
  'policy-denied': '42501',
  'policy-no-match': '42501',
  'policy-error': '42501',
  'request-unknown': '42501',
  'request-unparsable': '42501',
  'request-undeclared': '42501',
  'obligation-unmet': '42501',
  'budget-exceeded': '53400',
  'budget-unavailable': '58030',
  'approval-unavailable': '42501',
  'approval-denied': '42501',
  'approval-expired': '42501',
  'approval-cancelled': '57014',
  'approval-pending': '57014',
  'approval-void': '42501',
  'approval-unneeded': '42501',
  'definition-unaccepted': '42501',
  'approval-unknown': '42501',
  'approval-over': '42501',
  'approval-changed': '42501',
  'approval-not-yours': '42501',
  'approval-answered': '42501',
  'record-unavailable': '58030',
  'protocol-unsupported': '0A000',
  'protocol-malformed': '08P01',
  'too-large': '54000',
  'mask-impossible': '42501',
  draining: '57P01',
  'session-ended': '57P01',
  'upstream-unavailable': '08006',
  'rate-limited': '53400',
};

/** A refusal in PostgreSQL's words. FATAL ends the connection after it; ERROR leaves it usable. */
export function refusalResponse(refusal: Refusal, severity: 'ERROR' | 'FATAL' = 'ERROR'): Buffer {
  return errorResponse({
    severity,
    code: SQLSTATES[refusal.code],
    message: `chaperone: ${refusal.message}`,
    detail: detailOf(refusal),
    hint: refusal.hint,
  });
}

function detailOf(refusal: Refusal): string {
  return refusal.rule === undefined
    ? `Refused: ${refusal.code}.`
    : `Refused: ${refusal.code}, by the rule "${refusal.rule}".`;
}
