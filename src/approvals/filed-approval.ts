import type { ApprovalState, Estimate, Requirement, Vote } from '../model/approval.ts';
import type { ApproveObligation } from '../model/decision.ts';
import type { ApprovalId, ExchangeNumber, PersonId, RunId, SessionId, TargetName } from '../model/ids.ts';
import type { Person } from '../model/person.ts';
import type { Body, Operation } from '../model/request.ts';
import type { ApprovalRow, VoteRow } from '../store/approval-rows.ts';
import { ERASED } from '../store/kept-runs.ts';
import { isActor, type RunActor } from './actor.ts';
import { type CountedVote, tally } from './quorum.ts';
import type { Viewer } from './vocabulary.ts';

/** An approval as doors and channels see it, with all that a person needs to decide. Its body may be sensitive. */
export interface FiledApproval {
  readonly id: ApprovalId;
  /** `access`: it gives its run a target, and is used up as it is approved. */
  readonly kind: 'request' | 'access';
  /** As of the time at which it was read: `expired` where nobody answered in time, or nobody used it in time. */
  readonly state: ApprovalState;
  readonly digest: string;
  readonly run: RunId;
  readonly session: SessionId;
  readonly exchange: ExchangeNumber;
  /** By the name of its log. */
  readonly gateway: string;
  /** True while its client holds the connection for the answer. */
  readonly held: boolean;
  readonly target: TargetName;
  readonly protocol: string;
  readonly principal: string;
  readonly display: string;
  readonly repository?: string;
  readonly actor: RunActor;
  readonly body: Body;
  readonly operations: readonly Operation[];
  readonly context: Readonly<Record<string, string>>;
  readonly obligations: readonly ApproveObligation[];
  /** With how many people count for each so far. */
  readonly requirements: readonly (Requirement & { readonly approvals: number })[];
  readonly rules: readonly string[];
  readonly policy: string;
  readonly estimate?: Estimate;
  readonly votes: readonly Vote[];
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly decidedAt?: string;
  /** Until when what was approved may be used. */
  readonly usableUntil?: string;
  readonly usedAt?: string;
  readonly reason?: string;
  readonly revision: number;
}

/** Whether somebody can answer an approval now, and for which of its groups; or why not. */
export type Standing =
  | { readonly mine: true; readonly groups: readonly string[] }
  | { readonly mine: false; readonly code: 'over' | 'answered' | 'not-yours'; readonly why: string };

export function standingOf(approval: StandingParts, person: Person | undefined): Standing {
  const { obligations, votes, actor, state } = approval;
  if (person === undefined) return notMine('not-yours', 'only a person can answer, and this is no person');
  const groups = obligations.filter(({ group }) => person.groups.includes(group));
  const named = obligations.map(({ group }) => group).join(', ');
  if (groups.length === 0) return notMine('not-yours', `not in the group ${named}`);
  const allowed = isActor(person, actor) ? groups.filter(({ allowActor }) => allowActor) : groups;
  if (allowed.length === 0) return notMine('not-yours', 'the run was started by you');
  if (votes.some((vote) => vote.person === person.id)) return notMine('answered', 'you answered already');
  if (state !== 'pending') return notMine('over', OVER[state]);
  return { mine: true, groups: allowed.map(({ group }) => group) };
}

type StandingParts = Pick<FiledApproval, 'obligations' | 'actor' | 'state'> & {
  readonly votes: readonly { readonly person: string }[];
};

const OVER: Readonly<Record<Exclude<ApprovalState, 'pending'>, string>> = {
  approved: 'it was approved',
  denied: 'it was denied',
  expired: 'its time is over',
  cancelled: 'it was withdrawn',
};

/** Whether somebody may see an approval at all: its groups' people, those who may see all, and who answered it. */
export function isVisible({ obligations, votes }: Concerned, viewer: Viewer): boolean {
  const { person, all } = viewer;
  if (all) return true;
  if (person === undefined) return false;
  return (
    obligations.some(({ group }) => person.groups.includes(group)) || votes.some((vote) => vote.person === person.id)
  );
}

/** Whom an approval concerns. */
interface Concerned {
  readonly obligations: readonly Pick<ApproveObligation, 'group'>[];
  readonly votes: readonly { readonly person: string }[];
}

export function concernedIn(found: { readonly obligations: string; readonly people: readonly string[] }): Concerned {
  const obligations = JSON.parse(found.obligations) as readonly ApproveObligation[];
  return { obligations, votes: found.people.map((person) => ({ person })) };
}

/** A row with its votes, opened. Throws the sealer's `Fault` where the body was sealed by another key. */
export function filedApproval(
  row: ApprovalRow,
  votes: readonly VoteRow[],
  parts: { readonly open: (sealed: string, boundTo: string) => string; readonly now: string },
): FiledApproval {
  const obligations = JSON.parse(row.obligations) as readonly ApproveObligation[];
  const counted = tally(obligations, votes.map(countedVote)).approvals;
  const { repository, decided_at, usable_until, used_at, reason } = row;
  return {
    id: row.id as ApprovalId,
    kind: row.kind,
    state: stateAt(row, parts.now),
    digest: row.digest,
    run: row.run_id as RunId,
    session: row.session as SessionId,
    exchange: row.exchange as ExchangeNumber,
    gateway: row.gateway,
    held: row.holder !== null,
    target: row.target as TargetName,
    protocol: row.protocol,
    principal: row.principal,
    display: row.display,
    ...(repository === null ? {} : { repository }),
    actor: JSON.parse(row.actor) as RunActor,
    body: row.body === ERASED ? ERASED_BODY : openBody(parts.open(row.body, bodyPurpose(row.id))),
    operations: JSON.parse(row.operations) as readonly Operation[],
    context: JSON.parse(row.context) as Readonly<Record<string, string>>,
    obligations,
    requirements: obligations.map(({ group, quorum, allowActor }, index) => ({
      group,
      quorum,
      allowActor,
      approvals: counted[index] ?? 0,
    })),
    rules: JSON.parse(row.rules) as readonly string[],
    policy: row.policy,
    ...(row.estimate === null
      ? {}
      : { estimate: JSON.parse(parts.open(row.estimate, estimatePurpose(row.id))) as Estimate }),
    votes: votes.map(voteOf),
    requestedAt: row.requested_at,
    expiresAt: row.expires_at,
    ...(decided_at === null ? {} : { decidedAt: decided_at }),
    ...(usable_until === null ? {} : { usableUntil: usable_until }),
    ...(used_at === null ? {} : { usedAt: used_at }),
    ...(reason === null ? {} : { reason }),
    revision: row.revision,
  };
}

/** A row need not say yet that nobody answered in time, or that what was approved was not used in time. */
export function stateAt(row: Pick<ApprovalRow, 'state' | 'expires_at' | 'used_at' | 'usable_until'>, now: string) {
  const { state, expires_at, used_at, usable_until } = row;
  const isLate = state === 'pending' && expires_at <= now;
  const isStale = state === 'approved' && used_at === null && usable_until !== null && usable_until <= now;
  return isLate || isStale ? 'expired' : state;
}

export function voteOf({ person, login, answer, reason, channel, at }: VoteRow): Vote {
  const known = { person: person as PersonId, login, answer, channel: channel as Vote['channel'], at };
  return reason === null ? known : { ...known, reason };
}

export function countedVote({ person, answer, counts_for }: VoteRow): CountedVote {
  return { person: person as PersonId, answer, countsFor: JSON.parse(counts_for) as readonly string[] };
}

/** What a sealed text is bound to, so that one of another approval does not open in its place. */
export function bodyPurpose(id: string): string {
  return `approval/${id}/body`;
}

export function estimatePurpose(id: string): string {
  return `approval/${id}/estimate`;
}

export function closeBody({ media, bytes }: Body): string {
  return JSON.stringify({ media, base64: Buffer.from(bytes).toString('base64') });
}

const ERASED_BODY: Body = {
  media: 'text/plain; charset=utf-8',
  bytes: Buffer.from('(erased with the bodies of its run)'),
};

function openBody(text: string): Body {
  const { media, base64 } = JSON.parse(text) as { readonly media: string; readonly base64: string };
  return { media, bytes: Buffer.from(base64, 'base64') };
}

function notMine(code: 'over' | 'answered' | 'not-yours', why: string): Standing {
  return { mine: false, code, why };
}
