/** Signs and opens notes (https://c2sp.org/signed-note) with Node's Ed25519: the envelope of a checkpoint. */
import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { type KeyText, keyIdInput, keyIdOf, keyIdText, readKeyText } from '../c2sp/key-text.ts';
import { parseNote } from '../c2sp/note-text.ts';

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
  return { name, id: idOf(name, key), key };
}

/** The key as it stands in files and in policies. */
export function encodeVerifierKey(name: string, key: KeyObject): string {
  const typed = Buffer.from([ED25519, ...rawKey(key)]);
  return `${name}+${keyIdText({ id: idOf(name, key) })}+${typed.toString('base64')}`;
}

/** Reads a verifier key; undefined where it is malformed, of another type, or its id is not the key's. */
export function parseVerifierKey(text: string): NoteVerifier | undefined {
  const key = readKeyText(sha256, text);
  return key?.type === ED25519 ? verifierOf(key) : undefined;
}

/** The verifier by a log's key. */
export function verifierOf({ name, id, raw }: KeyText): NoteVerifier {
  return { name, id, key: createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' }) };
}

/** SHA-256 as what reads keys wants it: hex. */
export function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

/** Signs a text, which ends in a newline. */
export function signNote(text: string, signer: NoteSigner): string {
  return `${text}\n${signatureLine(signer.name, createPublicKey(signer.key), sign(null, Buffer.from(text), signer.key))}`;
}

/**
 * Opens a note: its text and the names that signed it. Signatures by unknown keys are left out; undefined where the
 * note is malformed, a known key's signature is wrong or stands twice, or no known key signed.
 */
export function openNote(
  note: string,
  known: readonly NoteVerifier[],
): { text: string; signers: string[]; by: NoteVerifier[] } | undefined {
  const parsed = parseNote(note);
  if (typeof parsed === 'string') return undefined;
  const by: NoteVerifier[] = [];
  for (const { name, id, bytes } of parsed.signatures) {
    const signer = known.find((one) => one.name === name && one.id === id);
    if (signer === undefined) continue;
    const good = bytes.length === 64 && verify(null, Buffer.from(parsed.text), signer.key, bytes);
    if (!good || by.includes(signer)) return undefined;
    by.push(signer);
  }
  if (by.length === 0) return undefined;
  return { text: parsed.text, signers: by.map((one) => one.name), by };
}

/** The line that a 64-byte Ed25519 signature over the note's text makes, with its newline. */
export function signatureLine(name: string, key: KeyObject, signature: Uint8Array): string {
  return noteLine(name, idOf(name, key), signature);
}

/** A signature line, with its newline. */
export function noteLine(name: string, id: number, signature: Uint8Array): string {
  const bytes = Buffer.alloc(4 + signature.length);
  bytes.writeUInt32BE(id, 0);
  bytes.set(signature, 4);
  return `— ${name} ${bytes.toString('base64')}\n`;
}

function idOf(name: string, key: KeyObject): number {
  return keyIdOf(sha256(keyIdInput({ name, type: ED25519, raw: new Uint8Array(rawKey(key)) })));
}

function rawKey(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
}
