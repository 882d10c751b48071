import type { ApproveObligation } from '../model/decision.ts';
import type { SessionId, TargetName } from '../model/ids.ts';
import { LIMITS } from '../model/limits.ts';
import type { Principal } from '../model/principal.ts';
import { type RefusalCode, Refused } from '../model/refusal.ts';
import { digestOf } from '../policy/canonical-json.ts';
import { countAccesses, findOpenAccess } from '../store/access-rows.ts';
import { type ApprovalRow, countPending, insertApproval } from '../store/approval-rows.ts';
import type { StoreTransaction } from '../store/schema.ts';
import { type FilingParts, tooMany } from './file-approval.ts';
import { pendingRow } from './pending-row.ts';

/** A target that a run asks for beside those of its grant. */
export interface AskedTarget {
  /** The session in which it asks. */
  readonly session: SessionId;
  readonly principal: Principal;
  readonly target: { readonly name: TargetName; readonly protocol: string };
  /** In the words of whoever asks, for the people who are asked. */
  readonly because: string;
  /** Whom the trust rules say to ask. */
  readonly obligations: readonly ApproveObligation[];
  /** How long the target is given; as long as the grant lasts where absent. */
  readonly forMs?: number;
  readonly rules: readonly string[];
  /** SHA-256 of what those rules say of it, hex. */
  readonly digest: string;
}

/** What is given where people approve it, as the approval's row keeps it (JSON). */
export interface AskedAccess {
  readonly grant: string;
  readonly forMs?: number;
}

/** Puts it before people, or takes up what waits for the same target. Throws `Refused`, before it changed anything. */
export async function askAccess(
  trx: StoreTransaction,
  asked: AskedTarget,
  nowMs: number,
  parts: FilingParts,
): Promise<{ readonly row: ApprovalRow; readonly isNew: boolean }> {
  checkReason(asked.because);
  const run = asked.principal.run.id;
  const now = new Date(nowMs).toISOString();
  const open = await findOpenAccess(trx, { run, target: asked.target.name, now });
  if (open !== undefined) return { row: open, isNew: false };
  if ((await countAccesses(trx, run)) >= LIMITS.accessAsksPerRun) throw refused('rate-limited', ASKED_OFTEN);
  if ((await countPending(trx, run, now)) >= LIMITS.approvalsPendingPerRun) throw tooMany();
  const row = accessRow(asked, nowMs, parts);
  await insertApproval(
    trx,
    row,
    asked.obligations.map(({ group }) => group),
  );
  await parts.note({ kind: 'access.requested', detail: requestedDetail(row, asked) });
  return { row, isNew: true };
}

function accessRow(asked: AskedTarget, nowMs: number, parts: FilingParts): ApprovalRow {
  const { principal, forMs } = asked;
  const access: AskedAccess = { grant: principal.grant.id, ...(forMs === undefined ? {} : { forMs }) };
  const body = { media: 'text/plain; charset=utf-8', bytes: Buffer.from(textOf(asked)) };
  const ofKind = {
    kind: 'access',
    access: JSON.stringify(access),
    digest: accessDigest(asked),
    // It is no exchange of that session that waits.
    exchange: 0,
    holder: null,
    operations: JSON.stringify([ENTER]),
    context: '{}',
    rules: JSON.stringify(asked.rules),
    policy: asked.digest,
  } as const;
  return pendingRow({ ...asked, body, nowMs }, ofKind, parts);
}

/** What people read: what the gateway says, then what whoever asks does, to the end. */
function textOf({ target, forMs, because }: AskedTarget): string {
  const until = forMs === undefined ? 'as long as its grant lasts' : `for ${Math.ceil(forMs / 60_000)} min`;
  return `May this run enter the target ${target.name}, ${until}?\nIt says: ${because}`;
}

/** SHA-256, hex, over the RFC 8785 form of who asks, in which run, for what, why, and whose say it is. */
function accessDigest({ principal, target, because, forMs, digest }: AskedTarget): string {
  const { id, run, grant } = principal;
  const asked = { target: target.name, because, forMs: forMs ?? null };
  return digestOf({ v: 1, kind: 'access', principal: id, run: run.id, grant: grant.id, ...asked, rules: digest });
}

/** As approvals list what they are about. */
const ENTER = { kind: 'enter', access: 'admin', tables: [], functions: [], hasWhere: true, flags: [] } as const;

function requestedDetail(row: ApprovalRow, { principal, obligations, rules }: AskedTarget) {
  return {
    approval: row.id,
    digest: row.digest,
    run: row.run_id,
    grant: principal.grant.id,
    session: row.session,
    target: row.target,
    groups: obligations.map(({ group, quorum }) => `${group} ${quorum}`).join(', '),
    rules: rules.join(', '),
    expiresAt: row.expires_at,
  };
}

function checkReason(because: string): void {
  if (because.trim() === '') throw refused('protocol-malformed', 'People are told why, so a reason is needed.');
  if (Buffer.byteLength(because) > LIMITS.maxAccessReasonBytes) {
    throw refused('too-large', `A reason has at most ${LIMITS.maxAccessReasonBytes} bytes.`);
  }
  if (!because.isWellFormed() || because.includes('\0')) {
    throw refused('protocol-malformed', 'The reason is not plain text.');
  }
}

const ASKED_OFTEN = `This run has asked for targets ${LIMITS.accessAsksPerRun} times, which is as often as it may.`;

function refused(code: RefusalCode, message: string): Refused {
  return new Refused({ code, message });
}
