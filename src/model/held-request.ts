import type { Estimate, HoldAnswer } from './approval.ts';
import type { ApproveObligation, Permit } from './decision.ts';
import type { ApprovalId, ExchangeNumber, SessionId } from './ids.ts';
import type { Principal } from './principal.ts';
import type { Request } from './request.ts';
import type { Target } from './target.ts';

/** A request that a permit lets pass once people have approved it. */
export interface HeldRequest {
  readonly session: SessionId;
  readonly exchange: ExchangeNumber;
  readonly principal: Principal;
  readonly target: Target;
  readonly request: Request;
  /** The rules that matched, and the policy set that decided. */
  readonly permit: Permit;
  readonly obligations: readonly ApproveObligation[];
}

/** A held request as its gateway sees it. */
export interface Hold {
  readonly id: ApprovalId;
  /** SHA-256 over what is to be approved, hex. */
  readonly digest: string;
  readonly url: string;
  /** Milliseconds since 1970: when it is over if nobody answers. */
  readonly expiresAtMs: number;
  /** True where the answer is there already and nobody needs to wait. */
  readonly answered: boolean;
  /** Settles once; rejects where the answer cannot be learned, which counts as no. */
  readonly answer: Promise<HoldAnswer>;
  /** Adds what was found out of the request's effect, for the approver. */
  describe(estimate: Estimate): Promise<void>;
  /** `seen` of what people were last told of the effect; undefined where they were not. */
  seen(): Promise<string | undefined>;
  /**
   * Uses the approval up: true for one caller alone, and only while it is approved, unexpired and of the policy set that
   * decides now.
   */
  redeem(policy: string): Promise<boolean>;
  /** The request is withdrawn (its client left, or cancelled it): nobody can approve it any more. */
  cancel(why: string): Promise<void>;
  /** The client waits no longer; an approval that comes later serves the same request made again. */
  leave(): void;
}
