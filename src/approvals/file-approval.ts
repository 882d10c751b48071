import type { ApproveObligation } from '../model/decision.ts';
import type { HeldRequest } from '../model/held-request.ts';
import { mintId } from '../model/ids.ts';
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
import { actorOf } from './actor.ts';
import { bodyPurpose, closeBody } from './filed-approval.ts';
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

/** How long a request waits, and how long what was approved may be used: the shortest that a rule says. */
export function patienceOf(obligations: readonly ApproveObligation[]): number {
  return Math.min(...obligations.map(({ withinMs }) => withinMs));
}

function newRow({ held, body, digest, nowMs }: Filing, { gateway, holder, seal, random }: FilingParts): ApprovalRow {
  const { principal, target, request, permit, obligations } = held;
  const { workload } = principal.run;
  const id = mintId('apr', nowMs, random);
  const now = new Date(nowMs).toISOString();
  return {
    id,
    kind: 'request',
    access: null,
    state: 'pending',
    digest,
    run_id: principal.run.id,
    session: held.session,
    exchange: held.exchange,
    gateway,
    holder,
    target: target.name,
    protocol: target.protocol,
    principal: principal.id,
    display: principal.display,
    repository: workload.sourceRepositoryUri ?? workload.sourceRepositoryId ?? null,
    actor: JSON.stringify(actorOf(principal)),
    body: seal(closeBody(body), bodyPurpose(id)),
    operations: JSON.stringify(request.operations),
    context: JSON.stringify(request.context?.() ?? {}),
    obligations: JSON.stringify(obligations),
    rules: JSON.stringify(permit.rules),
    policy: permit.policy,
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
