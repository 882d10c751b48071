import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { difference } from './difference.ts';

const SIGNS = { same: ' ', added: '+', removed: '-' };
const drawn = (before: string, after: string) =>
  difference(before, after).map(({ kind, text }) => `${SIGNS[kind]}${text}`);

test('what changes between two texts is shown line by line', () => {
  assert.deepEqual(drawn('a\nb\nc\n', 'a\nx\nc\nd\n'), [' a', '-b', '+x', ' c', '+d']);
  assert.deepEqual(drawn('', 'a\n'), ['+a']);
  assert.deepEqual(drawn('a', ''), ['-a']);
  assert.deepEqual(drawn('a\n', 'a\n'), [' a']);
});

test('either side of any two texts can be read off the lines', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = difference(`${before.join('\n')}\n`, `${after.join('\n')}\n`);
      const side = (not: string) => lines.filter(({ kind }) => kind !== not).map((line) => line.text);
      assert.deepEqual(side('added'), before.length === 0 ? [''] : before);
      assert.deepEqual(side('removed'), after.length === 0 ? [''] : after);
    }),
  );
});
