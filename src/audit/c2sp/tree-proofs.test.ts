import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ROOTS, subtreesOf } from '../../../test/support/known-tree.ts';
import { consistencyProof, inclusionProof, leafHash, nodeHash, rangeRoot } from '../log/merkle.ts';
import { continuesTree, EMPTY_ROOT, leadsToRoot } from './tree-proofs.ts';

const SIZES = 1025;
const ALL = process.env['CHAPERONE_LONG_TESTS'] === '1';
const leaves = Array.from({ length: SIZES }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));
const read = subtreesOf(leaves);
const rootOf = (size: number) => rangeRoot(read, 0, size);
const RUNS = { numRuns: 300, seed: 1 };

describe('the path of a leaf', () => {
  test('leads to the root of its tree at every size to 1025, and no other leaf, index or path does', () => {
    for (let size = 1; size <= SIZES; size++) {
      const all = Array.from({ length: size }, (_, i) => i);
      const some = [0, 1, size >> 1, size - 2, size - 1, (size * 7) % size].filter((i) => i >= 0 && i < size);
      for (const index of ALL ? all : new Set(some)) holds(index, size, (index + 1) % SIZES);
    }
  });

  test('leads there from any leaf of any tree, and from no other', () => {
    const places = fc.integer({ min: 1, max: 300 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));
    fc.assert(
      fc.property(places, fc.nat(299), ([size, index], other) => holds(index, size, other)),
      RUNS,
    );
  });

  test('has no number that is none for an index or a size', () => {
    const [, leaf = ''] = ROOTS;
    assert.ok(leadsToRoot(nodeHash, { leaf, index: 0, size: 1 }, [], leaf));
    for (const place of [
      { index: -1, size: 1 },
      { index: 1, size: 1 },
      { index: 0, size: 0 },
      { index: 0.5, size: 1 },
      { index: Number.NaN, size: 1 },
      { index: 0, size: 2 ** 53 },
    ]) {
      assert.ok(!leadsToRoot(nodeHash, { leaf, ...place }, [], leaf), JSON.stringify(place));
    }
  });
});

describe('the consistency of trees', () => {
  test('holds as the log proves it for every pair of sizes to 40, and with no other root, size or path', () => {
    for (let size = 1; size <= 40; size++) for (let old = 1; old <= size; old++) continues(old, size);
    assert.ok(!continuesTree(nodeHash, { old: 0, size: 1 }, [], { oldRoot: EMPTY_ROOT, root: rootOf(1) }));
    assert.equal(EMPTY_ROOT, ROOTS[0]);
  });

  test('holds so for any pair of sizes', () => {
    const pairs = fc.integer({ min: 1, max: 300 }).chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size)));
    fc.assert(
      fc.property(pairs, ([before, size]) => continues(before + 1, size)),
      RUNS,
    );
  });
});

/** The proof that the log makes holds, and neither another leaf nor another place nor another path does. */
function holds(index: number, size: number, other: number): void {
  const path = inclusionProof(read, index, size);
  const leaf = leaves[index] as string;
  const root = rootOf(size);
  const check = (one: string, at: number, steps: readonly string[]) =>
    leadsToRoot(nodeHash, { leaf: one, index: at, size }, steps, root);
  assert.ok(check(leaf, index, path), `leaf ${index} of ${size}`);
  if (other !== index) {
    assert.ok(!check(leaves[other] as string, index, path));
    assert.ok(!check(leaf, other, path));
  }
  if (size > 1) assert.ok(!check(leaf, (index + 1) % size, path));
  assert.ok(!check(leaf, index, [...path, leaf]));
  if (path.length > 0) assert.ok(!check(leaf, index, path.slice(1)));
}

function continues(old: number, size: number): void {
  const proof = consistencyProof(read, old, size);
  const roots = { oldRoot: rootOf(old), root: rootOf(size) };
  const check = (steps: readonly string[], all = roots) => continuesTree(nodeHash, { old, size }, steps, all);
  assert.ok(check(proof), `${old} of ${size}`);
  assert.ok(!check([...proof, EMPTY_ROOT]));
  assert.ok(!check(proof, { ...roots, oldRoot: EMPTY_ROOT }));
  assert.ok(!check(proof, { ...roots, root: EMPTY_ROOT }));
  if (proof.length > 0) assert.ok(!check(proof.slice(1)));
}
