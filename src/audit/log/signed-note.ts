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
  return `${text}\n${signatureLine(signer.name, createPublicKey(signer.key), sign(null, Buffer.from(text), signer.key))}`;
}

/** A note that signs nothing by itself yet: its text, and its signature lines as they stand. */
export interface ParsedNote {
  /** With its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  readonly name: string;
  readonly id: number;
  /** What follows the key id. */
  readonly bytes: Buffer;
  /** The line, without its newline. */
  readonly line: string;
}

/** Takes a note apart; undefined where it is malformed or has more than 64 signatures. Checks no signature. */
export function parseNote(note: string): ParsedNote | undefined {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n') || CONTROL.test(note)) return undefined;
  const signatures = parseSignatureLines(note.slice(split + 2));
  return signatures === undefined ? undefined : { text: note.slice(0, split + 1), signatures };
}

/** Reads signature lines, each with its newline; undefined where one is malformed, there is none, or more than 64. */
export function parseSignatureLines(text: string): readonly NoteSignature[] | undefined {
  if (!text.endsWith('\n')) return undefined;
  const lines = text.slice(0, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) return undefined;
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [, name, encoded] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
    if (name === undefined || encoded === undefined) return undefined;
    const bytes = Buffer.from(encoded, 'base64');
    if (bytes.toString('base64') !== encoded || bytes.length < 5) return undefined;
    signatures.push({ name, id: bytes.readUInt32BE(0), bytes: bytes.subarray(4), line });
  }
  return signatures;
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
  if (parsed === undefined) return undefined;
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
  return noteLine(name, keyId(name, rawKey(key)), signature);
}

/** A signature line, with its newline. */
export function noteLine(name: string, id: number, signature: Uint8Array): string {
  const bytes = Buffer.alloc(4 + signature.length);
  bytes.writeUInt32BE(id, 0);
  bytes.set(signature, 4);
  return `— ${name} ${bytes.toString('base64')}\n`;
}

const MAX_SIGNATURES = 64;
/** A signed note holds no control character but the newline (https://c2sp.org/signed-note). */
// oxlint-disable-next-line no-control-regex -- those are what it looks for
const CONTROL = /[\0-\x09\x0B-\x1F]/u;

function keyId(name: string, raw: Uint8Array): number {
  const digest = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ED25519]), raw]), 'buffer');
  return digest.readUInt32BE(0);
}

function rawKey(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
}
