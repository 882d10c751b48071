/**
 * Opens signed notes (https://c2sp.org/signed-note): Ed25519 by WebCrypto, and the cosignatures of witnesses by Ed25519
 * or ML-DSA-44, which browsers do not have yet.
 */
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { type Bytes, utf8 } from '../../c2sp/bytes.ts';
import { cosignedMessage, isCosigner, parseCosignature } from '../../c2sp/cosigned-message.ts';
import { type KeyText, readKeyText } from '../../c2sp/key-text.ts';
import { parseNote } from '../../c2sp/note-text.ts';
import type { Engine } from './engine.ts';

type WebKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

export interface VerifierKey extends KeyText {
  /** Of an Ed25519 key. ML-DSA-44 needs the public key alone. */
  readonly webKey: WebKey | undefined;
}

export interface OpenedSignature {
  readonly key: VerifierKey;
  /** Seconds since 1970, of a cosignature. */
  readonly time?: number;
}

export interface OpenedNote {
  readonly text: string;
  /** By known keys, each once. There is at least one. */
  readonly signatures: readonly OpenedSignature[];
}

const SIGNATURE_BYTES = 64;

/** Reads a verifier key; undefined where it is malformed, of an unknown type, or its id is not the key's. */
export async function parseVerifierKey(engine: Engine, text: string): Promise<VerifierKey | undefined> {
  const key = readKeyText(engine.sha256, text);
  return key === undefined ? undefined : await verifierOf(key);
}

export async function verifierOf<Key extends KeyText>(key: Key): Promise<Key & VerifierKey> {
  const isEd25519 = key.type !== 6;
  return {
    ...key,
    webKey: isEd25519 ? await crypto.subtle.importKey('raw', key.raw, 'Ed25519', false, ['verify']) : undefined,
  };
}

/**
 * Opens a note; a text of why not. Signatures by unknown keys are left out; a known key's signature that is wrong, or
 * stands twice, spoils the whole note.
 */
export async function openNote(note: string, known: readonly VerifierKey[]): Promise<OpenedNote | string> {
  const parsed = parseNote(note);
  if (typeof parsed === 'string') return parsed;
  const { text } = parsed;
  const signatures: OpenedSignature[] = [];
  for (const { name, id, bytes } of parsed.signatures) {
    const key = known.find((one) => one.name === name && one.id === id);
    if (key === undefined) continue;
    if (signatures.some((one) => one.key === key)) return `${key.name} signed it twice`;
    const signature = await checkSignature(text, key, bytes);
    if (signature === undefined) return `the signature of ${key.name} is wrong`;
    signatures.push(signature);
  }
  return signatures.length === 0 ? 'no known key signed it' : { text, signatures };
}

async function checkSignature(text: string, key: VerifierKey, bytes: Bytes): Promise<OpenedSignature | undefined> {
  if (!isCosigner(key)) return (await isSignature(key, bytes, utf8(text))) ? { key } : undefined;
  const cosignature = parseCosignature(key.type, bytes);
  if (cosignature === undefined) return undefined;
  const { time, signature } = cosignature;
  const message = cosignedMessage(key, text, time);
  return message !== undefined && (await isSignature(key, signature, message)) ? { key, time } : undefined;
}

async function isSignature({ webKey, raw }: VerifierKey, signature: Bytes, message: Bytes): Promise<boolean> {
  if (webKey === undefined) return ml_dsa44.verify(signature, message, raw);
  return signature.length === SIGNATURE_BYTES && (await crypto.subtle.verify('Ed25519', webKey, signature, message));
}
