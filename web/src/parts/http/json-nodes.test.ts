import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonNodes, nodePath } from './json-nodes.ts';

const lines = (text: string) => {
  const read = jsonNodes(text);
  return read?.nodes.map(({ kind, text: value }, place) => `${nodePath(read.nodes, place)} ${kind} ${value}`.trim());
};

test('values stand in their order, each with its place', () => {
  assert.deepEqual(lines(' {"a": [1, {"b c": "x\\u0041"}], "d": null, "e": {}} '), [
    'object',
    'a array',
    'a[0] number 1',
    'a[1] object',
    'a[1]["b c"] string xA',
    'd null null',
    'e object',
  ]);
  const read = jsonNodes('{"a":[1,2],"b":true}');
  assert.deepEqual(
    read?.nodes.map(({ size, after, position }) => [size, after, position]),
    [
      [2, 5, 1],
      [2, 4, 1],
      [0, 3, 1],
      [0, 4, 2],
      [0, 5, 2],
    ],
  );
});

test('numbers keep their digits, and names that repeat are all there', () => {
  assert.deepEqual(lines('{"id":12345678901234567890.10,"id":-0}'), [
    'object',
    'id number 12345678901234567890.10',
    'id number -0',
  ]);
});

test('what is cut off is there as far as it goes', () => {
  for (const text of ['{"a":[1,"tw', '{"a":[1,', '{"a":[1', '{"a":[1],"b']) {
    const read = jsonNodes(text);
    assert.equal(read?.complete, false, text);
    assert.deepEqual([read?.nodes[1]?.name, read?.nodes[2]?.text], ['a', '1']);
  }
});

test('what is no JSON is none', () => {
  for (const text of ['', '{"a":1}x', '{a:1}', '[1,]', '[1 2]', '{"a" 1}', 'nul', '01', '[}', '"\u0001"', '<html>']) {
    assert.equal(jsonNodes(text)?.complete ?? false, false, text);
  }
  assert.equal(jsonNodes('[1,]'), undefined);
  assert.equal(jsonNodes('<html>'), undefined);
});
