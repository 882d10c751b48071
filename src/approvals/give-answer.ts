import type { ApproveObligation } from '../model/decision.ts';
import { LIMITS } from '../model/limits.ts';
import { type RefusalCode, Refused } from '../model/refusal.ts';
import {
  type ApprovalRow,
  findApproval,
  insertVote,
  lockApproval,
  settleApproval,
  type VoteRow,
  votesOf,
} from '../store/approval-rows.ts';
import type { Store } from '../store/store.ts';
import type { RunActor } from './actor.ts';
import { countedVote, standingOf, stateAt } from './filed-approval.ts';
import { accessOf, checkAsked, giveAccess, type Requestable } from './give-access.ts';
import { patienceOf } from './pending-row.ts';
import { tally } from './quorum.ts';
import type { Answer, ApprovalNote } from './vocabulary.ts';

export interface AnsweringParts {
  readonly store: Store;
  readonly note: (note: ApprovalNote) => Promise<void>;
  readonly requestable: Requestable;
}

/**
 * Counts one person's answer, in one transaction that holds the row: the approval waits, the answer is about the same
 * digest, the person may give it and has given none. What was decided is in the log before it takes effect; where the
 * log cannot take it, nothing was decided. Throws `Refused`.
 */
export function giveAnswer(
  id: string,
  answer: Answer,
  nowMs: number,
  { store, note, requestable }: AnsweringParts,
): Promise<{ readonly row: ApprovalRow; readonly votes: readonly VoteRow[] }> {
  checkReason(answer.reason);
  return store.write(
    async (trx) => {
      const row = await lockApproval(trx, store.kind, id);
      if (row === undefined) throw refused('approval-unknown', `There is no approval ${id.slice(0, 100)}.`);
      // Read once the row is held, so that no answer of the meantime is missed; its own time, for it may have waited.
      const votes = await votesOf(trx, [id]);
      const obligations = JSON.parse(row.obligations) as readonly ApproveObligation[];
      const vote = voteFor(row, votes, obligations, answer, nowMs);
      const isAccess = row.kind === 'access';
      if (isAccess && answer.answer === 'approve') await checkAsked(trx, row, vote.at, requestable);
      if (!(await insertVote(trx, vote))) throw refused('approval-answered', 'You answered already.');
      const { outcome } = tally(obligations, [...votes, vote].map(countedVote));
      const now = vote.at;
      let until: string | undefined;
      switch (outcome) {
        case 'approved': {
          if (isAccess) {
            // Nobody has to come for it: what was asked is given by this.
            until = await giveAccess(trx, row, nowMs);
            await settleApproval(trx, id, { state: 'approved', decided_at: now, used_at: now }, now);
            break;
          }
          const usable_until = new Date(nowMs + patienceOf(obligations)).toISOString();
          await settleApproval(trx, id, { state: 'approved', decided_at: now, usable_until }, now);
          break;
        }
        case 'denied':
          await settleApproval(trx, id, { state: 'denied', decided_at: now, reason: answer.reason ?? null }, now);
          break;
        case 'open':
          await settleApproval(trx, id, {}, now);
          break;
        default:
          return outcome satisfies never;
      }
      const state = outcome === 'open' ? 'pending' : outcome;
      const detail = { ...decidedDetail(row, answer), state };
      await note(
        isAccess
          ? { kind: 'access.decided', detail: accessDetail(row, detail, until) }
          : { kind: 'approval.decided', detail: { ...detail, session: row.session, exchange: row.exchange } },
      );
      const settled = await findApproval(trx, id);
      return { row: settled ?? row, votes: [...votes, vote] };
    },
    ['approvals'],
  );
}

function voteFor(
  row: ApprovalRow,
  votes: readonly VoteRow[],
  obligations: readonly ApproveObligation[],
  { person, answer, digest, reason, channel }: Answer,
  nowMs: number,
): VoteRow {
  const at = new Date(nowMs).toISOString();
  const actor = JSON.parse(row.actor) as RunActor;
  const standing = standingOf({ obligations, votes, actor, state: stateAt(row, at) }, person);
  if (!standing.mine) throw refused(`approval-${standing.code}`, `You cannot answer this: ${standing.why}.`);
  if (digest !== row.digest) {
    throw refused('approval-changed', 'The answer is about another request than the one that waits.', 'Load it again.');
  }
  return {
    approval: row.id,
    person: person.id,
    login: person.login,
    answer,
    reason: reason ?? null,
    channel,
    at,
    counts_for: JSON.stringify(standing.groups),
  };
}

function decidedDetail(row: ApprovalRow, { person, answer, channel }: Answer): ApprovalNote['detail'] {
  return {
    approval: row.id,
    digest: row.digest,
    run: row.run_id,
    target: row.target,
    answer,
    by: person.id,
    channel,
  };
}

/** Which grant it is for, and until when it gives the target, where that is before its end. */
function accessDetail(
  row: ApprovalRow,
  detail: ApprovalNote['detail'],
  until: string | undefined,
): ApprovalNote['detail'] {
  return { ...detail, grant: accessOf(row).grant, ...(until === undefined ? {} : { expiresAt: until }) };
}

/** What people write is kept and shown: PostgreSQL's text cannot hold NUL, nor UTF-8 half a surrogate pair. */
function checkReason(reason: string | undefined): void {
  if (reason === undefined) return;
  if (Buffer.byteLength(reason) > LIMITS.maxApprovalReasonBytes) {
    throw refused('too-large', `A reason has at most ${LIMITS.maxApprovalReasonBytes} bytes.`);
  }
  if (!reason.isWellFormed() || reason.includes('\0')) {
    throw refused('protocol-malformed', 'The reason is not plain text.');
  }
}

function refused(code: RefusalCode, message: string, hint?: string): Refused {
  return new Refused(hint === undefined ? { code, message } : { code, message, hint });
}
