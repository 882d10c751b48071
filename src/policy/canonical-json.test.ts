import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson, digestOf } from './canonical-json.ts';

test("RFC 8785's own example of sorting", () => {
  const value = {
    '€': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    1: 'One',
    '😀': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    ö: 'Latin Small Letter O With Diaeresis',
  };
  assert.equal(
    canonicalJson(value),
    '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign",' +
      '"😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
  );
});

test('absent members do not count, order does not, and everything else does', () => {
  assert.equal(
    canonicalJson({ b: [1, true, null], a: undefined, c: { y: 1e21, x: 0.1 } }),
    '{"b":[1,true,null],"c":{"x":0.1,"y":1e+21}}',
  );
  assert.equal(digestOf({ a: 1, b: 2 }), digestOf({ b: 2, a: 1 }));
  assert.notEqual(digestOf([1, 2]), digestOf([2, 1]));
});

test('the digest is SHA-256 of the canonical form', () => {
  assert.equal(digestOf({}), '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
});
