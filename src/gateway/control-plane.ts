/**
 * What the data plane needs of the control plane, stated here so that `gateway/` imports none of it; `main.ts` brings
 * the two together.
 */
import type { Budget } from '../model/decision.ts';
import type { HeldRequest, Hold } from '../model/held-request.ts';
import type { ExchangeNumber, GrantId, RunId, SessionId, TargetName } from '../model/ids.ts';
import type { Definition, Standing } from '../model/mcp.ts';
import type { Principal } from '../model/principal.ts';
import type { KeyedProof } from '../model/signing-key.ts';
import type { ClassifiedColumn, Credential, InheritedColumn, Target } from '../model/target.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import type { Claim, Entrances, ScramKeys, ScramProof } from '../protocols/protocol.ts';

export interface ControlPlane {
  /** Keys to prove a claim against; for an unknown user, keys that look like anybody's and that nothing matches. */
  scramKeys(user: string): Promise<ScramKeys>;
  /** Authenticates the claim, and authorises the grant for the target. Throws `Refused`. */
  admit(claim: Claim | CarriedClaim, target: TargetName): Promise<Admitted>;
  /** Authenticates the claim, and says what of its grant there is. Throws `Refused`. */
  targets(claim: Claim | CarriedClaim): Promise<Entrances>;
  /** Authenticates the claim, whatever its grant is for. Throws `Refused`. */
  holder(claim: Claim | CarriedClaim): Promise<Principal>;
  /** The policies in force now. */
  policies(): PolicySet;
  /**
   * When sessions of the grant in the target end as it stands now (it may have been renewed), ms since 1970; undefined
   * where they are over.
   */
  grantExpiryMs(grant: GrantId, target: TargetName): Promise<number | undefined>;
  /** Calls back when a grant is revoked, here or through another gateway. Returns how to stop listening. */
  onRevoked(listener: (grant: GrantId) => void): () => void;
  readonly approvals: ApprovalDesk;
  readonly classes: ClassDesk;
  readonly budgets: BudgetDesk;
  readonly definitions: DefinitionDesk;
}

/**
 * A login at a listener of the holder's own: the grant and its key were proved when the carrier was opened, and this
 * proves the password of that listener. No protocol can make one.
 */
export interface CarriedClaim {
  readonly kind: 'carried';
  /** The grant's id. */
  readonly user: GrantId;
  readonly proof: ScramProof | KeyedProof | SshKeyProof;
  /** What the holder sent of the listener's password when the carrier was opened. */
  readonly keys: ScramKeys;
  readonly keyThumbprint: string | undefined;
  /** Of the SSH key that clients of the listener prove, where the holder named one. */
  readonly sshKey?: string | undefined;
}

/** An SSH key that a client of a listener proved: `SHA256:…`. */
export interface SshKeyProof {
  readonly fingerprint: string;
}

/** Where a held request is put before people. */
export interface ApprovalDesk {
  /**
   * Files a held request, durably, before it resolves. Where the same request of the same run was approved before and
   * not used yet, that approval answers at once. Throws `Refused` where nobody can be asked.
   */
  hold(held: HeldRequest): Promise<Hold>;
}

/** Where it is kept what was spent of budgets, for every gateway. */
export interface BudgetDesk {
  /** The counter of a budget of a run or a target: one and the same for all who open it, until they close it. */
  open(budget: Budget, whose: { readonly run: RunId; readonly target: TargetName }): BudgetCounter;
}

/** What may be spent of one budget. What is at hand here was counted as spent, durably, before. */
export interface BudgetCounter {
  /** Takes so much of what is at hand; false where it is less, and then nothing was taken. */
  take(amount: number): boolean;
  /** Gives back what was taken and not spent. */
  give(amount: number): void;
  /** Brings so much to hand; true where the budget had it. Rejects where that cannot be learned. */
  ensure(amount: number): Promise<boolean>;
  /** Takes tables that were not met yet; false where that were too many. Rejects where that cannot be learned. */
  touch(tables: readonly string[]): Promise<boolean> | true;
  /** What was spent and what may be, as last learned. */
  standing(): BudgetStanding;
  /** Allows as much again as the rule does. */
  extend(): Promise<void>;
  /** An exchange begins to spend, and is done: what is at hand goes back once nobody spends. */
  enter(): void;
  leave(): void;
  close(): void;
}

export interface BudgetStanding {
  readonly spent: number;
  readonly most: number;
}

/** Where it is kept which columns hold what. */
export interface ClassDesk {
  /** The columns of a target that are classified now, as declared or by a copy: the same array until that changes. */
  of(target: Target): readonly ClassifiedColumn[];
  /**
   * Keeps what columns inherit, durably, in the log and for every gateway, before it resolves; `of` has them from then
   * on. Throws where it cannot.
   */
  keep(copied: CopiedClasses): Promise<void>;
}

export interface CopiedClasses {
  readonly target: TargetName;
  readonly run: RunId;
  readonly session: SessionId;
  readonly exchange: ExchangeNumber;
  readonly columns: readonly InheritedColumn[];
}

/** Where it is kept what targets say of themselves, and what people said of that (docs/design/0008-mcp.md). */
export interface DefinitionDesk {
  /**
   * Keeps what is new or has changed, durably, for every gateway and in the log, before it resolves with how each
   * stands, by name. Costs nothing where nothing did. Rejects where it cannot be kept.
   */
  met(listing: MetListing): Promise<ReadonlyMap<string, Standing>>;
}

/** All definitions of one kind that a target tells of now, and who asked it. */
export interface MetListing {
  readonly target: Pick<Target, 'name' | 'mcp'>;
  readonly run: RunId;
  readonly session: SessionId;
  readonly kind: Definition['kind'];
  readonly all: readonly Definition[];
}

export interface Admitted {
  readonly principal: Principal;
  readonly target: Target;
  /** Opens the target's credential, at the moment it is needed. */
  credential(): Promise<Credential>;
}
