import type { ApprovalState, Vote } from '../../model/approval.ts';
import type { RunReference } from '../../model/run-reference.ts';

/** An approval as channels tell of it. Whoever makes one leaves `statements` out unless every rule shows the text. */
export interface ApprovalNotice {
  readonly id: string;
  /** SHA-256 of what is to be approved, hex. */
  readonly digest: string;
  /** Where a person reads all of it and answers. */
  readonly url: string;
  readonly state: ApprovalState;
  /** RFC 3339, UTC, milliseconds, as all times here. */
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly decidedAt?: string;
  readonly target: string;
  readonly protocol: string;
  /** `alter`, `delete`. */
  readonly kinds: readonly string[];
  /** What it does, without what somebody typed: `sudo rm`, `delete pods`; the kinds where they say it. */
  readonly does: readonly string[];
  readonly tables: readonly string[];
  /** How many of which group must approve, and how many have. */
  readonly requirements: readonly NoticeRequirement[];
  readonly rules: readonly string[];
  readonly run: RunReference;
  readonly votes: readonly Vote[];
  /** Why it was cancelled. */
  readonly reason?: string;
  /** All of the text with its parameters. */
  readonly statements?: readonly NoticeStatement[];
  /** What else the text's meaning hangs on: `database`, `role`, `search_path`. */
  readonly context: Readonly<Record<string, string>>;
}

export interface NoticeRequirement {
  readonly group: string;
  readonly quorum: number;
  readonly approvals: number;
}

export interface NoticeStatement {
  readonly text: string;
  readonly parameters: readonly (string | null)[];
}

/** `rm on web-1`: what is asked for, in a title. */
export function askedTitle({ does, target }: ApprovalNotice): string {
  return `${does.join(', ') || 'a request'} on ${target}`;
}

/** `1 of 2 of dba`, for each group. */
export function requirementText({ group, quorum, approvals }: NoticeRequirement): string {
  return `${approvals} of ${quorum} of ${group}`;
}

/** `Approved by ada, grace`: how it stands, in one sentence without a full stop. */
export function outcomeText(notice: ApprovalNotice): string {
  const who = (answer: Vote['answer']) =>
    notice.votes.filter((vote) => vote.answer === answer).map(({ login }) => login);
  switch (notice.state) {
    case 'pending': {
      const approved = who('approve');
      return approved.length === 0 ? 'Waits for an answer' : `Approved so far by ${approved.join(', ')}`;
    }
    case 'approved':
      return `Approved by ${who('approve').join(', ')}`;
    case 'denied':
      return `Denied by ${who('deny').join(', ')}`;
    case 'expired':
      return 'Expired: nobody answered in time';
    case 'cancelled':
      return notice.reason === undefined ? 'Cancelled' : `Cancelled: ${notice.reason}`;
    default:
      return notice.state satisfies never;
  }
}
