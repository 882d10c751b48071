/** RFC 6962 trees over the engine's SHA-256. A hash is 64 hex digits. */
import { writeHex } from '../../c2sp/bytes.ts';
import { continuesTree, EMPTY_ROOT, leadsToRoot } from '../../c2sp/tree-proofs.ts';
import type { Engine } from './engine.ts';

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
  return leadsToRoot((left, right) => nodeHash(engine, left, right), { leaf, ...place }, path, root);
}

/** True where the proof shows that the second tree continues the first, which has a leaf (RFC 9162, section 2.1.4.2). */
export function verifyConsistency(
  engine: Engine,
  sizes: { readonly old: number; readonly size: number },
  proof: readonly string[],
  roots: { readonly oldRoot: string; readonly root: string },
): boolean {
  return continuesTree((left, right) => nodeHash(engine, left, right), sizes, proof, roots);
}
