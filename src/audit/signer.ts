/** A key that signs, wherever it is kept: in a file, in HashiCorp Vault, in a cloud's KMS. */
import { type KeyObject, sign as signBytes } from 'node:crypto';
import { Fault } from '../model/fault.ts';

/** What a key makes of bytes: 64 bytes of Ed25519 (RFC 8032), or ECDSA on P-256 over SHA-256 as DER (RFC 3279). */
export type SignatureAlgorithm = 'ed25519' | 'ecdsa-p256-sha256';

export interface Signer {
  readonly algorithm: SignatureAlgorithm;
  readonly publicKey: KeyObject;
  /** Where the key is, in words for an operator: `file`, `vault transit chaperone-log`; no secret. */
  readonly place: string;
  /** Signs the bytes themselves, not a digest. Rejects with a `Fault` of code `signer-unavailable` where it cannot now. */
  sign(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

/** Signs with a private key in this process's memory. Throws a `Fault` of code `config-invalid` for any other kind of key. */
export function localSigner(key: KeyObject, publicKey: KeyObject, place: string): Signer {
  const algorithm = algorithmOf(key);
  if (algorithm === undefined) {
    throw new Fault('config-invalid', `${place} is neither an Ed25519 key nor an ECDSA key on P-256`);
  }
  return {
    algorithm,
    publicKey,
    place,
    sign: (bytes) => Promise.resolve(signBytes(algorithm === 'ed25519' ? null : 'sha256', bytes, key)),
  };
}

/** Undefined for a key of another kind. */
export function algorithmOf(key: KeyObject): SignatureAlgorithm | undefined {
  if (key.asymmetricKeyType === 'ed25519') return 'ed25519';
  const onP256 = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  return onP256 ? 'ecdsa-p256-sha256' : undefined;
}
