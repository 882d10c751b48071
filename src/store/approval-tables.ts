import type { Generated } from 'kysely';

/** A request that was put before people, and what became of it. */
export interface ApprovalsTable {
  id: string;
  /** `access`: it gives a run a target, and is used up as it is approved. */
  kind: Generated<'request' | 'access'>;
  /** JSON of `AskedAccess` (approvals/ask-access.ts), of one that is for that. */
  access: Generated<string | null>;
  /** A pending one whose `expires_at` is past counts as expired, whether or not the row says so yet. */
  state: 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled';
  /** SHA-256 of what is approved, hex. */
  digest: string;
  run_id: string;
  /** The session and exchange that hold it, or held it last. */
  session: string;
  exchange: number;
  /** The gateway that holds it or held it last, by the name of its log. */
  gateway: string;
  /** The process that holds it for a waiting client; null where nobody waits. */
  holder: string | null;
  target: string;
  protocol: string;
  principal: string;
  display: string;
  repository: string | null;
  /** JSON: who started the run, as its CI system knows them. */
  actor: string;
  /** JSON of media type and bytes, sealed: texts may be sensitive. */
  body: string;
  operations: string;
  context: string;
  /** JSON list of `ApproveObligation`. */
  obligations: string;
  rules: string;
  /** SHA-256 of the policy set that asked, hex. */
  policy: string;
  /** JSON of `Estimate`, sealed. */
  estimate: string | null;
  requested_at: string;
  expires_at: string;
  decided_at: string | null;
  /** Until when what was approved may be used. */
  usable_until: string | null;
  used_at: string | null;
  /** Of a denial or a cancellation. */
  reason: string | null;
  /** Counts the changes of this row from 1. */
  revision: number;
  changed_at: string;
}

/** The groups whose people an approval waits for. */
export interface ApprovalGroupsTable {
  approval: string;
  name: string;
}

/** One answer a person at most. */
export interface ApprovalVotesTable {
  approval: string;
  person: string;
  login: string;
  answer: 'approve' | 'deny';
  reason: string | null;
  channel: string;
  at: string;
  /** JSON list of the required groups that the person could answer for. */
  counts_for: string;
}
