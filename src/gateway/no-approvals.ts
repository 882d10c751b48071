import { Refused } from '../model/refusal.ts';
import type { ApprovalDesk } from './control-plane.ts';

/** A desk with nobody behind it: what needs an approval is refused. */
export const NO_APPROVALS: ApprovalDesk = {
  hold: ({ obligations }) =>
    Promise.reject(
      new Refused({
        code: 'approval-unavailable',
        message: `this needs the approval of ${obligations.map(({ group }) => group).join(' and ')}, and this gateway has no approver to ask`,
        hint: 'Ask an operator to run it, or use a statement that the policy permits.',
      }),
    ),
};
