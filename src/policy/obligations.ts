import type { ApproveObligation, Budget, Obligation } from '../model/decision.ts';
import type { Policy } from './policy.ts';
import { sessionObligationOf } from './session-obligation.ts';

/** What the policies demand together: masks unite, the most demanding approval of a group counts, and every budget does. */
export function obligationsOf(policies: readonly Policy[]): readonly Obligation[] {
  const classes = new Set(policies.flatMap((policy) => policy.mask ?? []));
  const approvals = new Map<string, Omit<ApproveObligation, 'kind'>>();
  const budgets: Budget[] = [];
  for (const { name, approve, limit = [] } of policies) {
    if (approve !== undefined) {
      const before = approvals.get(approve.group);
      approvals.set(approve.group, {
        group: approve.group,
        quorum: Math.max(approve.quorum, before?.quorum ?? 0),
        withinMs: Math.min(approve.withinMs, before?.withinMs ?? Number.POSITIVE_INFINITY),
        // What one rule forbids, no other allows.
        allowActor: approve.allowActor && (before?.allowActor ?? true),
        measureRows: approve.measureRows && (before?.measureRows ?? true),
        showText: approve.showText && (before?.showText ?? true),
      });
    }
    for (const budget of limit) budgets.push({ rule: name, ...budget });
  }
  const obligations: Obligation[] = [];
  if (classes.size > 0) obligations.push({ kind: 'mask', classes: [...classes].sort() });
  for (const [, approve] of [...approvals].sort(byKey)) obligations.push({ kind: 'approve', ...approve });
  const session = sessionObligationOf(policies);
  if (session !== undefined) obligations.push(session);
  if (budgets.length > 0) obligations.push({ kind: 'limit', budgets });
  return obligations;
}

function byKey(one: readonly [string, unknown], other: readonly [string, unknown]): number {
  return one[0] < other[0] ? -1 : 1;
}
