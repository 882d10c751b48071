import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { create, fromJson, type JsonObject, type Message, toBinary, toJson } from '@bufbuild/protobuf';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { connectNodeAdapter, createGrpcWebTransport } from '@connectrpc/connect-node';
import { PERMIT_ALL, type TestGateway } from '../../../test/support/gateway.ts';
import { httpTarget, startHttpGateway } from '../../../test/support/http-gateway.ts';
import { recorded } from '../../../test/support/recorded.ts';
import { grpcServices } from '../../grpc/descriptors.ts';
import { frameOf, GrpcFrames } from '../../grpc/frames.ts';
import type { Policy } from '../../policy/policy.ts';

const DESCRIPTORS = readFileSync('test/corpus/grpc/shop.binpb').toString('base64');
const services = grpcServices({ descriptors: DESCRIPTORS });
if ('problem' in services) throw new Error(services.problem);
const ORDER = services.registry.getMessage('shop.Order')!;
const ORDERS = services.registry.getService('shop.Orders')!;
const order = (fields: JsonObject): Message => fromJson(ORDER, fields);
const fieldsOf = (message: Message): unknown => toJson(ORDER, message);

const SMALL: Policy = {
  ...PERMIT_ALL,
  name: 'small orders',
  http: { operations: ['shop.Orders/*'], body: { kind: ['KIND_UNSPECIFIED'] } },
  mask: ['email'],
};
const CANARY = 'canary@shop.example';

type Call = (message: Message, options?: object) => Promise<Message>;

describe('gRPC-Web', () => {
  const suite = {} as { gateway: TestGateway; server: ReturnType<typeof createServer>; authorization: string };
  const seen: unknown[] = [];
  let listener: RequestListener;

  const adapter = connectNodeAdapter({
    routes: ({ service }) => {
      const implemented = {
        place: (message: Message) => {
          seen.push(fieldsOf(message));
          if ('street' in (fieldsOf(message) as object)) throw new ConnectError(`not to ${CANARY}`, Code.NotFound);
          return message;
        },
      };
      // Its types come of generated code, which descriptors at run time have not.
      service(ORDERS, implemented as object);
    },
  });

  before(async () => {
    listener = adapter;
    suite.server = createServer((asked, reply) => listener(asked, reply));
    suite.server.listen(0, '127.0.0.1');
    await once(suite.server, 'listening');
    const { port } = suite.server.address() as AddressInfo;
    const http = { basePath: '', hosts: [], version: '1.1', grpc: { descriptors: DESCRIPTORS } } as const;
    const targets = [httpTarget({ host: '127.0.0.1', port }, { http })];
    suite.gateway = await startHttpGateway({ targets, policies: [SMALL] });
    const { user, password } = await suite.gateway.grant();
    suite.authorization = `Bearer ${user}.${password}`;
  });
  after(async () => {
    await suite.gateway?.[Symbol.asyncDispose]();
    suite.server?.closeAllConnections();
    suite.server?.close();
  });

  /** A call as text or as bytes, by hand; the frames of its reply. */
  async function post(type: string, body: Buffer) {
    const { gateway, authorization } = suite;
    const headers = { authorization, 'content-type': type, 'x-grpc-web': '1' };
    const url = `http://127.0.0.1:${gateway.port}/t/api/shop.Orders/Place`;
    const reply = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
    return { status: reply.status, body: Buffer.from(await reply.arrayBuffer()) };
  }

  test('is decided by the fields of its message and masked in its reply, with its official-protocol client', async () => {
    const { gateway, authorization } = suite;
    const baseUrl = `http://127.0.0.1:${gateway.port}/t/api`;
    const client = createClient(ORDERS, createGrpcWebTransport({ baseUrl, httpVersion: '1.1' }));
    const place = client['place'] as unknown as Call;
    const how = { headers: { authorization } };
    assert.deepEqual(fieldsOf(await place(order({ email: CANARY, id: '7' }), how)), { email: '[redacted]', id: '7' });
    await assert.rejects(place(order({ kind: 'BIG' }), how), { code: Code.PermissionDenied });
    // What stands in the frame of trailers is masked as well: a word with its percent codes.
    await assert.rejects(place(order({ street: 'High St' }), how), (fault: ConnectError) => {
      assert.deepEqual([fault.code, fault.rawMessage], [Code.NotFound, '[redacted]']);
      return true;
    });
    assert.deepEqual(seen, [{ email: CANARY, id: '7' }, { street: 'High St' }]);
  });

  test('is read as text, however its base64 is cut', async () => {
    const message = frameOf({ flag: 0, payload: Buffer.from(toBinary(ORDER, order({ email: CANARY }))) });
    const trailers = frameOf({ flag: 0x80, payload: Buffer.from('grpc-status: 0\r\n') });
    listener = (asked, reply) => {
      asked.resume();
      reply.writeHead(200, { 'content-type': 'application/grpc-web-text' });
      // Two pieces of base64 with padding of their own, sent in threes.
      const text = message.toString('base64') + trailers.toString('base64');
      for (const three of text.match(/.{1,3}/g) ?? []) reply.write(three);
      reply.end();
    };
    const type = 'application/grpc-web-text+proto';
    const { status, body } = await post(type, Buffer.from(message.toString('base64')));
    assert.equal(status, 200);
    const pieces = body.toString().match(/[^=]+=*/g) ?? [];
    const { frames } = new GrpcFrames(1_000).push(Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64'))));
    assert.deepEqual(
      frames.map(({ flag, payload }) => [flag, payload.toString('latin1')]),
      [
        [0, Buffer.from(toBinary(ORDER, order({ email: '[redacted]' }))).toString('latin1')],
        [0x80, 'grpc-status: 0\r\n'],
      ],
    );
    const big = frameOf({ flag: 0, payload: Buffer.from(toBinary(ORDER, order({ kind: 'BIG' }))) });
    assert.equal((await post(type, Buffer.from(big.toString('base64')))).status, 403);
    assert.equal((await post(type, Buffer.from('no base64!'))).status, 403);
    assert.equal((await post(type, message)).status, 403);
    // A stream of the client's, which gRPC-Web has not.
    assert.equal((await post('application/grpc-web', Buffer.concat([message, message]))).status, 403);
  });

  test('breaks off or is refused where a reply is not what it says', async () => {
    for (const [type, body] of [
      ['application/grpc-web', frameOf({ flag: 0, payload: Buffer.from([0x0a]) })],
      ['application/grpc-web-text', Buffer.from('no base64!')],
      ['application/grpc-web-text', Buffer.from('AAAAAAB')],
    ] as const) {
      listener = (asked, reply) => {
        asked.resume();
        reply.writeHead(200, { 'content-type': type, 'content-length': body.length });
        reply.end(body);
      };
      const sent = frameOf({ flag: 0, payload: Buffer.from(toBinary(ORDER, create(ORDER))) });
      assert.equal((await post('application/grpc-web', sent)).status, 502);
    }
    const replies = (await recorded(suite.gateway)).filter(({ event }) => event.kind === 'reply');
    assert.ok(replies.length > 3);
    for (const { body } of replies) assert.doesNotMatch(body.toString('latin1'), /canary/);
  });
});
