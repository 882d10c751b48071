/** Checks the proofs of RFC 6962 trees, over whatever SHA-256 there is. A hash is 64 hex digits. */

/** The hash of the node over two hashes. */
export type NodeHash = (left: string, right: string) => string;

/** The root of a tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** A leaf's hash, and where in a tree of `size` leaves it stands. */
export interface PlacedLeaf {
  readonly leaf: string;
  readonly index: number;
  readonly size: number;
}

/** True where the path leads from the leaf to the root (RFC 9162, section 2.1.3.2). */
export function leadsToRoot(
  nodeHash: NodeHash,
  { leaf, index, size }: PlacedLeaf,
  path: readonly string[],
  root: string,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let [fn, sn, hash] = [index, size - 1, leaf];
  for (const step of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(step, hash);
      for (; fn % 2 === 0 && fn !== 0; fn = Math.floor(fn / 2)) sn = Math.floor(sn / 2);
    } else {
      hash = nodeHash(hash, step);
    }
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && hash === root;
}

/**
 * True where the proof shows that the second tree continues the first, which has a leaf (RFC 9162, section 2.1.4.2; the
 * proof from a tree without leaves shows nothing).
 */
export function continuesTree(
  nodeHash: NodeHash,
  { old, size }: { readonly old: number; readonly size: number },
  proof: readonly string[],
  { oldRoot, root }: { readonly oldRoot: string; readonly root: string },
): boolean {
  if (!Number.isSafeInteger(old) || !Number.isSafeInteger(size) || old <= 0 || old > size) return false;
  if (old === size) return proof.length === 0 && oldRoot === root;
  let [fn, sn] = [old - 1, size - 1];
  for (; fn % 2 === 1; fn = Math.floor(fn / 2)) sn = Math.floor(sn / 2);
  // A tree whose size is a power of two is a node of the other one itself.
  const steps = fn === 0 ? [oldRoot, ...proof] : [...proof];
  const first = steps.shift();
  if (first === undefined) return false;
  let [fr, sr] = [first, first];
  for (const step of steps) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(step, fr);
      sr = nodeHash(step, sr);
      for (; fn % 2 === 0 && fn !== 0; fn = Math.floor(fn / 2)) sn = Math.floor(sn / 2);
    } else {
      sr = nodeHash(sr, step);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && fr === oldRoot && sr === root;
}
