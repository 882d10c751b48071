/**
 * Makes and opens cosignatures (https://c2sp.org/tlog-cosignature): what a witness says of a checkpoint, and when. Ed25519
 * (type 0x04) and ML-DSA-44 (type 0x06).
 */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Bytes } from '../c2sp/bytes.ts';
import {
  type CosignerType,
  cosignatureBytes,
  cosignedMessage,
  isCosigner,
  parseCosignature,
} from '../c2sp/cosigned-message.ts';
import { type KeyText, keyIdInput, keyIdOf, keyIdText, readKeyText } from '../c2sp/key-text.ts';
import { parseNote } from '../c2sp/note-text.ts';
import { noteLine, sha256 } from './signed-note.ts';

export interface CosignerKey {
  readonly name: string;
  /** Of the verifier key and of the key id. */
  readonly type: CosignerType;
  readonly id: number;
  /** Public. */
  readonly key: KeyObject;
}

/** Signs for a cosigner; its key is private. */
export interface Cosigner {
  readonly name: string;
  readonly key: KeyObject;
}

export interface Cosignature {
  readonly by: CosignerKey;
  /** When it was made: seconds since 1970, as the cosigner says. */
  readonly time: number;
  /** The line, with its newline. */
  readonly line: string;
}

/** A cosigner's public key as it stands in files and in policies. */
export function encodeCosignerKey({ name, type, id, key }: CosignerKey): string {
  return `${name}+${keyIdText({ id })}+${Buffer.from([type, ...rawKey(type, key)]).toString('base64')}`;
}

/** Throws a `RangeError` for a key that is neither Ed25519 nor ML-DSA-44. */
export function cosignerKey(name: string, key: KeyObject): CosignerKey {
  const type = typeOf(key);
  if (type === undefined) throw new RangeError('a cosigner has an Ed25519 or an ML-DSA-44 key');
  return { name, type, id: keyIdOf(sha256(keyIdInput({ name, type, raw: rawKey(type, key) }))), key };
}

/** Reads a cosigner's verifier key; undefined where it is malformed, of another type, or its id is not the key's. */
export function parseCosignerKey(text: string): CosignerKey | undefined {
  const key = readKeyText(sha256, text);
  return key !== undefined && isCosigner(key) ? cosignerOf(key) : undefined;
}

/** The cosigner by its key. */
export function cosignerOf({ name, id, type, raw }: KeyText & { readonly type: CosignerType }): CosignerKey {
  const der = Buffer.concat([SPKI[type], raw]);
  return { name, type, id, key: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
}

/** The line by which a cosigner vouches for a checkpoint's text at a time in whole seconds. */
export function cosign(text: string, { name, key }: Cosigner, timeSeconds: number): string {
  const cosigner = cosignerKey(name, createPublicKey(key));
  const message = cosignedMessage(cosigner, text, timeSeconds);
  if (message === undefined) throw new RangeError('what is cosigned is no checkpoint');
  return noteLine(name, cosigner.id, cosignatureBytes(timeSeconds, sign(null, message, key)));
}

/**
 * The good cosignatures of a checkpoint by keys that are known, in the note's order; undefined where the note is
 * malformed, or one by a known key is wrong, has no time, or stands twice.
 */
export function openCosignatures(note: string, known: readonly CosignerKey[]): readonly Cosignature[] | undefined {
  const parsed = parseNote(note);
  if (typeof parsed === 'string') return undefined;
  const found: Cosignature[] = [];
  for (const { name, id, bytes, line } of parsed.signatures) {
    const by = known.find((one) => one.name === name && one.id === id);
    if (by === undefined) continue;
    const time = timeOf(by, parsed.text, bytes);
    if (time === undefined || found.some((one) => one.by === by)) return undefined;
    found.push({ by, time, line: `${line}\n` });
  }
  return found;
}

/** The time that a good cosignature says; undefined where it is wrong. */
function timeOf(by: CosignerKey, text: string, bytes: Bytes): number | undefined {
  const cosignature = parseCosignature(by.type, bytes);
  if (cosignature === undefined) return undefined;
  const { time, signature } = cosignature;
  const message = cosignedMessage(by, text, time);
  return message !== undefined && verify(null, message, by.key, signature) ? time : undefined;
}

/** The header of each kind of public key's SubjectPublicKeyInfo (RFC 8410, RFC 9881); the raw key follows. */
const SPKI: Readonly<Record<CosignerType, Buffer>> = {
  4: Buffer.from('302a300506032b6570032100', 'hex'),
  6: Buffer.from('30820532300b06096086480165030403110382052100', 'hex'),
};

function typeOf(key: KeyObject): CosignerType | undefined {
  const kind: string | undefined = key.asymmetricKeyType;
  if (kind === 'ed25519') return 4;
  return kind === 'ml-dsa-44' ? 6 : undefined;
}

function rawKey(type: CosignerType, key: KeyObject): Bytes {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(SPKI[type].length));
}
