import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { grpcServices } from '../../grpc/descriptors.ts';
import { frameOf } from '../../grpc/frames.ts';
import { callDecoder } from './decode-calls.ts';

const SOURCE = { descriptors: readFileSync('test/corpus/grpc/shop.binpb').toString('base64') };
const services = grpcServices(SOURCE);
if ('problem' in services) throw new Error(services.problem);
const ORDER = services.registry.getMessage('shop.Order')!;
const order = (fields: JsonObject) => Buffer.from(toBinary(ORDER, fromJson(ORDER, fields)));
const message = (payload: Buffer, flag = 0) => frameOf({ flag, payload });
const ASKED = 'POST /shop.Orders/Chat HTTP/1.1\r\ncontent-type: application/grpc\r\ngrpc-encoding: gzip\r\n\r\n';
const REPLIED = 'HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\n\r\n';

/** The e-mail of each message that is shown, or why it is not. */
function emails(decoded: ReturnType<NonNullable<ReturnType<typeof callDecoder>>['messages']>): readonly unknown[] {
  assert.equal(decoded?.type, 'shop.Order');
  assert.equal(decoded.more, 0);
  return decoded.messages.map((one) => ('why' in one ? one.why : (JSON.parse(one.text) as JsonObject)['email']));
}

test('messages of recorded calls are shown as they are on record, in the order in which they were sent', () => {
  const calls = callDecoder(SOURCE);
  const first = message(order({ email: 'a' }));
  const second = message(gzipSync(order({ email: 'b' })), 1);
  const cut = second.length - 3;
  const asked = Buffer.concat([Buffer.from(ASKED), first, second.subarray(0, cut)]);
  assert.deepEqual(emails(calls?.messages('request', asked)), ['a']);
  const rest = Buffer.concat([second.subarray(cut), message(Buffer.from([0x0a]))]);
  assert.deepEqual(emails(calls?.messages('input', rest)), ['b', 'it is no message of its type']);
  // Fields behind the body stand at its end.
  const replied = Buffer.concat([
    Buffer.from(REPLIED),
    message(order({ email: '[redacted]' })),
    Buffer.from('grpc-status: 0\r\n'),
  ]);
  assert.deepEqual(emails(calls?.messages('reply', replied)), ['[redacted]']);
  const coded = Buffer.concat([Buffer.from(REPLIED), message(gzipSync('x'), 1)]);
  assert.deepEqual(emails(calls?.messages('reply', coded)), ['it is compressed in a way that cannot be taken off']);
});

test('messages of gRPC-Web are shown with the frame of their trailers', () => {
  const calls = callDecoder(SOURCE);
  calls?.messages(
    'request',
    Buffer.from('POST /shop.Orders/Place HTTP/1.1\r\ncontent-type: application/grpc-web\r\n\r\n'),
  );
  const body = Buffer.concat([message(order({ email: 'a' })), message(Buffer.from('grpc-status: 0\r\n'), 0x80)]);
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web-text\r\n\r\n';
  const decoded = calls?.messages('reply', Buffer.from(head + body.toString('base64')));
  assert.deepEqual(
    decoded?.messages.map((one) => ('text' in one ? one.text.slice(0, 15) : one.why)),
    ['{\n  "email": "a', 'grpc-status: 0'],
  );
});

test('nothing is shown of what is no call, of a method that nobody knows, and where there are no descriptors', () => {
  assert.equal(callDecoder(undefined), undefined);
  const calls = callDecoder(SOURCE);
  const bytes = Buffer.concat([Buffer.from(ASKED.replace('Chat', 'Lost')), message(order({}))]);
  assert.equal(calls?.messages('request', bytes), undefined);
  assert.equal(
    calls?.messages('reply', Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nx')),
    undefined,
  );
  assert.equal(calls?.messages('input', Buffer.from('no message')), undefined);
});
