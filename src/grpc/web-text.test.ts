import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebText, webText } from './web-text.ts';

/** What comes of a text that is cut into pieces of so many characters. */
function read(text: string, size: number): string | undefined {
  const reader = new WebText();
  const bytes: Buffer[] = [];
  for (let at = 0; at < text.length; at += size) {
    const piece = reader.push(Buffer.from(text.slice(at, at + size)));
    if (piece === undefined) return undefined;
    bytes.push(piece);
  }
  return reader.isCut ? 'cut' : Buffer.concat(bytes).toString();
}

test('base64 is read however it is cut, with padding in its middle', () => {
  const text = ['a', 'bc', 'def', ''].map((piece) => webText(Buffer.from(piece)).toString()).join('');
  assert.equal(text, 'YQ==YmM=ZGVm');
  for (const size of [1, 2, 3, 5, 100]) assert.equal(read(text, size), 'abcdef');
});

test('what is no base64 is told, and what is cut off', () => {
  for (const text of ['YQ==*mM=', 'Y===', '=YmM', 'YQ =', 'YQ==\r\nYmM='])
    assert.equal(read(text, 100), undefined, text);
  assert.equal(read('YQ==Y', 1), 'cut');
});
