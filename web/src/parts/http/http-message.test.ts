import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { bodyText, codingsOf, withoutCodings } from './body-text.ts';
import { askedLine, readHttpMessage, requestLine } from './http-message.ts';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'));

test('a recorded message is its line, its fields, its body and the fields behind it', () => {
  const message = readHttpMessage(bytes('HTTP/1.1 200 OK\r\na: 1\r\nb:2 \r\n\r\nbody\r\n\r\nx: y\r\n'), ['trailers 6']);
  assert.deepEqual(message && { ...message, body: Buffer.from(message.body).toString() }, {
    start: 'HTTP/1.1 200 OK',
    fields: [
      ['a', '1'],
      ['b', '2'],
    ],
    body: 'body\r\n\r\n',
    trailers: [['x', 'y']],
  });
  for (const text of ['', 'GET / HTTP/1.1\r\na: b', 'frames\r\n\r\n'])
    assert.equal(readHttpMessage(bytes(text)), undefined);
});

test('a request line is read with its query decoded, and only such a line is one', () => {
  assert.deepEqual(requestLine('GET /a?q=x+y%20z&bad=%ff&flag HTTP/1.1'), {
    method: 'GET',
    path: '/a',
    query: [
      ['q', 'x y z'],
      ['bad', '%ff'],
      ['flag', ''],
    ],
  });
  assert.equal(askedLine('DELETE /orders/3 HTTP/1.1\r\nhost: a\r\n\r\n'), 'DELETE /orders/3');
  assert.equal(askedLine('delete from orders'), undefined);
  assert.equal(askedLine('GET /x HTTP/1.1; drop table a'), undefined);
});

test('a body is text, a form or bytes, its content codings taken off where they are known', async () => {
  const json = [['content-type', 'application/problem+json; charset=utf-8']] as const;
  assert.deepEqual(bodyText(bytes('{}'), json), { kind: 'text', text: '{}', json: true });
  assert.equal(bodyText(new Uint8Array(), json).kind, 'none');
  const form = [['content-type', 'application/x-www-form-urlencoded']] as const;
  assert.deepEqual(bodyText(bytes('a=1&b=%C3%A9'), form), {
    kind: 'form',
    text: 'a=1&b=%C3%A9',
    pairs: [
      ['a', '1'],
      ['b', 'é'],
    ],
  });
  assert.deepEqual(bodyText(bytes('\x00\xff'), []), { kind: 'bytes', hex: '00 ff', bytes: 2, type: '' });
  const codings = codingsOf([['Content-Encoding', 'deflate, GZIP']]);
  assert.deepEqual(codings, ['gzip', 'deflate']);
  const packed = Uint8Array.from(gzipSync('text'));
  assert.equal(Buffer.from((await withoutCodings(packed, ['gzip'])) ?? []).toString(), 'text');
  assert.equal(await withoutCodings(packed, ['zstd']), undefined);
  assert.equal(await withoutCodings(bytes('no gzip'), ['gzip']), undefined);
});
