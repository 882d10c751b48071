import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadPostgresParser } from './parser.ts';
import { withoutLiterals } from './without-literals.ts';

before(loadPostgresParser);

test('every way to write a literal becomes a question mark, and comments are gone', () => {
  const cases: readonly (readonly [text: string, shown: string | undefined])[] = [
    ["select * from t where a = 'secret' and b = 12", 'select * from t where a = ? and b = ?'],
    ["select 'sec' \n 'ret', E'se\\'cret', $$secret$$, $x$secret$x$", 'select ?, ?, ?, ?'],
    ["select b'0101', x'c0ffee', n'secret', U&'\\0073ecret'", 'select ?, ?, n?, ?'],
    ['select 1.5e3, .5, 0x5ec2e7, 1_000', 'select ?, ?, ?, ?'],
    ['select $1, a::int /* secret */ from "Odd ""Name" -- secret', 'select $1, a::int from "Odd ""Name"'],
    ["alter role app password 'secret'", 'alter role app password ?'],
    ["select 'never closed", undefined],
    ['select "never closed', undefined],
    ['select 1\0', undefined],
    ['', undefined],
  ];
  for (const [text, shown] of cases) assert.equal(withoutLiterals(text), shown, text);
});
