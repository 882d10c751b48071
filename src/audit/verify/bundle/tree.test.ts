import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LEAVES, ROOTS } from '../../../../test/support/known-tree.ts';
import { CompactRange } from '../../log/merkle.ts';
import { nodeEngine } from '../node-engine.ts';
import { GrowingTree, leafHash, nodeHash } from './tree.ts';

const SIZES = 1025;
const leaf = (text: string) => leafHash(nodeEngine, Buffer.from(text));

describe('RFC 6962 trees of the verifier', () => {
  test('the eight well-known leaves have their well-known roots', () => {
    const tree = new GrowingTree(nodeEngine);
    const roots = [tree.root()];
    for (const data of LEAVES) {
      tree.append(leafHash(nodeEngine, Buffer.from(data, 'hex')));
      roots.push(tree.root());
    }
    assert.deepEqual(roots, ROOTS);
    assert.equal(nodeHash(nodeEngine, ROOTS[1] ?? '', leafHash(nodeEngine, Uint8Array.of(0))), ROOTS[2]);
  });

  test('a tree has the root of the log at every size to 1025', () => {
    const tree = new GrowingTree(nodeEngine);
    const range = new CompactRange();
    for (let size = 0; size <= SIZES; size++) {
      assert.equal(tree.root(), range.root(), `size ${size}`);
      range.append(leaf(`leaf ${size}`));
      tree.append(leaf(`leaf ${size}`));
    }
  });

  test('a tree is taken up where its subtrees left it', () => {
    const range = new CompactRange();
    for (let at = 0; at < 13; at++) range.append(leaf(`leaf ${at}`));
    const tree = new GrowingTree(nodeEngine, 13, range.roots);
    for (let at = 13; at < 21; at++) {
      range.append(leaf(`leaf ${at}`));
      tree.append(leaf(`leaf ${at}`));
    }
    assert.equal(tree.root(), range.root());
  });
});
