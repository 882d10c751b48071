import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelOf, namedWithin, nameWithin, targetOfTask, targetOfUri, taskWithin, uriWithin } from './names.ts';

const TARGETS = ['files', 'a', 'a__b', 'a_b', 'a.b', 'x'.repeat(60), 't_0123456789abcdef'].map((name) => ({ name }));
const LONG = 'l'.repeat(200);
const NAMES = [
  'read',
  'b__read',
  '__read',
  '_',
  'x.y',
  'x_y',
  'with space',
  'Ünïcode',
  LONG,
  `${LONG}2`,
  `read__h_${'0'.repeat(24)}`,
];

test('a tool is called by its target and its name, in at most 64 characters that every client takes', () => {
  assert.equal(namedWithin('files', 'read'), 'files__read');
  for (const { name: target } of TARGETS) {
    for (const name of NAMES) assert.match(namedWithin(target, name), /^[A-Za-z0-9_-]{1,64}$/);
  }
});

test('no two tools of any targets are called the same', () => {
  const all = TARGETS.flatMap(({ name }) => NAMES.map((tool) => namedWithin(name, tool)));
  // What would be shortened to it is itself shortened.
  const forged = namedWithin('files', namedWithin('files', LONG).slice('files__'.length));
  assert.equal(new Set([...all, forged]).size, all.length + 1);
});

test('a name leads back to its target, and to its own name where it was not shortened', () => {
  for (const target of TARGETS) {
    for (const name of NAMES) {
      const called = namedWithin(target.name, name);
      const found = nameWithin(called, TARGETS);
      assert.equal(found?.target, target);
      assert.deepEqual('name' in found ? found.name : found.shortened, /__h_\w{24}$/.test(called) ? called : name);
    }
  }
  assert.equal(nameWithin('files_read', TARGETS), undefined);
  assert.equal(nameWithin('other__read', TARGETS), undefined);
  assert.equal(nameWithin('__read', TARGETS), undefined);
});

test('labels of targets have no double underscore, and no two are one', () => {
  assert.equal(labelOf('files'), 'files');
  assert.equal(labelOf('a__b'), 't_63e5c1c455d01d5c');
  assert.equal(new Set(TARGETS.map(({ name }) => labelOf(name))).size, TARGETS.length);
});

test('a URI and a template keep their form and lead back', () => {
  assert.equal(uriWithin('files', 'file:///etc/{name}'), 'mcp+files+file:///etc/{name}');
  for (const target of TARGETS) {
    for (const uri of ['file:///a%20b', 'x+y+z://q', 'mcp+files+a:b', '{scheme}://x', 'line\nbreak:']) {
      const called = uriWithin(target.name, uri);
      assert.deepEqual(targetOfUri(called, TARGETS), { target, uri });
    }
    assert.match(uriWithin(target.name, ''), /^[a-z][a-z0-9+.-]*\+$/);
  }
  assert.equal(targetOfUri('file:///etc', TARGETS), undefined);
  assert.equal(targetOfUri('mcp+other+file:///etc', TARGETS), undefined);
});

test('a task leads back to its target', () => {
  assert.deepEqual(targetOfTask(taskWithin('a', '__1'), TARGETS), { target: { name: 'a' }, task: '__1' });
  assert.equal(targetOfTask('1', TARGETS), undefined);
});
