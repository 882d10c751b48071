import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonNodes } from './json-nodes.ts';
import { treeTarget, visibleNodes } from './tree-keys.ts';

const nodes = jsonNodes('{"a":[1,2],"b":{"c":3}}')?.nodes ?? [];

test('what is folded hides all that it holds', () => {
  assert.deepEqual(visibleNodes(nodes, new Set()), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(visibleNodes(nodes, new Set([1])), [0, 1, 4, 5]);
  assert.deepEqual(visibleNodes(nodes, new Set([0, 1])), [0]);
});

test('arrows go through a tree, into it and out of it, and fold it', () => {
  const folded = new Set([1]);
  const press = (key: string, current: number) =>
    treeTarget(key, { nodes, shown: visibleNodes(nodes, folded), folded, current });
  assert.deepEqual(press('ArrowDown', 1), { place: 4 });
  assert.deepEqual(press('ArrowUp', 4), { place: 1 });
  assert.deepEqual(press('ArrowRight', 1), { place: 1, fold: false });
  assert.deepEqual(press('ArrowRight', 4), { place: 5 });
  assert.deepEqual(press('ArrowLeft', 5), { place: 4 });
  assert.deepEqual(press('ArrowLeft', 4), { place: 4, fold: true });
  assert.deepEqual(press('Enter', 4), { place: 4, fold: true });
  assert.deepEqual(press('End', 0), { place: 5 });
  for (const key of ['ArrowDown', 'ArrowRight', ' ', 'x']) assert.equal(press(key, 5), undefined);
  assert.equal(press('ArrowUp', 0), undefined);
});
