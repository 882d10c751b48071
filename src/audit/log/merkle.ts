/** RFC 6962 and RFC 9162 Merkle trees over SHA-256. A hash is 64 hex digits everywhere in this folder. */
import { hash } from 'node:crypto';
import { continuesTree, EMPTY_ROOT, leadsToRoot } from '../c2sp/tree-proofs.ts';

export function leafHash(data: Uint8Array): string {
  const prefixed = Buffer.allocUnsafe(data.length + 1);
  prefixed[0] = 0;
  prefixed.set(data, 1);
  return hash('sha256', prefixed, 'hex');
}

const node = Buffer.alloc(65, 1);

export function nodeHash(left: string, right: string): string {
  node.write(left, 1, 32, 'hex');
  node.write(right, 33, 32, 'hex');
  return hash('sha256', node, 'hex');
}

const HASH_BYTES = 32;
/** As many subtrees as a tree of 2^53 leaves can have, and one that is being merged. */
const MAX_ROOTS = 54;

/** A tree that only grows, kept as the roots of its perfect subtrees, largest first: at most 53 hashes. */
export class CompactRange {
  #size: number;
  /** The roots one after another, behind one byte: two neighbours and the byte before them are what a node hashes. */
  readonly #bytes: Buffer;
  /** A view of each such pair, with its byte; made once a tree gets there. */
  readonly #pairs: Buffer[] = [];
  #count: number;

  /** Takes up a tree where `roots` left it; a new one without arguments. */
  constructor(size = 0, roots: readonly string[] = []) {
    if (bits(size) !== roots.length) throw new RangeError(`a tree of ${size} leaves has ${bits(size)} subtrees`);
    this.#size = size;
    this.#count = roots.length;
    this.#bytes = Buffer.alloc(1 + MAX_ROOTS * HASH_BYTES);
    this.#bytes.write(roots.join(''), 1, 'hex');
  }

  get size(): number {
    return this.#size;
  }

  get roots(): readonly string[] {
    return Array.from({ length: this.#count }, (_, i) => this.#root(i));
  }

  append(leaf: string): void {
    this.#bytes.write(leaf, 1 + this.#count * HASH_BYTES, HASH_BYTES, 'hex');
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) this.#merge(--this.#count);
    this.#count++;
    this.#size++;
  }

  root(): string {
    if (this.#count === 0) return EMPTY_ROOT;
    let hashed = this.#root(this.#count - 1);
    for (let i = this.#count - 2; i >= 0; i--) hashed = nodeHash(this.#root(i), hashed);
    return hashed;
  }

  /** Puts the node over the roots `left` and `left + 1` in the place of the first. */
  #merge(left: number): void {
    const at = left * HASH_BYTES;
    const bytes = this.#bytes;
    this.#pairs[left] ??= bytes.subarray(at, at + 1 + 2 * HASH_BYTES);
    // The byte before the pair, the last of another root, becomes the node's prefix for as long as it is hashed.
    const before = bytes[at] as number;
    bytes[at] = 1;
    // One character a byte: the cheapest of the forms in which a digest comes.
    bytes.write(hash('sha256', this.#pairs[left], 'binary'), at + 1, HASH_BYTES, 'latin1');
    bytes[at] = before;
  }

  #root(index: number): string {
    const at = 1 + index * HASH_BYTES;
    return this.#bytes.toString('hex', at, at + HASH_BYTES);
  }
}

/** Gives the root of the perfect subtree of 2^level leaves that starts at leaf `index * 2^level`. */
export type SubtreeReader = (level: number, index: number) => string;

/** The root of leaves `start` to `end` (RFC 6962, section 2.1). */
export function rangeRoot(read: SubtreeReader, start: number, end: number): string {
  const width = end - start;
  if (width === 0) return EMPTY_ROOT;
  const level = Math.log2(width);
  if (Number.isInteger(level) && start % width === 0) return read(level, start / width);
  const split = splitOf(width);
  return nodeHash(rangeRoot(read, start, start + split), rangeRoot(read, start + split, end));
}

/** The path that proves leaf `index` in the tree of `size` leaves (RFC 9162, section 2.1.3.1). */
export function inclusionProof(read: SubtreeReader, index: number, size: number): string[] {
  if (index < 0 || index >= size) throw new RangeError(`leaf ${index} is not in a tree of ${size}`);
  const path: string[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      path.unshift(rangeRoot(read, middle, end));
      end = middle;
    } else {
      path.unshift(rangeRoot(read, start, middle));
      start = middle;
    }
  }
  return path;
}

/** The proof that the tree of `size` leaves continues the one of `old` leaves (RFC 9162, section 2.1.4.1). */
export function consistencyProof(read: SubtreeReader, old: number, size: number): string[] {
  if (old < 0 || old > size) throw new RangeError(`a tree of ${size} cannot continue one of ${old}`);
  if (old === 0 || old === size) return [];
  const path: string[] = [];
  let [start, end, whole] = [0, size, true];
  while (end !== old) {
    const middle = start + splitOf(end - start);
    if (old <= middle) {
      path.unshift(rangeRoot(read, middle, end));
      end = middle;
    } else {
      path.unshift(rangeRoot(read, start, middle));
      [start, whole] = [middle, false];
    }
  }
  if (!whole) path.unshift(rangeRoot(read, start, end));
  return path;
}

/** True where the path leads from the leaf to the root (RFC 9162, section 2.1.3.2). */
export function verifyInclusion(
  leaf: string,
  index: number,
  size: number,
  path: readonly string[],
  root: string,
): boolean {
  return leadsToRoot(nodeHash, { leaf, index, size }, path, root);
}

/** True where the proof shows that the second tree continues the first (RFC 9162, section 2.1.4.2). */
export function verifyConsistency(
  old: number,
  size: number,
  proof: readonly string[],
  oldRoot: string,
  root: string,
): boolean {
  // A tree without leaves is continued by any other.
  if (old === 0) return size >= 0 && proof.length === 0 && oldRoot === EMPTY_ROOT;
  return continuesTree(nodeHash, { old, size }, proof, { oldRoot, root });
}

/** The largest power of two below `width`: where RFC 6962 splits a tree. */
function splitOf(width: number): number {
  let split = 1;
  while (split * 2 < width) split *= 2;
  return split;
}

function bits(value: number): number {
  let count = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
