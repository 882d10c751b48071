/** C2SP signed-note with Ed25519 keys (https://c2sp.org/signed-note): the envelope of a checkpoint. */
import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';

const ED25519 = 1;
/** The header of an Ed25519 public key's SubjectPublicKeyInfo (RFC 8410); the 32 bytes follow. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

export interface NoteSigner {
  readonly name: string;
  readonly key: KeyObject;
}

export interface NoteVerifier {
  readonly name: string;
  readonly id: number;
  readonly key: KeyObject;
}

export function noteVerifier(name: string, key: KeyObject): NoteVerifier {
  return { name, id: keyId(name, rawKey(key)), key };
}

/** `name+hex(keyID)+base64(type || key)`. */
export function encodeVerifierKey(name: string, key: KeyObject): string {
  const raw = rawKey(key);
  const id = keyId(name, raw).toString(16).padStart(8, '0');
  return `${name}+${id}+${Buffer.from([ED25519, ...raw]).toString('base64')}`;
}

/** Reads a verifier key; undefined where it is malformed, of another type, or its id is not the key's. */
export function parseVerifierKey(text: string): NoteVerifier | undefined {
  const parts = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text);
  if (parts?.[1] === undefined || parts[2] === undefined || parts[3] === undefined) return undefined;
  const typed = Buffer.from(parts[3], 'base64');
  if (typed.toString('base64') !== parts[3] || typed.length !== 33 || typed[0] !== ED25519) return undefined;
  const raw = typed.subarray(1);
  const id = Number.parseInt(parts[2], 16);
  if (id !== keyId(parts[1], raw)) return undefined;
  return { name: parts[1], id, key: createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' }) };
}

/** Signs a text, which ends in a newline. */
export function signNote(text: string, signer: NoteSigner): string {
  const signature = Buffer.alloc(68);
  signature.writeUInt32BE(keyId(signer.name, rawKey(createPublicKey(signer.key))), 0);
  sign(null, Buffer.from(text), signer.key).copy(signature, 4);
  return `${text}\n— ${signer.name} ${signature.toString('base64')}\n`;
}

/**
 * Opens a note: its text and the names that signed it. Signatures by unknown keys are left out; undefined where the
 * note is malformed, a known key's signature is wrong or stands twice, or no known key signed.
 */
export function openNote(
  note: string,
  known: readonly NoteVerifier[],
): { text: string; signers: string[] } | undefined {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return undefined;
  const text = note.slice(0, split + 1);
  const signers: string[] = [];
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const parts = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line);
    if (parts?.[1] === undefined || parts[2] === undefined) return undefined;
    const signature = Buffer.from(parts[2], 'base64');
    if (signature.toString('base64') !== parts[2] || signature.length < 5) return undefined;
    const signer = known.find((one) => one.name === parts[1] && one.id === signature.readUInt32BE(0));
    if (signer === undefined) continue;
    const good = signature.length === 68 && verify(null, Buffer.from(text), signer.key, signature.subarray(4));
    if (!good || signers.includes(signer.name)) return undefined;
    signers.push(signer.name);
  }
  return signers.length === 0 ? undefined : { text, signers };
}

function keyId(name: string, raw: Uint8Array): number {
  const digest = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ED25519]), raw]), 'buffer');
  return digest.readUInt32BE(0);
}

function rawKey(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
}
