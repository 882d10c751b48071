import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, isCanonical, type Json } from './canonical-json.ts';

describe('RFC 8785', () => {
  test('the example of section 3.2.3 comes out as it stands there', () => {
    const example = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    assert.equal(
      canonicalJson(example),
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test('names are sorted by UTF-16 code units, as in section 3.2.3', () => {
    const names = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 };
    assert.equal(canonicalJson(names), '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
  });

  test('a lone surrogate becomes U+FFFD, minus zero becomes zero, what is undefined is left out', () => {
    assert.equal(canonicalJson({ b: undefined, a: 'x\ud800y', c: -0 }), '{"a":"x\ufffdy","c":0}');
  });

  test('a number that is not finite is refused', () => {
    assert.throws(() => canonicalJson({ a: Number.NaN }), TypeError);
  });

  test('what was written canonically is read as canonical, and parses to the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        assert.ok(isCanonical(text));
        assert.equal(canonicalJson(JSON.parse(text) as Json), text);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test('white space, another order and a duplicate name are not canonical', () => {
    for (const text of ['{"a": 1}', '{"b":1,"a":2}', '{"a":1,"a":1}', '{"a":1.0}', '{"a":"\\u0041"}', '']) {
      assert.ok(!isCanonical(text), text);
    }
  });
});
