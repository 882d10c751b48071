import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TriggerScanner } from './trigger-scanner.ts';
import { trigger } from './triggers.ts';

/** Triggers and the regular expressions that mean the same. */
const SAME: readonly (readonly [string, RegExp])[] = [
  ['abc', /abc/],
  ['a[bc]?a', /a[bc]?a/],
  ['\\d([ -]?\\d){3}', /\d(?:[ -]?\d){3}/],
  ['[^a-c]b{2}', /[^a-c]b{2}/],
  ['a?b?c?\\x64', /a?b?c?d/],
  ['(ab){2}c', /(?:ab){2}c/],
];

const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', ' ', '1', '-', '\n'), maxLength: 60 });

test('a scan sees a trigger exactly where a regular expression would, alone and with others', () => {
  const together = new TriggerScanner(SAME.map(([source]) => [trigger(source)]));
  const alone = SAME.map(([source]) => new TriggerScanner([[trigger(source)]]));
  fc.assert(
    fc.property(texts, (text) => {
      const bytes = Buffer.from(text);
      // A scan stands after a boundary; the expressions see one, too.
      const expected = SAME.map(([, pattern]) => pattern.test(`\n${text}`));
      const bits = together.bits(bytes, 0, bytes.length);
      for (const [index, seen] of expected.entries()) {
        assert.equal((bits & (1 << index)) !== 0, seen, `${SAME[index]?.[0]} in ${text}`);
        assert.equal(alone[index]?.any(bytes, 0, bytes.length), seen);
      }
      assert.equal(together.any(bytes, 0, bytes.length), expected.includes(true));
    }),
    { numRuns: 2_000 },
  );
});

test('a trigger is seen at every place of a buffer that is scanned in lanes', () => {
  const scanner = new TriggerScanner([[trigger('needle([ -]?\\d){5}')]]);
  for (const size of [511, 512, 513, 514, 515, 1024, 4099]) {
    const clean = Buffer.alloc(size, 'needle-1 ');
    assert.equal(scanner.any(clean, 0, size), false);
    for (let at = 0; at + 14 <= size; at += size > 1024 ? 7 : 1) {
      const wire = Buffer.from(clean);
      wire.write('needle1-2 3456', at);
      assert.equal(scanner.any(wire, 0, size), true, `${size} bytes, at ${at}`);
    }
  }
});

test('a scan keeps to its range', () => {
  const scanner = new TriggerScanner([[trigger('abc')]]);
  const bytes = Buffer.from('xxabcxx');
  assert.equal(scanner.any(bytes, 0, 4), false);
  assert.equal(scanner.any(bytes, 3, 7), false);
  assert.equal(scanner.any(bytes, 2, 5), true);
});

test('a mistake in a trigger is refused', () => {
  assert.throws(() => trigger('ab)'), /unexpected \)/);
  assert.throws(() => trigger('(ab)?'), /\? on a group/);
  assert.throws(() => trigger('[ab'), /unfinished/);
});
