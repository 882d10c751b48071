/** RFC 6962 trees over the engine's SHA-256. A hash is 64 hex digits. */
import { writeHex } from './bytes.ts';
import type { Engine } from './engine.ts';

/** The root of a tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const HASH_BYTES = 32;

export function leafHash({ sha256 }: Engine, data: Uint8Array): string {
  const prefixed = new Uint8Array(data.length + 1);
  prefixed.set(data, 1);
  return sha256(prefixed);
}

const pair = new Uint8Array(1 + 2 * HASH_BYTES);
pair[0] = 1;

export function nodeHash({ sha256 }: Engine, left: string, right: string): string {
  writeHex(left, pair, 1);
  writeHex(right, pair, 1 + HASH_BYTES);
  return sha256(pair);
}

/** A tree that only grows, kept as the roots of its perfect subtrees, largest first. */
export class GrowingTree {
  readonly #engine: Engine;
  readonly #roots: string[];
  #size: number;

  /** Takes up a tree of `size` leaves by the roots of its perfect subtrees, of which there must be as many as it has. */
  constructor(engine: Engine, size = 0, roots: readonly string[] = []) {
    this.#engine = engine;
    this.#size = size;
    this.#roots = [...roots];
  }

  get size(): number {
    return this.#size;
  }

  append(leaf: string): void {
    let hash = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      hash = nodeHash(this.#engine, this.#roots.pop() as string, hash);
    }
    this.#roots.push(hash);
    this.#size++;
  }

  root(): string {
    return this.#roots.length === 0
      ? EMPTY_ROOT
      : this.#roots.reduceRight((right, left) => nodeHash(this.#engine, left, right));
  }
}

/** True where the path leads from the leaf to the root (RFC 9162, section 2.1.3.2). */
export function verifyInclusion(
  engine: Engine,
  leaf: string,
  place: { readonly index: number; readonly size: number },
  path: readonly string[],
  root: string,
): boolean {
  const { index, size } = place;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let [fn, sn, hash] = [index, size - 1, leaf];
  for (const step of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(engine, step, hash);
      for (; fn % 2 === 0 && fn !== 0; fn = Math.floor(fn / 2)) sn = Math.floor(sn / 2);
    } else {
      hash = nodeHash(engine, hash, step);
    }
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && hash === root;
}

/** True where the proof shows that the second tree continues the first (RFC 9162, section 2.1.4.2). */
export function verifyConsistency(
  engine: Engine,
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
      fr = nodeHash(engine, step, fr);
      sr = nodeHash(engine, step, sr);
      for (; fn % 2 === 0 && fn !== 0; fn = Math.floor(fn / 2)) sn = Math.floor(sn / 2);
    } else {
      sr = nodeHash(engine, sr, step);
    }
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 && fr === oldRoot && sr === root;
}
