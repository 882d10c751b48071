import type { ApproveObligation } from '../model/decision.ts';
import { mintId } from '../model/ids.ts';
import type { Principal } from '../model/principal.ts';
import type { Body } from '../model/request.ts';
import type { ApprovalRow } from '../store/approval-rows.ts';
import { actorOf } from './actor.ts';
import { bodyPurpose, closeBody } from './filed-approval.ts';

/** Who asks people, for what target, and what they read. */
export interface Asking {
  readonly principal: Principal;
  readonly target: { readonly name: string; readonly protocol: string };
  readonly session: string;
  readonly obligations: readonly ApproveObligation[];
  readonly body: Body;
  readonly nowMs: number;
}

/** What tells the kinds of approvals apart. */
type OfKind = Pick<
  ApprovalRow,
  'kind' | 'access' | 'digest' | 'exchange' | 'holder' | 'operations' | 'context' | 'rules' | 'policy'
>;

interface RowParts {
  readonly gateway: string;
  readonly seal: (plain: string, boundTo: string) => string;
  readonly random: (bytes: number) => Uint8Array;
}

/** The row of an approval that nobody has answered, with an id of its own. */
export function pendingRow(asking: Asking, ofKind: OfKind, { gateway, seal, random }: RowParts): ApprovalRow {
  const { principal, target, session, obligations, body, nowMs } = asking;
  const { workload } = principal.run;
  const id = mintId('apr', nowMs, random);
  const now = new Date(nowMs).toISOString();
  return {
    ...ofKind,
    id,
    state: 'pending',
    run_id: principal.run.id,
    session,
    gateway,
    target: target.name,
    protocol: target.protocol,
    principal: principal.id,
    display: principal.display,
    repository: workload.sourceRepositoryUri ?? workload.sourceRepositoryId ?? null,
    actor: JSON.stringify(actorOf(principal)),
    body: seal(closeBody(body), bodyPurpose(id)),
    obligations: JSON.stringify(obligations),
    estimate: null,
    requested_at: now,
    expires_at: new Date(nowMs + patienceOf(obligations)).toISOString(),
    decided_at: null,
    usable_until: null,
    used_at: null,
    reason: null,
    revision: 1,
    changed_at: now,
  };
}

/** How long a request waits, and how long what was approved may be used: the shortest that a rule says. */
export function patienceOf(obligations: readonly ApproveObligation[]): number {
  return Math.min(...obligations.map(({ withinMs }) => withinMs));
}
