/**
 * C2SP tlog-cosignature (https://c2sp.org/tlog-cosignature): what a witness says of a checkpoint, and when. Ed25519
 * (type 0x04) and ML-DSA-44 (type 0x06).
 */
import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { parseCheckpointHead } from './checkpoint.ts';
import { type NoteSignature, noteLine, parseNote } from './signed-note.ts';

/** Of the verifier key and of the key id. */
export type CosignatureType = 4 | 6;

export interface CosignerKey {
  readonly name: string;
  readonly type: CosignatureType;
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

/** `name+hex(keyID)+base64(type || key)` of a cosigner's public key. */
export function encodeCosignerKey({ name, type, id, key }: CosignerKey): string {
  const encoded = Buffer.from([type, ...rawKey(key)]).toString('base64');
  return `${name}+${id.toString(16).padStart(8, '0')}+${encoded}`;
}

/** Throws a `RangeError` for a key that is neither Ed25519 nor ML-DSA-44. */
export function cosignerKey(name: string, key: KeyObject): CosignerKey {
  const type = typeOf(key);
  if (type === undefined) throw new RangeError('a cosigner has an Ed25519 or an ML-DSA-44 key');
  return { name, type, id: keyId(name, type, rawKey(key)), key };
}

/** Reads a cosigner's verifier key; undefined where it is malformed, of another type, or its id is not the key's. */
export function parseCosignerKey(text: string): CosignerKey | undefined {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) return undefined;
  const typed = Buffer.from(encoded, 'base64');
  const type = typed[0];
  if (typed.toString('base64') !== encoded || (type !== 4 && type !== 6)) return undefined;
  const raw = typed.subarray(1);
  if (raw.length !== KEYS[type].bytes || keyId(name, type, raw) !== Number.parseInt(id, 16)) return undefined;
  const der = Buffer.concat([KEYS[type].spki, raw]);
  return { name, type, id: Number.parseInt(id, 16), key: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
}

/** The line by which a cosigner vouches for a checkpoint's text at a time in whole seconds. */
export function cosign(text: string, { name, key }: Cosigner, timeSeconds: number): string {
  const cosigner = cosignerKey(name, createPublicKey(key));
  const message = signedMessage(cosigner, text, BigInt(timeSeconds));
  if (message === undefined) throw new RangeError('what is cosigned is no checkpoint');
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(timeSeconds));
  return noteLine(name, cosigner.id, Buffer.concat([time, sign(null, message, key)]));
}

/**
 * The good cosignatures of a checkpoint by keys that are known, in the note's order; undefined where the note is
 * malformed, or one by a known key is wrong, has no time, or stands twice.
 */
export function openCosignatures(note: string, known: readonly CosignerKey[]): readonly Cosignature[] | undefined {
  const parsed = parseNote(note);
  if (parsed === undefined) return undefined;
  const found: Cosignature[] = [];
  for (const signature of parsed.signatures) {
    const by = known.find(({ name, id }) => name === signature.name && id === signature.id);
    if (by === undefined) continue;
    const time = timeOf(by, parsed.text, signature);
    if (time === undefined || found.some((one) => one.by === by)) return undefined;
    found.push({ by, time, line: `${signature.line}\n` });
  }
  return found;
}

/** The time that a good cosignature says; undefined where it is wrong. */
function timeOf(by: CosignerKey, text: string, { bytes }: NoteSignature): number | undefined {
  if (bytes.length !== 8 + KEYS[by.type].signatureBytes) return undefined;
  const time = bytes.readBigUInt64BE(0);
  // A cosignature without a time says nothing of the newest tree; one beyond 2^53 s is of no clock.
  if (time === 0n || time > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  const message = signedMessage(by, text, time);
  return message !== undefined && verify(null, message, by.key, bytes.subarray(8)) ? Number(time) : undefined;
}

function signedMessage({ name, type }: CosignerKey, text: string, time: bigint): Buffer | undefined {
  if (type === 4) return Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
  const checkpoint = parseCheckpointHead(text);
  if (checkpoint === undefined) return undefined;
  const [cosigner, origin] = [Buffer.from(name), Buffer.from(checkpoint.origin)];
  if (cosigner.length > 255 || origin.length > 255) return undefined;
  const numbers = Buffer.alloc(16);
  numbers.writeBigUInt64BE(BigInt(checkpoint.size), 8);
  const stamped = Buffer.alloc(8);
  stamped.writeBigUInt64BE(time);
  return Buffer.concat([
    Buffer.from('subtree/v1\n\0'),
    Buffer.of(cosigner.length),
    cosigner,
    stamped,
    Buffer.of(origin.length),
    origin,
    numbers,
    Buffer.from(checkpoint.root, 'hex'),
  ]);
}

/** The header of each kind of public key's SubjectPublicKeyInfo (RFC 8410, RFC 9881); the raw key follows. */
const KEYS = {
  4: { spki: Buffer.from('302a300506032b6570032100', 'hex'), bytes: 32, signatureBytes: 64 },
  6: { spki: Buffer.from('30820532300b06096086480165030403110382052100', 'hex'), bytes: 1312, signatureBytes: 2420 },
} as const;

function typeOf(key: KeyObject): CosignatureType | undefined {
  const kind: string | undefined = key.asymmetricKeyType;
  if (kind === 'ed25519') return 4;
  return kind === 'ml-dsa-44' ? 6 : undefined;
}

function rawKey(key: KeyObject): Buffer {
  const der = key.export({ format: 'der', type: 'spki' });
  return der.subarray(der.length - KEYS[typeOf(key) ?? 4].bytes);
}

function keyId(name: string, type: CosignatureType, raw: Uint8Array): number {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), raw]), 'buffer').readUInt32BE(0);
}
