import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  CompactRange,
  consistencyProof,
  EMPTY_ROOT,
  inclusionProof,
  leafHash,
  nodeHash,
  rangeRoot,
  type SubtreeReader,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts';

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

const hashes = LEAVES.map((leaf) => leafHash(Buffer.from(leaf, 'hex')));

/** Reads subtrees of a list of leaf hashes; the plain recursion that everything else is held against. */
function reader(leaves: readonly string[]): SubtreeReader {
  return (level, index) => {
    if (level === 0) return leaves[index] as string;
    const read = reader(leaves);
    return nodeHash(read(level - 1, index * 2), read(level - 1, index * 2 + 1));
  };
}

function numbered(size: number): string[] {
  return Array.from({ length: size }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));
}

describe('RFC 6962 trees', () => {
  test('the eight well-known leaves have their well-known roots', () => {
    const range = new CompactRange();
    const roots = [range.root()];
    for (const leaf of hashes) {
      range.append(leaf);
      roots.push(range.root());
    }
    assert.deepEqual(roots, ROOTS);
    assert.equal(EMPTY_ROOT, ROOTS[0]);
  });

  test('leaf 5 of 8 has its well-known path', () => {
    const path = inclusionProof(reader(hashes), 5, 8).map((step) => step.slice(0, 16));
    assert.deepEqual(path, ['bc1a0643b12e4d2d', 'ca854ea128ed050b', 'd37ee418976dd957']);
  });

  test('6 to 8 has its well-known consistency proof', () => {
    const path = consistencyProof(reader(hashes), 6, 8).map((step) => step.slice(0, 16));
    assert.deepEqual(path, ['0ebc5d3437fbe2db', 'ca854ea128ed050b', 'd37ee418976dd957']);
  });

  test('a range that grows has the root of the recursion at every size up to 300', () => {
    const leaves = numbered(300);
    const range = new CompactRange();
    for (let size = 0; size <= 300; size++) {
      assert.equal(range.root(), rangeRoot(reader(leaves), 0, size), `size ${size}`);
      const resumed = new CompactRange(range.size, range.roots);
      assert.equal(resumed.root(), range.root());
      if (size < 300) range.append(leaves[size] as string);
    }
  });

  test('every leaf of any tree is proved, and no other leaf, index, size or path is', () => {
    const leaves = numbered(300);
    const read = reader(leaves);
    const sizes = fc.integer({ min: 1, max: 300 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));
    fc.assert(
      fc.property(sizes, fc.nat(299), ([size, index], other) => {
        const root = rangeRoot(read, 0, size);
        const path = inclusionProof(read, index, size);
        const leaf = leaves[index] as string;
        assert.ok(verifyInclusion(leaf, index, size, path, root));
        if (other !== index) {
          assert.ok(!verifyInclusion(leaves[other] as string, index, size, path, root));
          assert.ok(!verifyInclusion(leaf, other, size, path, root));
        }
        assert.ok(!verifyInclusion(leaf, index, size, [...path, leaf], root));
        if (path.length > 0) assert.ok(!verifyInclusion(leaf, index, size, path.slice(1), root));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test('every pair of sizes is proved consistent, and no other pair of roots is', () => {
    const leaves = numbered(300);
    const read = reader(leaves);
    const pairs = fc.nat(300).chain((size) => fc.tuple(fc.nat(size), fc.constant(size)));
    fc.assert(
      fc.property(pairs, ([old, size]) => {
        const [before, after] = [rangeRoot(read, 0, old), rangeRoot(read, 0, size)];
        const proof = consistencyProof(read, old, size);
        assert.ok(verifyConsistency(old, size, proof, before, after));
        const wrong = leafHash(Buffer.from('another tree'));
        assert.ok(!verifyConsistency(old, size, proof, wrong, after));
        if (old > 0) assert.ok(!verifyConsistency(old, size, proof, before, wrong));
        assert.ok(!verifyConsistency(old, size, [...proof, wrong], before, after));
        if (proof.length > 0) assert.ok(!verifyConsistency(old, size, proof.slice(1), before, after));
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
