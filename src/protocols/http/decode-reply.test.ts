import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpReplyDecoder } from './decode-reply.ts';

const decode = (text: string | Buffer) => httpReplyDecoder().decode(Buffer.from(text));

test('a reply is its fields and its body, JSON laid out for reading', () => {
  assert.deepEqual(decode('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx: a: b\r\n\r\n{"a":[1]}'), {
    results: [
      {
        columns: [
          { name: 'field', type: 'text' },
          { name: 'value', type: 'text' },
        ],
        rows: [
          ['content-type', 'application/json'],
          ['x', 'a: b'],
        ],
        moreRows: 0,
        tag: 'HTTP/1.1 200 OK',
      },
      {
        columns: [{ name: 'body', type: 'application/json' }],
        rows: [['{\n  "a": [\n    1\n  ]\n}']],
        moreRows: 0,
      },
    ],
    notices: [],
  });
});

test('what is cut off, is no JSON, has no body or no head is shown as far as it is there', () => {
  const bodyOf = (text: string | Buffer) => decode(text).results.at(-1)?.rows.at(-1);
  assert.deepEqual(bodyOf('HTTP/1.1 200\r\ncontent-type: application/json\r\n\r\n{"a":[1'), ['{"a":[1']);
  assert.equal(decode('HTTP/1.1 204\r\n\r\n').results.length, 1);
  assert.deepEqual(bodyOf('just text'), ['just text']);
  assert.deepEqual(bodyOf(Buffer.from('HTTP/1.1 200\r\n\r\n\xff\x00', 'latin1')), [{ hex: 'ff00' }]);
  assert.deepEqual(decode(''), { results: [], notices: [] });
});
