/**
 * C2SP signed-note (https://c2sp.org/signed-note): Ed25519 by WebCrypto, and the cosignatures of witnesses by Ed25519 or
 * ML-DSA-44, which browsers do not have yet.
 */
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { type Bytes, concat, fromBase64, fromHex, toHex, utf8 } from './bytes.ts';
import { readCheckpoint } from './checkpoint-text.ts';
import type { Engine } from './engine.ts';

/**
 * `log`: type 0x01, over the text. `witness`: type 0x04 (Ed25519) or 0x06 (ML-DSA-44), over the text, or what it says, and
 * a time (https://c2sp.org/tlog-cosignature).
 */
export type KeyKind = 'log' | 'witness';

type WebKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

export interface VerifierKey {
  readonly name: string;
  /** Eight digits of hex. */
  readonly id: string;
  readonly kind: KeyKind;
  /** The public key, hex: two names for it are one signer. */
  readonly raw: string;
  /** WebCrypto's; the public key itself of ML-DSA-44. */
  readonly key: WebKey | Bytes;
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

const KINDS: Readonly<Record<number, { readonly kind: KeyKind; readonly bytes: number }>> = {
  1: { kind: 'log', bytes: 32 },
  4: { kind: 'witness', bytes: 32 },
  6: { kind: 'witness', bytes: 1312 },
};
const ML_DSA_44 = 6;
const ML_DSA_44_SIGNATURE_BYTES = 2420;
const MAX_SIGNATURES = 64;
const SIGNATURE_BYTES = 64;
const ID_BYTES = 4;
const TIME_BYTES = 8;

/** Reads `name+hex(id)+base64(type || key)`; undefined where it is malformed, of another type, or its id is not the key's. */
export async function parseVerifierKey(engine: Engine, text: string): Promise<VerifierKey | undefined> {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) return undefined;
  const typed = fromBase64(encoded);
  const type = typed?.[0] ?? 0;
  const known = KINDS[type];
  if (typed === undefined || known === undefined || typed.length !== 1 + known.bytes) return undefined;
  if (engine.sha256(concat(utf8(`${name}\n`), typed)).slice(0, 8) !== id) return undefined;
  const raw = typed.slice(1);
  const key = type === ML_DSA_44 ? raw : await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']);
  return { name, id, kind: known.kind, raw: toHex(raw), key };
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

async function checkSignature(text: string, by: VerifierKey, payload: Bytes): Promise<NoteSignature | undefined> {
  const { kind, key } = by;
  if (kind === 'log') return (await isEd25519(key as WebKey, payload, utf8(text))) ? { key: by } : undefined;
  if (payload.length <= TIME_BYTES) return undefined;
  const time = new DataView(payload.buffer).getBigUint64(0);
  // A cosignature without a time says nothing of the newest tree; one beyond 2^53 s is of no clock.
  if (time === 0n || time > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  const signature = payload.slice(TIME_BYTES);
  const good =
    key instanceof Uint8Array
      ? isMlDsa(key, signature, subtreeMessage(by.name, text, time))
      : await isEd25519(key, signature, utf8(`cosignature/v1\ntime ${time}\n${text}`));
  return good ? { key: by, time: Number(time) } : undefined;
}

async function isEd25519(key: WebKey, signature: Bytes, data: Bytes): Promise<boolean> {
  return signature.length === SIGNATURE_BYTES && (await crypto.subtle.verify('Ed25519', key, signature, data));
}

function isMlDsa(key: Bytes, signature: Bytes, message: Bytes | undefined): boolean {
  if (message === undefined || signature.length !== ML_DSA_44_SIGNATURE_BYTES) return false;
  return ml_dsa44.verify(signature, message, key);
}

/** What ML-DSA-44 signs of a checkpoint (https://c2sp.org/tlog-cosignature); undefined where the text is none. */
function subtreeMessage(cosigner: string, text: string, time: bigint): Bytes | undefined {
  const checkpoint = readCheckpoint(text);
  const names = [utf8(cosigner), utf8(checkpoint?.origin ?? '')] as const;
  if (checkpoint === undefined || names.some(({ length }) => length === 0 || length > 255)) return undefined;
  const [name, origin] = names;
  const root = fromHex(checkpoint.root) ?? new Uint8Array();
  const numbers = [u64(0n), u64(BigInt(checkpoint.size))];
  const lengths = [Uint8Array.of(name.length), Uint8Array.of(origin.length)] as const;
  return concat(utf8('subtree/v1\n\0'), lengths[0], name, u64(time), lengths[1], origin, ...numbers, root);
}

function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}
