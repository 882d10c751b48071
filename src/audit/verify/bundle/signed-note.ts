/** C2SP signed-note (https://c2sp.org/signed-note) by WebCrypto: Ed25519, and the cosignatures of witnesses. */
import { type Bytes, concat, fromBase64, toHex, utf8 } from './bytes.ts';
import type { Engine } from './engine.ts';

/** `log`: type 0x01, over the text. `witness`: type 0x04, over the text and a time (https://c2sp.org/tlog-cosignature). */
export type KeyKind = 'log' | 'witness';

type WebKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

export interface VerifierKey {
  readonly name: string;
  /** Eight digits of hex. */
  readonly id: string;
  readonly kind: KeyKind;
  /** The public key, hex: two names for it are one signer. */
  readonly raw: string;
  readonly key: WebKey;
}

export interface NoteSignature {
  readonly key: VerifierKey;
  /** Seconds since 1970, of a cosignature. */
  readonly time?: number;
}

export interface OpenedNote {
  readonly text: string;
  /** By known keys, each once. There is at least one. */
  readonly signatures: readonly NoteSignature[];
}

const KINDS: Readonly<Record<number, KeyKind>> = { 1: 'log', 4: 'witness' };
const MAX_SIGNATURES = 64;
const SIGNATURE_BYTES = 64;
const ID_BYTES = 4;
const TIME_BYTES = 8;

/** Reads `name+hex(id)+base64(type || key)`; undefined where it is malformed, of another type, or its id is not the key's. */
export async function parseVerifierKey(engine: Engine, text: string): Promise<VerifierKey | undefined> {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) return undefined;
  const typed = fromBase64(encoded);
  const kind = KINDS[typed?.[0] ?? 0];
  if (typed?.length !== 33 || kind === undefined) return undefined;
  if (engine.sha256(concat(utf8(`${name}\n`), typed)).slice(0, 8) !== id) return undefined;
  const raw = typed.slice(1);
  return {
    name,
    id,
    kind,
    raw: toHex(raw),
    key: await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']),
  };
}

/**
 * Opens a note; a text of why not. Signatures by unknown keys are left out; a known key's signature that is wrong, or
 * stands twice, spoils the whole note.
 */
export async function openNote(note: string, known: readonly VerifierKey[]): Promise<OpenedNote | string> {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return 'it is no signed note';
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0009\u000b-\u001f]/u.test(note)) return 'it holds control characters';
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) return `it has more than ${MAX_SIGNATURES} signatures`;
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const [, name, encoded] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
    const bytes = encoded === undefined ? undefined : fromBase64(encoded);
    if (bytes === undefined || bytes.length <= ID_BYTES) return 'one of its signature lines is malformed';
    const id = toHex(bytes.subarray(0, ID_BYTES));
    const key = known.find((one) => one.name === name && one.id === id);
    if (key === undefined) continue;
    if (signatures.some((one) => one.key === key)) return `${key.name} signed it twice`;
    const signature = await checkSignature(text, key, bytes.slice(ID_BYTES));
    if (signature === undefined) return `the signature of ${key.name} is wrong`;
    signatures.push(signature);
  }
  return signatures.length === 0 ? 'no known key signed it' : { text, signatures };
}

async function checkSignature(text: string, key: VerifierKey, payload: Bytes): Promise<NoteSignature | undefined> {
  if (key.kind === 'log') {
    const good = payload.length === SIGNATURE_BYTES && (await verify(key, payload, utf8(text)));
    return good ? { key } : undefined;
  }
  if (payload.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined;
  const time = new DataView(payload.buffer).getBigUint64(0);
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  const signed = utf8(`cosignature/v1\ntime ${time}\n${text}`);
  return (await verify(key, payload.slice(TIME_BYTES), signed)) ? { key, time: Number(time) } : undefined;
}

async function verify({ key }: VerifierKey, signature: Bytes, data: Bytes): Promise<boolean> {
  return await crypto.subtle.verify('Ed25519', key, signature, data);
}
