/**
 * What the data plane needs of the control plane, stated here so that `gateway/` imports none of it; `main.ts` brings
 * the two together.
 */
import type { GrantId, TargetName } from '../model/ids.ts';
import type { Principal } from '../model/principal.ts';
import type { Credential, Target } from '../model/target.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import type { Claim, ScramKeys } from '../protocols/protocol.ts';

export interface ControlPlane {
  /** Keys to prove a claim against; for an unknown user, keys that look like anybody's and that nothing matches. */
  scramKeys(user: string): Promise<ScramKeys>;
  /** Authenticates the claim, and authorises the grant for the target. Throws `Refused`. */
  admit(claim: Claim, target: TargetName): Promise<Admitted>;
  /** The policies in force now. */
  policies(): PolicySet;
  /** When the grant ends as it stands now (it may have been renewed), ms since 1970; undefined where it is gone. */
  grantExpiryMs(grant: GrantId): Promise<number | undefined>;
  /** Calls back when a grant is revoked, here or through another gateway. Returns how to stop listening. */
  onRevoked(listener: (grant: GrantId) => void): () => void;
}

export interface Admitted {
  readonly principal: Principal;
  readonly target: Target;
  /** Opens the target's credential, at the moment it is needed. */
  credential(): Promise<Credential>;
}
