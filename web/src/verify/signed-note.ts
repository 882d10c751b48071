/** Opens signed notes (https://c2sp.org/signed-note) of Ed25519 keys, checked by WebCrypto. */
import { type Bytes, toHex, utf8 } from '../../../src/audit/c2sp/bytes.ts';
import { keyIdInput, keyIdOf, parseKeyText } from '../../../src/audit/c2sp/key-text.ts';
import { parseNote } from '../../../src/audit/c2sp/note-text.ts';
import { sha256 } from './merkle.ts';

const ED25519 = 1;

/** The DOM's `CryptoKey`, by a name that Node's types have too. */
type WebKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

export interface NoteVerifier {
  readonly name: string;
  readonly id: number;
  readonly key: WebKey;
}

/** Reads a verifier key; undefined where it is malformed, of another type, or its id is not the key's. */
export async function parseVerifierKey(text: string): Promise<NoteVerifier | undefined> {
  const parsed = parseKeyText(text);
  if (parsed?.type !== ED25519 || keyIdOf(toHex(await sha256(keyIdInput(parsed)))) !== parsed.id) return undefined;
  const { name, id, raw } = parsed;
  return { name, id, key: await crypto.subtle.importKey('raw', raw, { name: 'Ed25519' }, true, ['verify']) };
}

/**
 * Opens a note that `verifier` signed: its text. Signatures by other keys are left out; undefined where the note is
 * malformed, the key's signature is wrong or stands twice, or is not there.
 */
export async function openNote(note: string, verifier: NoteVerifier): Promise<string | undefined> {
  const parsed = parseNote(note);
  if (typeof parsed === 'string') return undefined;
  const own = parsed.signatures.filter(({ name, id }) => name === verifier.name && id === verifier.id);
  const [signature] = own;
  if (signature === undefined || own.length > 1) return undefined;
  return (await isSignature(signature.bytes, parsed.text, verifier)) ? parsed.text : undefined;
}

async function isSignature(signature: Bytes, text: string, { key }: NoteVerifier): Promise<boolean> {
  return signature.length === 64 && (await crypto.subtle.verify({ name: 'Ed25519' }, key, signature, utf8(text)));
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
