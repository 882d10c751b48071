import type { Decision, Deny } from '../model/decision.ts';
import type { Request } from '../model/request.ts';

/**
 * How a request is decided in a session that asks people and runs nothing: what would need nobody's approval is refused
 * there, so that no permit of such a session lets anything pass but by a hold, which lets nothing pass either.
 */
export function askOnly(decision: Decision, { preparesOnly }: Pick<Request, 'preparesOnly'>): Decision {
  if (decision.effect === 'deny') return decision;
  const { rules, policy } = decision;
  // People are asked for what runs: what only prepares it would pass unasked.
  if (preparesOnly) return { ...UNASKABLE, rules, policy };
  return decision.obligations.some(({ kind }) => kind === 'approve') ? decision : { ...UNNEEDED, rules, policy };
}

const UNASKABLE: Omit<Deny, 'rules' | 'policy'> = {
  effect: 'deny',
  code: 'protocol-unsupported',
  reason: 'what only prepares a statement cannot be asked for',
};

const UNNEEDED: Omit<Deny, 'rules' | 'policy'> = {
  effect: 'deny',
  code: 'approval-unneeded',
  reason: 'the policy permits this without an approval, so nobody was asked, and nothing was executed',
  hint: 'Make the request itself.',
};
