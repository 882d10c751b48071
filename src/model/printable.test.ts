import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, printableLines } from './printable.ts';

test('what would turn, hide or command is written out, and ordinary text stays', () => {
  assert.equal(printable('a\u001b[31mb\u0007 \u202e\u200b\n'), 'a\\e[31mb\\x07 <U+202E><U+200B>\\n');
  assert.equal(printable('größer 漢字 😀'), 'größer 漢字 😀');
  assert.equal(printable('\u009b2J \ud800'), '\\x9b2J <U+D800>');
});

test('lines and their indents stay where they are asked for, and nothing else does', () => {
  assert.equal(printableLines('select\r\n\t1\u2028\u001b'), 'select\n    1<U+2028>\\e');
});
