/**
 * What grants need of their neighbours, stated here so that they import none of them: `main.ts` passes what identity
 * and the protocols have, which is of these shapes.
 */
import type { TargetName } from '../model/ids.ts';
import type { Workload } from '../model/principal.ts';
import type { Secret } from '../model/secret.ts';
import type { KeyedProof } from '../model/signing-key.ts';
import type { ScramKeys, ScramProof } from './scram-keys.ts';

/** What a client presented, unchecked. */
export type Claim =
  | {
      readonly kind: 'password';
      readonly user: string;
      readonly password: Secret;
      /** The place where it was shown, which a grant may be bound to. */
      readonly resource?: string;
    }
  | { readonly kind: 'scram'; readonly user: string; readonly proof: ScramProof }
  | { readonly kind: 'keyed'; readonly user: string }
  /** An SSH key whose possession was checked; `user` is empty where no certificate of ours names the grant. */
  | { readonly kind: 'key'; readonly user: string; readonly fingerprint: string }
  | CarriedClaim;

/**
 * A login at a listener of the holder's own. The grant and its key were proved when the carrier was opened; this proves
 * the password of that listener, of which the holder sent the keys then.
 */
export interface CarriedClaim {
  readonly kind: 'carried';
  /** The grant's id. */
  readonly user: string;
  readonly proof: ScramProof | KeyedProof | SshKeyProof;
  readonly keys: ScramKeys;
  /** Of the SSH key that clients of the listener prove, where the holder named one. */
  readonly sshKey?: string | undefined;
  /** Of the key that was proved when the carrier was opened, where one was. */
  readonly keyThumbprint: string | undefined;
}

/** An SSH key that a client of a listener proved: `SHA256:…`. */
export interface SshKeyProof {
  readonly fingerprint: string;
}

/** A CI job whose token was verified. */
export interface VerifiedIdentity {
  readonly workload: Workload;
  readonly display: string;
  /** The issuer's name in the configuration. */
  readonly issuer: string;
  readonly demo: boolean;
  /** What must not be exchanged a second time. */
  readonly replayKey: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly tokenDigest: string;
  readonly jwksDigest: string;
}

/** A person who asks for themselves. */
export interface EnteringPerson {
  readonly id: string;
  readonly login: string;
  readonly issuer: string;
  readonly groups: readonly string[];
  /** RFC 3339: when their login ends, and with it what it was good for. */
  readonly until: string;
}

/** What the trust rules give a job, or a person. */
export interface TrustGiven {
  readonly rules: readonly string[];
  readonly targets: readonly TargetName[];
  readonly lifetimeSeconds: number;
  readonly renewableSeconds: number;
}

/** What is asked for with a CI token, or by a person. */
export interface ExchangeRequest {
  readonly token: Secret;
  /** The gateway's own, where the client names one. */
  readonly audience?: string;
  /** All that the trust rules give, where absent. */
  readonly requestedTargets?: readonly string[];
  /** What the client says of itself; recorded, never believed. */
  readonly asserted: Readonly<Record<string, string>>;
  /** RFC 7638 thumbprint of a key whose possession was proved with this request: renewal then asks for it. */
  readonly keyThumbprint?: string;
  /** Of an SSH key, `SHA256:…`: who proves it holds the grant, as who shows its secret does. */
  readonly sshKey?: string;
  /** The one place of the HTTP port where the grant shall be good. */
  readonly resource?: string;
}
