import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  CompactRange,
  consistencyProof,
  inclusionProof,
  leafHash as ourLeaf,
  rangeRoot,
  type SubtreeReader,
  nodeHash as theirNode,
} from '../../log/merkle.ts';
import { nodeEngine } from '../node-engine.ts';
import { EMPTY_ROOT, GrowingTree, leafHash, verifyConsistency, verifyInclusion } from './tree.ts';

/** The leaves that the Certificate Transparency implementations test one another with, and the roots of their trees. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const SIZES = 1025;
const ALL = process.env['CHAPERONE_LONG_TESTS'] === '1';

describe('RFC 6962 trees of the verifier', () => {
  test('the eight well-known leaves have their well-known roots', () => {
    const tree = new GrowingTree(nodeEngine);
    const roots = [tree.root()];
    for (const leaf of LEAVES) {
      tree.append(leafHash(nodeEngine, Buffer.from(leaf, 'hex')));
      roots.push(tree.root());
    }
    assert.deepEqual(roots, ROOTS);
    assert.equal(EMPTY_ROOT, ROOTS[0]);
  });

  test('a tree has the root of the log at every size to 1025, and its leaves are proved in it', () => {
    const leaves = Array.from({ length: SIZES }, (_, i) => ourLeaf(Buffer.from(`leaf ${i}`)));
    const read = remembering(leaves);
    const tree = new GrowingTree(nodeEngine);
    const range = new CompactRange();
    for (let size = 0; size <= SIZES; size++) {
      const root = range.root();
      assert.equal(tree.root(), root, `size ${size}`);
      if (size > 0) assert.equal(rangeRoot(read, 0, size), root);
      const all = Array.from({ length: size }, (_, i) => i);
      const some = new Set(
        [0, 1, size >> 1, size - 2, size - 1, (size * 7) % Math.max(1, size)].filter((i) => i >= 0 && i < size),
      );
      for (const index of ALL ? all : some) holds(leaves, read, index, size, root);
      if (size === SIZES) break;
      range.append(leaves[size] as string);
      tree.append(leaves[size] as string);
    }
  });

  test('no number that is none is an index or a size', () => {
    const [leaf = ''] = ROOTS.slice(1);
    assert.ok(verifyInclusion(nodeEngine, leaf, { index: 0, size: 1 }, [], leaf));
    for (const place of [
      { index: -1, size: 1 },
      { index: 1, size: 1 },
      { index: 0, size: 0 },
      { index: 0.5, size: 1 },
      { index: Number.NaN, size: 1 },
      { index: 0, size: 2 ** 53 },
    ]) {
      assert.ok(!verifyInclusion(nodeEngine, leaf, place, [], leaf), JSON.stringify(place));
    }
  });
});

describe('the consistency of trees', () => {
  test('holds as the log proves it, of all sizes, and with no other root, size or path', () => {
    const leaves = Array.from({ length: 40 }, (_, at) => ourLeaf(Buffer.from(String(at))));
    const read = remembering(leaves);
    const root = (size: number) => rangeRoot(read, 0, size);
    for (let size = 1; size <= 40; size++) {
      for (let old = 1; old <= size; old++) {
        const proof = consistencyProof(read, old, size);
        const roots = { oldRoot: root(old), root: root(size) };
        const check = (steps: readonly string[], of = { old, size }, all = roots) =>
          verifyConsistency(nodeEngine, of, steps, all);
        assert.ok(check(proof), `${old} of ${size}`);
        assert.ok(!check([...proof, EMPTY_ROOT]));
        assert.ok(!check(proof, { old, size }, { ...roots, oldRoot: EMPTY_ROOT }));
        assert.ok(!check(proof, { old, size }, { ...roots, root: EMPTY_ROOT }));
        if (proof.length > 0) assert.ok(!check(proof.slice(1)));
      }
    }
    assert.ok(!verifyConsistency(nodeEngine, { old: 0, size: 1 }, [], { oldRoot: EMPTY_ROOT, root: root(1) }));
  });

  test('a tree is taken up where its subtrees left it', () => {
    const leaves = Array.from({ length: 21 }, (_, at) => ourLeaf(Buffer.from(String(at))));
    const before = new CompactRange();
    for (const leaf of leaves.slice(0, 13)) before.append(leaf);
    const tree = new GrowingTree(nodeEngine, 13, before.roots);
    for (const leaf of leaves.slice(13)) tree.append(leaf);
    assert.equal(tree.root(), rangeRoot(remembering(leaves), 0, 21));
  });
});

/** The proof that the log makes holds, and neither another leaf nor another place nor another path does. */
function holds(leaves: readonly string[], read: SubtreeReader, index: number, size: number, root: string): void {
  const path = inclusionProof(read, index, size);
  const leaf = leaves[index] as string;
  const check = (one: string, at: number, steps: readonly string[]) =>
    verifyInclusion(nodeEngine, one, { index: at, size }, steps, root);
  assert.ok(check(leaf, index, path), `leaf ${index} of ${size}`);
  const other = (index + 1) % SIZES;
  assert.ok(!check(leaves[other] as string, index, path));
  if (size > 1) assert.ok(!check(leaf, (index + 1) % size, path));
  assert.ok(!check(leaf, index, [...path, leaf]));
  if (path.length > 0) assert.ok(!check(leaf, index, path.slice(1)));
}

/** The recursion of RFC 6962, each perfect subtree hashed once. */
function remembering(leaves: readonly string[]): SubtreeReader {
  const known = new Map<string, string>();
  const read: SubtreeReader = (level, index) => {
    if (level === 0) return leaves[index] as string;
    const key = `${level}/${index}`;
    const hash = known.get(key) ?? theirNode(read(level - 1, index * 2), read(level - 1, index * 2 + 1));
    known.set(key, hash);
    return hash;
  };
  return read;
}
