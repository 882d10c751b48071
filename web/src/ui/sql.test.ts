import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { assertTakesLess } from '../../../test/support/processor-time.ts';
import { tokens } from './sql.ts';

const kindsOf = (text: string) =>
  tokens(text)
    .filter((token) => token.kind !== 'other')
    .map((token) => `${token.kind} ${token.text}`);

describe('SQL for showing', () => {
  for (const [name, text, kinds] of [
    [
      'keywords, names and numbers',
      'SELECT a1 FROM t WHERE x = 1.5e3',
      ['keyword SELECT', 'name a1', 'keyword FROM', 'name t', 'keyword WHERE', 'name x', 'number 1.5e3'],
    ],
    ['a doubled quote stays in its string', "'it''s' x", ["string 'it''s'", 'name x']],
    [
      'a backslash ends no plain string, and escapes in an E string',
      "'a\\' b E'\\'' c",
      ["string 'a\\'", 'name b', "string E'\\''", 'name c'],
    ],
    ['a dollar quote goes to its own tag', '$f$ select $$ 1 $$ $f$ x', ['string $f$ select $$ 1 $$ $f$', 'name x']],
    ['block comments nest', '/* a /* b */ c */ d', ['comment /* a /* b */ c */', 'name d']],
    ['a comment ends with its line', '-- drop table\nselect', ['comment -- drop table', 'keyword select']],
    ['parameters and quoted names', '"Or""der" = $12', ['quoted-name "Or""der"', 'parameter $12']],
    ['what is not closed goes to the end', "select 'abc", ['keyword select', "string 'abc"]],
    ['a comment that is not closed goes to the end', '/* abc', ['comment /* abc']],
  ] as const) {
    test(name, () => assert.deepEqual(kindsOf(text), kinds));
  }

  test('the tokens of any text are that text', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            "'",
            '"',
            '$',
            '/',
            '*',
            '-',
            '\\',
            ' ',
            '\n',
            'a',
            'b',
            'E',
            '1',
            '.',
            'é',
            '\u{1F600}',
          ),
        }),
        (text) => {
          assert.equal(
            tokens(text)
              .map((token) => token.text)
              .join(''),
            text,
          );
        },
      ),
    );
  });

  test('a long text of opening quotes is read in linear time', () => {
    for (const unit of ["'", '"', '$a', '/*', '$$ ', '-- ', "E'\\"]) {
      assertTakesLess(2_000, () => void tokens(unit.repeat(60_000)));
    }
  });
});
