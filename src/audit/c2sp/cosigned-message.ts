/** What a cosigner signs, and when it says that it did (https://c2sp.org/tlog-cosignature). */
import { type Bytes, concat, fromHex, utf8 } from './bytes.ts';
import { parseCheckpointHead } from './checkpoint-text.ts';
import type { KeyText, KeyType } from './key-text.ts';

export type CosignerType = Exclude<KeyType, 1>;

const TIME_BYTES = 8;
const SIGNATURE_BYTES: Readonly<Record<CosignerType, number>> = { 4: 64, 6: 2420 };

/** What is signed of a note's text at a time in seconds; undefined where that text is no checkpoint. */
export function cosignedMessage(
  { name, type }: { readonly name: string; readonly type: CosignerType },
  text: string,
  time: number,
): Bytes | undefined {
  if (type === 4) return utf8(`cosignature/v1\ntime ${time}\n${text}`);
  const checkpoint = parseCheckpointHead(text);
  const [cosigner, origin] = [utf8(name), utf8(checkpoint?.origin ?? '')];
  const root = fromHex(checkpoint?.root ?? '');
  if (checkpoint === undefined || root === undefined) return undefined;
  if ([cosigner, origin].some(({ length }) => length === 0 || length > 255)) return undefined;
  const lengths = [Uint8Array.of(cosigner.length), Uint8Array.of(origin.length)] as const;
  const range = [u64(0), u64(checkpoint.size)];
  return concat(utf8('subtree/v1\n\0'), lengths[0], cosigner, u64(time), lengths[1], origin, ...range, root);
}

/**
 * Takes what follows the key id in a cosignature's line apart; undefined where it has another length, or a time that is
 * none: without one it says nothing of the newest tree, and one beyond 2^53 s is of no clock.
 */
export function parseCosignature(type: CosignerType, bytes: Bytes): { time: number; signature: Bytes } | undefined {
  if (bytes.length !== TIME_BYTES + SIGNATURE_BYTES[type]) return undefined;
  const time = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  if (time === 0n || time > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return { time: Number(time), signature: bytes.slice(TIME_BYTES) };
}

/** What follows the key id in a cosignature's line. */
export function cosignatureBytes(time: number, signature: Uint8Array): Bytes {
  return concat(u64(time), signature);
}

export function isCosigner(key: KeyText): key is KeyText & { readonly type: CosignerType } {
  return key.type !== 1;
}

function u64(value: number): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
