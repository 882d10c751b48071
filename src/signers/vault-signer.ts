/** Signs with a key in HashiCorp Vault's Transit engine, or OpenBao's, which is the same: `ed25519` or `ecdsa-p256`. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { algorithmOf, type Signer } from '../audit/signer.ts';
import { Fault } from '../model/fault.ts';
import type { Secret } from '../model/secret.ts';
import { answerOf, type Fetch, senseless } from './kms-call.ts';

export interface VaultKey {
  /** `https://vault.example.com:8200`. */
  readonly address: string;
  /** Where the engine is mounted. */
  readonly mount: string;
  readonly name: string;
  /** The newest one where absent, as it is when the signer is opened. */
  readonly version?: number | undefined;
  readonly namespace?: string | undefined;
  /** Read anew for each call: an agent beside us renews it. */
  readonly token: () => Promise<Secret>;
}

export interface SignerContext {
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
  /** The key that is expected there, with which the start goes on where it cannot be asked for now. */
  readonly known?: KeyObject | undefined;
}

const keySchema = z.object({
  data: z.object({
    type: z.enum(['ed25519', 'ecdsa-p256']),
    latest_version: z.number().int().positive(),
    keys: z.record(z.string(), z.object({ public_key: z.string() })),
  }),
});
const signatureSchema = z.object({ data: z.object({ signature: z.string() }) });

/** Asks for the public key. Rejects where it cannot be had and none is known, or is of a kind that signs nothing here. */
export async function openVaultSigner(key: VaultKey, { fetch, signal, known }: SignerContext): Promise<Signer> {
  const place = `vault ${key.mount}/${key.name}`;
  const call = (path: string, signal: AbortSignal, body?: object) =>
    answerOf(place, async () => {
      const token = await key.token();
      return await fetch(`${key.address.replace(/\/+$/u, '')}/v1/${key.mount}/${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          'x-vault-token': token.reveal(),
          'x-vault-request': 'true',
          ...(key.namespace === undefined ? {} : { 'x-vault-namespace': key.namespace }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal,
      });
    });
  const found = await publicKeyOf(key, place, () => call(`keys/${encodeURIComponent(key.name)}`, signal), known);
  const algorithm = algorithmOf(found.publicKey);
  if (algorithm === undefined)
    throw new Fault('config-invalid', `the key in ${place} is of a kind that is not used here`);
  return {
    algorithm,
    publicKey: found.publicKey,
    place,
    sign: async (bytes, signal) => {
      const answer = await call(`sign/${encodeURIComponent(key.name)}`, signal, {
        input: Buffer.from(bytes).toString('base64'),
        ...(found.version === undefined ? {} : { key_version: found.version }),
        ...(algorithm === 'ed25519' ? {} : { hash_algorithm: 'sha2-256', marshaling_algorithm: 'asn1' }),
      });
      const parsed = signatureSchema.safeParse(answer);
      const [, encoded] = /^vault:v[0-9]+:([A-Za-z0-9+/]+={0,2})$/u.exec(parsed.data?.data.signature ?? '') ?? [];
      if (encoded === undefined) throw senseless(place);
      return Buffer.from(encoded, 'base64');
    },
  };
}

async function publicKeyOf(
  { version }: VaultKey,
  place: string,
  ask: () => Promise<unknown>,
  known: KeyObject | undefined,
): Promise<{ readonly publicKey: KeyObject; readonly version?: number }> {
  let answer: unknown;
  try {
    answer = await ask();
  } catch (fault) {
    if (known === undefined) throw fault;
    return version === undefined ? { publicKey: known } : { publicKey: known, version };
  }
  const { data } = keySchema.safeParse(answer);
  if (data === undefined) throw senseless(place);
  const used = version ?? data.data.latest_version;
  const text = data.data.keys[String(used)]?.public_key;
  if (text === undefined) throw new Fault('config-invalid', `the key in ${place} has no version ${used}`);
  return { publicKey: readPublicKey(text, place), version: used };
}

/** Vault shows an Ed25519 key as base64 of its 32 bytes, and one on a curve as PEM. */
function readPublicKey(text: string, place: string): KeyObject {
  try {
    if (text.includes('BEGIN PUBLIC KEY')) return createPublicKey(text);
    const raw = Buffer.from(text, 'base64');
    return createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new Fault('signer-unavailable', `${place} shows a public key that cannot be read`, { cause });
  }
}

/** The header of an Ed25519 public key's SubjectPublicKeyInfo (RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
