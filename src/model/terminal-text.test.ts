import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { screenText } from './terminal-text.ts';

describe('what a terminal was told', () => {
  it('keeps colours, the cursor and the screen', () => {
    const text = 'a\u001b[1;31mred\u001b[0m\r\n\u001b[2J\u001b[10;4H\u001b[?25l\u001b7\u001b8\ttab\b';
    assert.equal(screenText(text), text);
  });

  it('has no titles, clipboards, devices or questions', () => {
    assert.equal(screenText('a\u001b]0;title\u0007b\u001b]52;c;c2VjcmV0\u001b\\c'), 'abc');
    assert.equal(screenText('a\u001bP+q544e\u001b\\b\u001b[6nc\u001b[cd\u001b[>0qe\u009b5nf'), 'abcdef');
    assert.equal(screenText('a\u0007\u0000\u0005b\u001bc\u001b#8'), 'ab');
    assert.equal(screenText('a\u001b]0;never ended'), 'a');
  });
});
