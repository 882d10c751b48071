import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LEAVES, ROOTS, subtreesOf } from '../../../test/support/known-tree.ts';
import { CompactRange, consistencyProof, inclusionProof, leafHash, rangeRoot, verifyConsistency } from './merkle.ts';

const hashes = LEAVES.map((leaf) => leafHash(Buffer.from(leaf, 'hex')));

describe('RFC 6962 trees', () => {
  test('the eight well-known leaves have their well-known roots', () => {
    const range = new CompactRange();
    const roots = [range.root()];
    for (const leaf of hashes) {
      range.append(leaf);
      roots.push(range.root());
    }
    assert.deepEqual(roots, ROOTS);
  });

  test('leaf 5 of 8 has its well-known path', () => {
    const path = inclusionProof(subtreesOf(hashes), 5, 8).map((step) => step.slice(0, 16));
    assert.deepEqual(path, ['bc1a0643b12e4d2d', 'ca854ea128ed050b', 'd37ee418976dd957']);
  });

  test('6 to 8 has its well-known consistency proof', () => {
    const path = consistencyProof(subtreesOf(hashes), 6, 8).map((step) => step.slice(0, 16));
    assert.deepEqual(path, ['0ebc5d3437fbe2db', 'ca854ea128ed050b', 'd37ee418976dd957']);
  });

  test('a range that grows has the root of the recursion at every size up to 300', () => {
    const leaves = Array.from({ length: 300 }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));
    const read = subtreesOf(leaves);
    const range = new CompactRange();
    for (let size = 0; size <= 300; size++) {
      assert.equal(range.root(), rangeRoot(read, 0, size), `size ${size}`);
      const resumed = new CompactRange(range.size, range.roots);
      assert.equal(resumed.root(), range.root());
      if (size < 300) range.append(leaves[size] as string);
    }
  });

  test('every tree continues the one without leaves, whose root is known and whose proof is empty', () => {
    const [empty = '', one = ''] = ROOTS;
    assert.deepEqual(consistencyProof(subtreesOf(hashes), 0, 8), []);
    assert.equal(verifyConsistency(0, 1, [], empty, one), true);
    assert.equal(verifyConsistency(0, 1, [], one, one), false);
    assert.equal(verifyConsistency(0, 1, [one], empty, one), false);
  });
});
