import type { ApprovalDesk } from '../../src/gateway/control-plane.ts';
import { Refused } from '../../src/model/refusal.ts';

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
