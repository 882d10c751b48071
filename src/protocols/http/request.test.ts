import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Fields } from './message.ts';
import { HttpRequest, type HttpRequestParts } from './request.ts';

const digest = (secret: string): string => createHash('sha256').update(secret).digest('base64');

function requestOf(changes: Partial<HttpRequestParts> & { fields?: Fields; target?: string; method?: string } = {}) {
  const { fields = [['date', 'Monday']], target = '/a?b=1', method = 'POST', ...others } = changes;
  let drawn = 0;
  return new HttpRequest({
    head: { method, scheme: 'https', authority: 'shop.test', target, fields },
    read: { bytes: Buffer.from('{"a":1}'), complete: true },
    streams: false,
    operations: [],
    digest,
    nonce: () => `${++drawn} of ${Math.random()}`,
    ...others,
  });
}

test('a request is the same again whatever its date, and another with another method, address, body or secret', () => {
  const same = (...changes: Parameters<typeof requestOf>): string =>
    Buffer.from(requestOf(...changes).same()).toString();
  const first = same();
  assert.equal(same({ fields: [['date', 'Tuesday']] }), first);
  assert.notEqual(same({ method: 'PUT' }), first);
  assert.notEqual(same({ target: '/a?b=2' }), first);
  assert.notEqual(same({ read: { bytes: Buffer.from('{"a":2}'), complete: true } }), first);
  assert.notEqual(same({ fields: [['cookie', 'a=1']] }), first);
  assert.notEqual(same({ fields: [['x-api-key', 'one']] }), same({ fields: [['x-api-key', 'two']] }));
  assert.notEqual(same({ read: undefined, streams: true }), same({ read: undefined, streams: true }));
});

test('secrets stand on record as digests, in fields and in the query, whatever their case', () => {
  const fields: Fields = [
    ['cookie', 'a=1'],
    ['accept', 'text/html'],
    ['x-api-key', 'k3y'],
  ];
  const { media, bytes } = requestOf({ fields, target: '/a?x=1&%74oken=t0k&API_KEY=&sig=s1g' }).body();
  assert.equal(media, 'message/http');
  assert.deepEqual(Buffer.from(bytes).toString('latin1').split('\r\n'), [
    `POST /a?x=1&%74oken=sha-256=:${digest('t0k')}:&API_KEY=&sig=sha-256=:${digest('s1g')}: HTTP/1.1`,
    'host: shop.test',
    `cookie: sha-256=:${digest('a=1')}:`,
    'accept: text/html',
    `x-api-key: sha-256=:${digest('k3y')}:`,
    'content-length: 7',
    '',
    '{"a":1}',
  ]);
});
