import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differencesOf } from './difference.ts';

test('two forms differ where a member was changed, added or taken out, each told by its place', () => {
  const before = { description: 'Adds.', inputSchema: { properties: { a: { type: 'number' }, b: {} } }, tags: ['x'] };
  const after = {
    annotations: { readOnlyHint: true },
    description: 'Adds two.',
    inputSchema: { properties: { a: { type: 'string' }, 'c/~': {} } },
    tags: ['x', 'y'],
  };
  assert.deepEqual(differencesOf(JSON.stringify(before), JSON.stringify(after)), [
    { where: '/description', before: '"Adds."', after: '"Adds two."' },
    { where: '/inputSchema/properties/a/type', before: '"number"', after: '"string"' },
    { where: '/inputSchema/properties/b', before: '{}' },
    { where: '/inputSchema/properties/c~1~0', after: '{}' },
    { where: '/tags/1', after: '"y"' },
    { where: '/annotations', after: '{"readOnlyHint":true}' },
  ]);
});

test('what became of another shape is told as a whole, and what stayed the same not at all', () => {
  assert.deepEqual(differencesOf('{"a":{"b":1},"c":[1]}', '{"a":[1],"c":[1]}'), [
    { where: '/a', before: '{"b":1}', after: '[1]' },
  ]);
  assert.deepEqual(differencesOf('{"a":null}', '{"a":null}'), []);
  assert.deepEqual(differencesOf('{"a":null}', '{}'), [{ where: '/a', before: 'null' }]);
});

test('at most five hundred places are told', () => {
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`p${i}`, i]));
  assert.equal(differencesOf('{}', JSON.stringify(many)).length, 500);
});
