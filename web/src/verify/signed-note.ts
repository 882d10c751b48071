/** C2SP signed-note with Ed25519 keys (https://c2sp.org/signed-note), checked by WebCrypto. */
import { type Bytes, concat, fromBase64, toHex, utf8 } from './bytes.ts';
import { sha256 } from './merkle.ts';

const ED25519 = 1;

/** The DOM's `CryptoKey`, by a name that Node's types have too. */
type WebKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

export interface NoteVerifier {
  readonly name: string;
  /** Of the key, hex: eight digits. */
  readonly id: string;
  readonly key: WebKey;
}

/** Reads `name+hex(keyID)+base64(type || key)`; undefined where it is malformed, of another type, or its id is not the key's. */
export async function parseVerifierKey(text: string): Promise<NoteVerifier | undefined> {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) return undefined;
  const typed = fromBase64(encoded);
  if (typed?.length !== 33 || typed[0] !== ED25519) return undefined;
  if (id !== (await keyId(name, typed))) return undefined;
  const key = await crypto.subtle.importKey('raw', typed.slice(1), { name: 'Ed25519' }, true, ['verify']);
  return { name, id, key };
}

/**
 * Opens a note that `verifier` signed: its text. Signatures by other keys are left out; undefined where the note is
 * malformed, the key's signature is wrong or stands twice, or is not there.
 */
export async function openNote(note: string, verifier: NoteVerifier): Promise<string | undefined> {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return undefined;
  const text = note.slice(0, split + 1);
  let signed = false;
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const [, name, encoded] = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
    const signature = encoded === undefined ? undefined : fromBase64(encoded);
    if (signature === undefined || signature.length < 5) return undefined;
    if (name !== verifier.name || toHex(signature.subarray(0, 4)) !== verifier.id) continue;
    if (signed || !(await isSignature(signature.slice(4), text, verifier))) return undefined;
    signed = true;
  }
  return signed ? text : undefined;
}

async function isSignature(signature: Bytes, text: string, { key }: NoteVerifier): Promise<boolean> {
  return signature.length === 64 && (await crypto.subtle.verify({ name: 'Ed25519' }, key, signature, utf8(text)));
}

async function keyId(name: string, typed: Bytes): Promise<string> {
  return toHex((await sha256(concat(utf8(`${name}\n`), typed))).subarray(0, 4));
}

/** Why this browser cannot check anything: undefined where it can. */
export async function missingCrypto(): Promise<string | undefined> {
  if (globalThis.crypto?.subtle === undefined) {
    return 'This page did not come over HTTPS (or from this machine), so the browser keeps WebCrypto from it.';
  }
  try {
    await crypto.subtle.importKey('raw', new Uint8Array(32), { name: 'Ed25519' }, true, ['verify']);
    return undefined;
  } catch {
    return 'This browser does not know Ed25519, with which the log is signed. A current Chrome, Firefox or Safari does.';
  }
}
