import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHttpMessage } from './http-message.ts';

const read = (text: string) => {
  const { body, ...head } = readHttpMessage(Buffer.from(text, 'latin1'));
  return { ...head, body: body.toString('latin1') };
};

test('a message is its first line, its fields in their order, and the rest', () => {
  assert.deepEqual(read('GET /a HTTP/1.1\r\na: 1\r\na:  b: c \r\n\r\nbody\r\n\r\nmore'), {
    start: 'GET /a HTTP/1.1',
    fields: [
      ['a', '1'],
      ['a', 'b: c'],
    ],
    body: 'body\r\n\r\nmore',
  });
  assert.deepEqual(read('HTTP/1.1 204\r\n\r\n'), { start: 'HTTP/1.1 204', fields: [], body: '' });
});

test('what begins with no message, or is cut off in its head, is all body', () => {
  for (const text of [
    '',
    'select 1',
    'HTTP/1.1 200 OK\r\na: 1\r\n',
    '\x81\x05hello\r\n\r\n',
    'HTTP/1.1 2000 x\r\n\r\n',
  ]) {
    assert.deepEqual(read(text), { fields: [], body: text });
  }
});
