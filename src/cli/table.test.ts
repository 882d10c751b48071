import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printable, printableLines } from './printable.ts';
import { alignedTable, rowCount } from './table.ts';

test('a result is aligned as psql aligns it', () => {
  const table = alignedTable(
    [
      { name: 'id', align: 'right' },
      { name: 'name', align: 'left' },
    ],
    [
      ['1', 'Ada Adler'],
      ['200', null],
    ],
  );
  assert.equal(table, ' id  |   name\n-----+-----------\n   1 | Ada Adler\n 200 |\n');
  assert.equal(`${rowCount(1)} ${rowCount(2)}`, '(1 row) (2 rows)');
});

test('a value of several lines and wide characters keep their columns', () => {
  const columns = [
    { name: 'a', align: 'left' },
    { name: 'b', align: 'left' },
  ] as const;
  assert.equal(alignedTable(columns, [['one\ntwo', '日本']]), '  a  |  b\n-----+------\n one+| 日本\n two |\n');
});

test('hostile text is written out instead of reaching the terminal', () => {
  assert.equal(printable('\u001b[31mred\u0007'), '\\e[31mred\\x07');
  assert.equal(printable('a\u202eb\u200bc'), 'a<U+202E>b<U+200B>c');
  assert.equal(printable('\u009b2J'), '\\x9b2J');
  assert.equal(printable('x\u{e0041}'), 'x<U+E0041>');
  assert.equal(printableLines('select 1,\r\n\t2\r'), 'select 1,\n    2\\r');
  assert.equal(printable('ordinary: äöü 日本 ✓'), 'ordinary: äöü 日本 ✓');
});
