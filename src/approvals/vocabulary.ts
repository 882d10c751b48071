/**
 * What approvals have to do with their neighbours, stated here so that they import none of them: the gateway's desk is
 * of the same shape (gateway/control-plane.ts), and `main.ts` brings the two together.
 */
import type { ApprovalChannel, ApprovalState, Estimate, HoldAnswer } from '../model/approval.ts';
import type { ApproveObligation, Permit } from '../model/decision.ts';
import type { ApprovalId, ExchangeNumber, SessionId } from '../model/ids.ts';
import type { Person } from '../model/person.ts';
import type { Principal } from '../model/principal.ts';
import type { Request } from '../model/request.ts';
import type { Target } from '../model/target.ts';

/** A request that a permit lets pass once people have approved it. */
export interface HeldRequest {
  readonly session: SessionId;
  readonly exchange: ExchangeNumber;
  readonly principal: Principal;
  readonly target: Target;
  readonly request: Request;
  readonly permit: Permit;
  readonly obligations: readonly ApproveObligation[];
}

/** A held request as its gateway sees it; gateway/control-plane.ts says what each member promises. */
export interface Hold {
  readonly id: ApprovalId;
  readonly digest: string;
  readonly url: string;
  readonly expiresAtMs: number;
  readonly answered: boolean;
  readonly answer: Promise<HoldAnswer>;
  describe(estimate: Estimate): Promise<void>;
  redeem(policy: string): Promise<boolean>;
  cancel(why: string): Promise<void>;
  leave(): void;
}

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
  readonly kind: 'approval.requested' | 'approval.decided';
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}
