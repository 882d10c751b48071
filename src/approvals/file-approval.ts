import type { HeldRequest } from '../model/held-request.ts';
import { LIMITS } from '../model/limits.ts';
import { Refused } from '../model/refusal.ts';
import type { Body } from '../model/request.ts';
import {
  type ApprovalRow,
  claimApproval,
  countPending,
  insertApproval,
  type VoteRow,
  votesOf,
} from '../store/approval-rows.ts';
import type { StoreTransaction } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { pendingRow } from './pending-row.ts';
import type { ApprovalNote } from './vocabulary.ts';

export interface FilingParts {
  readonly store: Store;
  readonly gateway: string;
  readonly holder: string;
  readonly seal: (plain: string, boundTo: string) => string;
  readonly note: (note: ApprovalNote) => Promise<void>;
  readonly random: (bytes: number) => Uint8Array;
}

/** A held request, as it is to be filed. */
export interface Filing {
  readonly held: HeldRequest;
  readonly body: Body;
  readonly digest: string;
  readonly nowMs: number;
  /** Called within the transaction, before anybody else can see the row; again where the transaction is tried again. */
  readonly taken: (row: ApprovalRow) => void;
}

export interface Filed {
  readonly row: ApprovalRow;
  readonly votes: readonly VoteRow[];
  /** Set where the approval is a new one, and not one of the same request that was taken up: what the log is told. */
  readonly note?: ApprovalNote;
}

/**
 * Takes up the approval of the same request in the same run that nobody holds, or files a new one. Throws `Refused`,
 * before it changed anything.
 */
export async function fileApproval(trx: StoreTransaction, filing: Filing, parts: FilingParts): Promise<Filed> {
  const { held, digest, nowMs, taken } = filing;
  const { gateway, holder } = parts;
  const { principal, session, exchange, obligations } = held;
  const run = principal.run.id;
  const now = new Date(nowMs).toISOString();
  const known = await claimApproval(trx, { run, digest, session, exchange, gateway, holder, now });
  if (known !== undefined) {
    taken(known);
    return { row: known, votes: await votesOf(trx, [known.id]) };
  }
  if ((await countPending(trx, run, now)) >= LIMITS.approvalsPendingPerRun) throw tooMany();
  const row = newRow(filing, parts);
  await insertApproval(
    trx,
    row,
    obligations.map(({ group }) => group),
  );
  taken(row);
  return { row, votes: [], note: { kind: 'approval.requested', detail: requestedDetail(row, held) } };
}

function newRow({ held, body, digest, nowMs }: Filing, parts: FilingParts): ApprovalRow {
  const { request, permit, exchange } = held;
  const ofKind = {
    kind: 'request',
    access: null,
    digest,
    exchange,
    holder: parts.holder,
    operations: JSON.stringify(request.operations),
    context: JSON.stringify(request.context?.() ?? {}),
    rules: JSON.stringify(permit.rules),
    policy: permit.policy,
  } as const;
  return pendingRow({ ...held, body, nowMs }, ofKind, parts);
}

function requestedDetail(row: ApprovalRow, { obligations, permit }: HeldRequest): ApprovalNote['detail'] {
  return {
    approval: row.id,
    digest: row.digest,
    run: row.run_id,
    session: row.session,
    exchange: row.exchange,
    target: row.target,
    groups: obligations.map(({ group, quorum }) => `${group} ${quorum}`).join(', '),
    rules: permit.rules.join(', '),
    policy: row.policy,
    expiresAt: row.expires_at,
  };
}

/** A run may have so many that wait. */
export function tooMany(): Refused {
  return new Refused({
    code: 'rate-limited',
    message: `This run has ${LIMITS.approvalsPendingPerRun} requests that wait for people.`,
    hint: 'Wait for answers, or cancel what is not wanted any more.',
  });
}
