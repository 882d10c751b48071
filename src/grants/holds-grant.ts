import { timingSafeEqual } from 'node:crypto';
import { provesKey as provesKeyed, signingSecret } from '../model/signing-key.ts';
import type { GrantRow } from '../store/grant-rows.ts';
import { decoyScramKeys, provesPossession, sha256 } from './scram-keys.ts';
import type { CarriedClaim, Claim } from './vocabulary.ts';

/** Compares in constant time, and for a grant that does not exist as long as for one that does. */
export function holdsGrant(claim: Claim, grant: GrantRow | undefined, decoyKey: Uint8Array): boolean {
  switch (claim.kind) {
    case 'password': {
      const expected = grant === undefined ? sha256(decoyKey) : Buffer.from(grant.secret_hash, 'base64');
      return timingSafeEqual(sha256(claim.password.reveal()), expected) && grant !== undefined;
    }
    case 'scram': {
      const stored =
        grant === undefined
          ? decoyScramKeys(claim.user, decoyKey).storedKey
          : Buffer.from(grant.scram_stored_key, 'base64');
      return provesPossession(claim.proof, stored) && grant !== undefined;
    }
    // What would check it lies in the store, so that whoever reads that could make one: it proves no grant's own secret.
    case 'keyed':
      return false;
    // Whoever found the grant found it by the key, or by a certificate that the gateway signed.
    case 'key':
      return grant !== undefined;
    case 'carried':
      return isListeners(claim) && grant !== undefined;
    default:
      return claim satisfies never;
  }
}

/** By the listener's password, or by the key for signatures that is derived of it. */
function isListeners({ proof, keys, sshKey }: CarriedClaim): boolean {
  if ('fingerprint' in proof) return proof.fingerprint === sshKey;
  if ('mac' in proof) return provesKeyed(proof, signingSecret(keys.serverKey));
  return provesPossession(proof, keys.storedKey);
}

/** Whether the key that a grant is bound to was proved; true of a grant that is bound to none. */
export function provesKey(keyThumbprint: string | undefined, { key_thumbprint: bound }: GrantRow): boolean {
  return bound === null || bound === keyThumbprint;
}

/**
 * Whether a grant that is good at one place was shown there. What is carried was proved elsewhere: with a key, which such
 * a grant has none of, or by the gateway itself.
 */
export function isShownInPlace(claim: Claim, { resource: bound }: Pick<GrantRow, 'resource'>): boolean {
  if (bound === null || claim.kind === 'carried') return true;
  return claim.kind === 'password' && claim.resource === bound;
}
