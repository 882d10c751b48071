import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertTakesLess } from '../../../test/support/processor-time.ts';
import { maskedShape } from './masked-shape.ts';

test('of an address only its top-level domain is shown', () => {
  assert.equal(maskedShape('ada.lovelace@analytical.example.com'), 'a***@***.com');
  assert.equal(maskedShape('7ada@example.museum'), '9***@***.museum');
});

test('of anything else runs of letters and digits are shown as such', () => {
  assert.equal(maskedShape('Ada Lovelace'), 'A*** A***');
  assert.equal(maskedShape('DE89 3704 0044'), 'A***9*** 9*** 9***');
  assert.equal(maskedShape('+49 30 1'), '+9*** 9*** 9');
  assert.equal(maskedShape('Müller-Ötzi'), 'A***-A***');
  assert.equal(maskedShape('山田 太郎'), 'a*** a***');
});

test('what a terminal would obey, or nobody can see, is a question mark', () => {
  assert.equal(maskedShape('a\u001b[31m\u202e\u0000b'), 'a?[9***a??a');
});

test('a long value is cut, and takes no longer for it', () => {
  assert.equal(maskedShape('.'.repeat(50)), `${'.'.repeat(40)}…`);
  for (const hostile of ['a'.repeat(1_000_000), '@'.repeat(1_000_000), 'a@'.repeat(500_000), 'a.'.repeat(500_000)]) {
    assert.ok(maskedShape(hostile).length <= 41);
    assertTakesLess(250, () => void maskedShape(hostile));
  }
});

test('no letter or digit of a value is in its shape, but for a and 9', () => {
  for (const value of ['secret-Token_42', 'q@w.e', 'XyZ:7', 'ghp_b1c2d3', '2001:db8::1', '“quoted” ñ']) {
    assert.doesNotMatch(maskedShape(value), /[b-zB-Z0-8]/u, value);
  }
});
