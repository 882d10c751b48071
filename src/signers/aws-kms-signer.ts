/** Signs with an asymmetric key in AWS KMS: `ECC_NIST_EDWARDS25519` or `ECC_NIST_P256`, for SIGN_VERIFY. */
import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import { z } from 'zod';
import { algorithmOf, type Signer } from '../audit/signer.ts';
import { Fault } from '../model/fault.ts';
import type { Secret } from '../model/secret.ts';
import { answerOf, senseless } from './kms-call.ts';
import type { SignerContext } from './vault-signer.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret | undefined;
}

export interface AwsKmsKey {
  readonly region: string;
  /** Key id, key ARN, or an alias. */
  readonly keyId: string;
  /** AWS's own of the region where absent. */
  readonly endpoint?: string | undefined;
  /** Read anew for each call. */
  readonly credentials: () => Promise<AwsCredentials>;
}

const keySchema = z.object({ PublicKey: z.string(), KeyUsage: z.literal('SIGN_VERIFY') });
const signatureSchema = z.object({ Signature: z.string(), SigningAlgorithm: z.string() });
/** AWS's names: Ed25519 over the bytes themselves; ECDSA over their digest, for a message has 4096 bytes at most. */
const NAMES = { ed25519: 'ED25519_SHA_512', 'ecdsa-p256-sha256': 'ECDSA_SHA_256' } as const;

/** Asks for the public key. Rejects where it cannot be had and none is known, or is of a kind that signs nothing here. */
export async function openAwsKmsSigner(key: AwsKmsKey, { fetch, signal, known }: SignerContext): Promise<Signer> {
  const place = `aws kms ${key.keyId}`;
  const call = (operation: string, members: object, signal: AbortSignal) =>
    answerOf(place, async () => {
      const { accessKeyId, secretAccessKey, sessionToken } = await key.credentials();
      const signer = new AwsV4Signer({
        url: `${(key.endpoint ?? `https://kms.${key.region}.amazonaws.com`).replace(/\/+$/u, '')}/`,
        method: 'POST',
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${operation}` },
        body: JSON.stringify({ KeyId: key.keyId, ...members }),
        accessKeyId,
        secretAccessKey: secretAccessKey.reveal(),
        ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
        service: 'kms',
        region: key.region,
      });
      const { url, headers, body } = await signer.sign();
      return await fetch(url.toString(), { method: 'POST', headers, body: body ?? null, redirect: 'error', signal });
    });
  const publicKey = await publicKeyOf(place, () => call('GetPublicKey', {}, signal), known);
  const algorithm = algorithmOf(publicKey);
  if (algorithm === undefined)
    throw new Fault('config-invalid', `the key in ${place} is of a kind that is not used here`);
  return {
    algorithm,
    publicKey,
    place,
    sign: async (bytes, signal) => {
      const SigningAlgorithm = NAMES[algorithm];
      const isRaw = algorithm === 'ed25519';
      const message = isRaw ? Buffer.from(bytes) : hash('sha256', bytes, 'buffer');
      const MessageType = isRaw ? 'RAW' : 'DIGEST';
      const answer = await call('Sign', { Message: message.toString('base64'), MessageType, SigningAlgorithm }, signal);
      const { data } = signatureSchema.safeParse(answer);
      if (data?.SigningAlgorithm !== SigningAlgorithm) throw senseless(place);
      return Buffer.from(data.Signature, 'base64');
    },
  };
}

async function publicKeyOf(
  place: string,
  ask: () => Promise<unknown>,
  known: KeyObject | undefined,
): Promise<KeyObject> {
  let answer: unknown;
  try {
    answer = await ask();
  } catch (fault) {
    if (known === undefined) throw fault;
    return known;
  }
  const { data } = keySchema.safeParse(answer);
  if (data === undefined) throw senseless(place);
  try {
    return createPublicKey({ key: Buffer.from(data.PublicKey, 'base64'), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new Fault('signer-unavailable', `${place} shows a public key that cannot be read`, { cause });
  }
}
