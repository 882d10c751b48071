import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isHostile, pieces, visible } from './hostile.ts';

describe('text of somebody else', () => {
  for (const [name, text, shown] of [
    ['ordinary text stays', 'SELECT 1;\n\tFROM "tä" -- 注', 'SELECT 1;\n\tFROM "tä" -- 注'],
    ['lines of Windows are lines', 'a\r\nb', 'a\nb'],
    ['a lone carriage return is named', 'safe\rDROP', 'safe⟨U+000D⟩DROP'],
    ['a terminal escape is named', '\u001B[31mred', '⟨U+001B⟩[31mred'],
    ['bidirectional overrides are named', 'a\u202Eb\u2066c', 'a⟨U+202E⟩b⟨U+2066⟩c'],
    ['zero-width characters are named', 'us\u200Bers\uFEFF', 'us⟨U+200B⟩ers⟨U+FEFF⟩'],
    ['spaces that are none are named', 'a\u00A0b\u3000c', 'a⟨U+00A0⟩b⟨U+3000⟩c'],
    ['line separators are named', 'a\u2028b', 'a⟨U+2028⟩b'],
    ['fillers that look like nothing are named', 'a\u3164b\u2800c', 'a⟨U+3164⟩b⟨U+2800⟩c'],
    ['tags beyond the basic plane are named', 'a\u{E0041}b', 'a⟨U+E0041⟩b'],
    ['half a character is named', 'a\uD800b', 'a⟨U+D800⟩b'],
    ['markup is text', '<b onclick=x>', '<b onclick=x>'],
  ] as const) {
    test(name, () => assert.equal(visible(text), shown));
  }

  test('the pieces of any text are all of it, and none that is rendered hides anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const all = pieces(text);
        assert.equal(all.map((piece) => piece.text).join(''), text.replaceAll('\r\n', '\n'));
        assert.ok(all.every((piece) => 'hidden' in piece || !isHostile(piece.text)));
        assert.equal(isHostile(visible(text)), false);
      }),
    );
  });
});
