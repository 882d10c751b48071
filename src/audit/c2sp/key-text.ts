/** A verifier key as https://c2sp.org/signed-note writes it: `name+hex(id)+base64(type || key)`. */
import { type Bytes, concat, fromBase64, toHex, utf8 } from './bytes.ts';

/** 0x01: a log's, Ed25519. 0x04 and 0x06: a cosigner's, Ed25519 and ML-DSA-44 (https://c2sp.org/tlog-cosignature). */
export type KeyType = 1 | 4 | 6;

export interface KeyText {
  readonly name: string;
  readonly id: number;
  readonly type: KeyType;
  /** The public key. */
  readonly raw: Bytes;
}

/** SHA-256, hex. */
export type Sha256 = (bytes: Uint8Array) => string;

const KEY_BYTES: Readonly<Record<KeyType, number>> = { 1: 32, 4: 32, 6: 1312 };

/**
 * Takes a key apart; undefined where it is malformed or of another type. Its id may still be another key's: the caller,
 * whose hash may be asynchronous, checks that with `keyIdOf`, or uses `readKeyText`.
 */
export function parseKeyText(text: string): KeyText | undefined {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) return undefined;
  const typed = fromBase64(encoded);
  const type = typed?.[0];
  if (typed === undefined || !isKeyType(type) || typed.length !== 1 + KEY_BYTES[type]) return undefined;
  return { name, id: Number.parseInt(id, 16), type, raw: typed.slice(1) };
}

/** Reads a key; undefined where it is malformed, of another type, or its id is not its own. */
export function readKeyText(sha256: Sha256, text: string): KeyText | undefined {
  const key = parseKeyText(text);
  return key === undefined || keyIdOf(sha256(keyIdInput(key))) !== key.id ? undefined : key;
}

/** What is hashed for a key's id. */
export function keyIdInput({ name, type, raw }: Pick<KeyText, 'name' | 'type' | 'raw'>): Bytes {
  return concat(utf8(`${name}\n`), Uint8Array.of(type), raw);
}

/** The id that a SHA-256 over `keyIdInput`, hex, makes. */
export function keyIdOf(digest: string): number {
  return Number.parseInt(digest.slice(0, 8), 16);
}

/** Eight digits of hex. */
export function keyIdText({ id }: Pick<KeyText, 'id'>): string {
  return id.toString(16).padStart(8, '0');
}

/** Two names for this are one signer. */
export function sameKey(one: Pick<KeyText, 'raw'>, other: Pick<KeyText, 'raw'>): boolean {
  return toHex(one.raw) === toHex(other.raw);
}

function isKeyType(type: number | undefined): type is KeyType {
  return type === 1 || type === 4 || type === 6;
}
