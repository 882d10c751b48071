/** Inclusion and consistency proofs (RFC 9162, section 2.1). Hashes are 32 bytes; a proof of anything else is wrong. */
import { type Bytes, toHex } from '../../../src/audit/c2sp/bytes.ts';
import { EMPTY_ROOT, nodeHash } from './merkle.ts';

/** Gives the root of the perfect subtree of 2^level leaves that starts at leaf `index * 2^level`. */
export type SubtreeReader = (level: number, index: number) => Promise<Bytes>;

/** True where the path leads from the leaf at `index` to the root of the tree of `size` leaves (section 2.1.3.2). */
export async function verifyInclusion(
  leaf: Bytes,
  index: number,
  size: number,
  path: readonly Bytes[],
  root: string,
): Promise<boolean> {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let [fn, sn, hashed] = [index, size - 1, leaf];
  for (const step of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hashed = await nodeHash(step, hashed);
      for (; fn % 2 === 0 && fn !== 0; fn = half(fn)) sn = half(sn);
    } else {
      hashed = await nodeHash(hashed, step);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && toHex(hashed) === root;
}

/** True where the proof shows that the tree of `size` leaves continues the one of `old` (section 2.1.4.2). */
export async function verifyConsistency(
  old: { readonly size: number; readonly root: string },
  now: { readonly size: number; readonly root: string },
  proof: readonly Bytes[],
  oldRootBytes: Bytes,
): Promise<boolean> {
  if (!isCount(old.size) || !isCount(now.size) || old.size > now.size) return false;
  if (old.size === 0) return proof.length === 0 && old.root === EMPTY_ROOT;
  if (old.size === now.size) return proof.length === 0 && old.root === now.root;
  const [first, ...steps] = isPowerOfTwo(old.size) ? [oldRootBytes, ...proof] : proof;
  if (first === undefined) return false;
  let [fn, sn] = [old.size - 1, now.size - 1];
  for (; fn % 2 === 1; fn = half(fn)) sn = half(sn);
  let [fr, sr] = [first, first];
  for (const step of steps) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = await nodeHash(step, fr);
      sr = await nodeHash(step, sr);
      for (; fn % 2 === 0 && fn !== 0; fn = half(fn)) sn = half(sn);
    } else {
      sr = await nodeHash(sr, step);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && toHex(fr) === old.root && toHex(sr) === now.root;
}

/** Makes the proof that the tree of `size` leaves continues the one of `old`, of whatever hashes `read` gives. */
export async function consistencyProof(read: SubtreeReader, old: number, size: number): Promise<Bytes[]> {
  if (old === 0 || old >= size) return [];
  const path: Bytes[] = [];
  let [start, end, whole] = [0, size, true];
  while (end !== old) {
    const middle = start + splitOf(end - start);
    if (old <= middle) {
      path.unshift(await rangeRoot(read, middle, end));
      end = middle;
    } else {
      path.unshift(await rangeRoot(read, start, middle));
      [start, whole] = [middle, false];
    }
  }
  if (!whole) path.unshift(await rangeRoot(read, start, end));
  return path;
}

/** The root of leaves `start` to `end`, of which there is at least one. */
async function rangeRoot(read: SubtreeReader, start: number, end: number): Promise<Bytes> {
  const width = end - start;
  const level = Math.log2(width);
  if (Number.isInteger(level) && start % width === 0) return await read(level, start / width);
  const split = splitOf(width);
  return await nodeHash(await rangeRoot(read, start, start + split), await rangeRoot(read, start + split, end));
}

/** The largest power of two below `width`: where RFC 6962 splits a tree. */
function splitOf(width: number): number {
  let split = 1;
  while (split * 2 < width) split *= 2;
  return split;
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
