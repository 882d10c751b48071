/** RFC 6962 Merkle trees by WebCrypto's SHA-256. A hash is 32 bytes. */
import { type Bytes, toHex } from '../../../src/audit/c2sp/bytes.ts';

/** The root of a tree without leaves, hex: SHA-256 of nothing. */
export const EMPTY_ROOT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** How many hashes are asked for at once: enough to keep WebCrypto's threads busy, few enough to keep a page alive. */
const BATCH = 1024;

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

export async function leafHash(data: Uint8Array): Promise<Bytes> {
  const prefixed = new Uint8Array(data.length + 1);
  prefixed.set(data, 1);
  return await sha256(prefixed);
}

export async function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  const pair = new Uint8Array(65);
  pair[0] = 1;
  pair.set(left, 1);
  pair.set(right, 33);
  return await sha256(pair);
}

/** Maps in batches, in order, so that neither a million promises wait at once nor a page stops to answer. */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  map: (item: Item, index: number) => Promise<Result>,
  onProgress?: (done: number) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += BATCH) {
    const batch = items.slice(start, start + BATCH).map((item, i) => map(item, start + i));
    for (const result of await Promise.all(batch)) results.push(result);
    onProgress?.(results.length);
    await breathe();
  }
  return results;
}

const BREATH_MS = 40;
let breathed = 0;

/** Lets a page draw and answer, which the many small answers of WebCrypto would keep it from. */
async function breathe(): Promise<void> {
  if (performance.now() - breathed < BREATH_MS) return;
  await new Promise((resolve) => {
    setTimeout(resolve);
  });
  breathed = performance.now();
}

/** The root over leaf hashes, hex (RFC 6962, section 2.1): level by level, an odd one moves up as it is. */
export async function rootOf(leaves: readonly Bytes[]): Promise<string> {
  const [first] = leaves;
  if (first === undefined) return EMPTY_ROOT;
  let level = leaves;
  while (level.length > 1) {
    const below = level;
    const pairs = Array.from({ length: Math.ceil(below.length / 2) }, (_, i) => i);
    level = await inBatches(pairs, async (i) => {
      const [left, right] = [below[2 * i] as Bytes, below[2 * i + 1]];
      return right === undefined ? left : await nodeHash(left, right);
    });
  }
  return toHex(level[0] ?? first);
}
