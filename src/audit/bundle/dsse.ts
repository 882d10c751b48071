/** DSSE (https://github.com/secure-systems-lab/dsse) and the Sigstore bundle v0.3 around it. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../model/fault.ts';
import { canonicalJson } from '../canonical-json.ts';
import { replaceFile } from '../durable-files.ts';
import { PAYLOAD_TYPE, SIGSTORE_BUNDLE_MEDIA } from './manifest.ts';

/** Signs statements: ECDSA P-256 over SHA-256, DER. Where the key is does not matter: a file, a KMS. */
export interface StatementSigner {
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKeyPem: string;
  /** SHA-256 of the SubjectPublicKeyInfo's DER, hex. */
  readonly keyId: string;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

export const STATEMENT_KEY_FILE = 'statement.key';
export const STATEMENT_PUBLIC_FILE = 'statement.pub.pem';

/** Pre-Authentication Encoding: what a DSSE signature is over. Lengths are in bytes. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** A signed payload: what timestamps are taken over, and later wrapped with. */
export interface SignedPayload {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly keyId: string;
}

export async function signPayload(payload: Uint8Array, signer: StatementSigner): Promise<SignedPayload> {
  return { payload, signature: await signer.sign(preAuthEncoding(PAYLOAD_TYPE, payload)), keyId: signer.keyId };
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

/** The signer of a private key; throws a `Fault` of code `config-invalid` where it is not ECDSA P-256. */
export function keySigner(key: KeyObject): StatementSigner {
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Fault('config-invalid', 'the key that signs statements is not ECDSA P-256');
  }
  const publicKey = createPublicKey(key);
  return {
    publicKeyPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    keyId: keyIdOf(publicKey),
    sign: (bytes) => Promise.resolve(sign('sha256', bytes, key)),
  };
}

/** SHA-256 of a public key's SubjectPublicKeyInfo, hex. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ format: 'der', type: 'spki' }))
    .digest('hex');
}

/** The signer whose key `<audit>/keys` keeps; made once where there is none, its public part beside it. */
export function openStatementSigner(keysDirectory: string): StatementSigner {
  const kept = readStatementSigner(keysDirectory);
  if (kept !== undefined) return kept;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const signer = keySigner(privateKey);
  // The public part first: with it alone, and no key, the next start makes another pair.
  replaceFile(join(keysDirectory, STATEMENT_PUBLIC_FILE), signer.publicKeyPem, 0o644);
  replaceFile(join(keysDirectory, STATEMENT_KEY_FILE), privateKey.export({ format: 'pem', type: 'pkcs8' }));
  return signer;
}

/** Undefined where `<audit>/keys` keeps no key; throws a `Fault` where what it keeps is not as it was written. */
export function readStatementSigner(keysDirectory: string): StatementSigner | undefined {
  const path = join(keysDirectory, STATEMENT_KEY_FILE);
  if (!existsSync(path)) return undefined;
  const signer = keySigner(readKey(path));
  const publicPath = join(keysDirectory, STATEMENT_PUBLIC_FILE);
  if (existsSync(publicPath) && readFileSync(publicPath, 'utf8') === signer.publicKeyPem) return signer;
  throw new Fault('log-corrupt', `${publicPath} is not the public key of ${path}`);
}

function readKey(path: string): KeyObject {
  const pem = readFileSync(path, 'latin1');
  try {
    const key = createPrivateKey(pem);
    if (key.export({ format: 'pem', type: 'pkcs8' }) === pem) return key;
  } catch (cause) {
    throw new Fault('log-corrupt', `${path} cannot be read as a private key`, { cause });
  }
  throw new Fault('log-corrupt', `${path} is not a private key in PKCS#8 as it was written`);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
