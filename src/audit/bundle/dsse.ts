/** DSSE (https://github.com/secure-systems-lab/dsse) and the Sigstore bundle v0.3 around it. */
import { createHash, type KeyObject } from 'node:crypto';
import { Fault } from '../../model/fault.ts';
import { canonicalJson } from '../canonical-json.ts';
import { PAYLOAD_TYPE, SIGSTORE_BUNDLE_MEDIA } from './manifest.ts';

/** Pre-Authentication Encoding: what a DSSE signature is over. Lengths are in bytes. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** A signed payload: what timestamps are taken over, and later wrapped with. */
export interface SignedPayload {
  readonly payload: Uint8Array;
  /** ECDSA P-256 over SHA-256 of the encoding above, DER. */
  readonly signature: Uint8Array;
  /** SHA-256 of the key's SubjectPublicKeyInfo, hex. */
  readonly keyId: string;
}

/** The Sigstore bundle as it stands in a file: RFC 8785. `timestamps` are `TimeStampResp`s of RFC 3161, DER. */
export function encodeSigstoreBundle(
  { payload, signature, keyId }: SignedPayload,
  timestamps: readonly Uint8Array[],
): string {
  return canonicalJson({
    mediaType: SIGSTORE_BUNDLE_MEDIA,
    verificationMaterial: {
      publicKey: { hint: keyId },
      tlogEntries: [],
      timestampVerificationData: {
        rfc3161Timestamps: timestamps.map((one) => ({ signedTimestamp: base64(one) })),
      },
    },
    dsseEnvelope: {
      payload: base64(payload),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ keyid: keyId, sig: base64(signature) }],
    },
  });
}

/** What was signed, of a Sigstore bundle that `encodeSigstoreBundle` wrote. */
export function readSigned(bundle: string): SignedPayload {
  const { dsseEnvelope } = JSON.parse(bundle) as {
    readonly dsseEnvelope: {
      readonly payload: string;
      readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
    };
  };
  const [signature] = dsseEnvelope.signatures;
  if (signature === undefined) throw new Fault('log-corrupt', 'a statement that was kept has no signature');
  return {
    payload: Buffer.from(dsseEnvelope.payload, 'base64'),
    signature: Buffer.from(signature.sig, 'base64'),
    keyId: signature.keyid,
  };
}

/** SHA-256 of a public key's SubjectPublicKeyInfo, hex. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
