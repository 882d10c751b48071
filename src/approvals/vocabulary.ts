/**
 * What approvals have to do with their neighbours, stated here so that they import none of them. The gateway's desk
 * (gateway/control-plane.ts) holds the same requests (model/held-request.ts), and `main.ts` brings the two together.
 */
import type { ApprovalChannel, ApprovalState } from '../model/approval.ts';
import type { ApprovalId } from '../model/ids.ts';
import type { Person } from '../model/person.ts';

/** One person's answer, as a door hands it in after it made sure of the person. */
export interface Answer {
  readonly person: Person;
  readonly answer: 'approve' | 'deny';
  /** Of what the person saw. */
  readonly digest: string;
  readonly reason?: string;
  readonly channel: ApprovalChannel;
}

/** Who looks: a person sees what waits for their groups; whoever may see `all` sees the rest as well. */
export interface Viewer {
  readonly person?: Person | undefined;
  readonly all: boolean;
}

/** Told after each change of an approval, here or in another gateway. */
export interface ApprovalChange {
  readonly id: ApprovalId;
  readonly state: ApprovalState;
  /** Counts the changes of this approval: the same number twice is the same change. */
  readonly revision: number;
}

/** A note of the audit log. */
export interface ApprovalNote {
  readonly kind: 'approval.requested' | 'approval.decided' | 'access.requested' | 'access.decided';
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}
