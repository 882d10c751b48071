import { timingSafeEqual } from 'node:crypto';
import type { GrantRow } from '../store/grant-rows.ts';
import { decoyScramKeys, provesPossession, sha256 } from './scram-keys.ts';
import type { Claim } from './vocabulary.ts';

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
    case 'carried':
      return provesPossession(claim.proof, claim.keys.storedKey) && grant !== undefined;
    default:
      return claim satisfies never;
  }
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
