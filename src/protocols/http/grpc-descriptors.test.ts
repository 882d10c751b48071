import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fromBinary, fromJson, type JsonObject, toBinary, toJson } from '@bufbuild/protobuf';
import { Client, type ClientDuplexStream, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import { type TestGatewayOptions } from '../../../test/support/gateway.ts';
import { httpTarget, startHttpGateway } from '../../../test/support/http-gateway.ts';
import { recorded } from '../../../test/support/recorded.ts';
import { grpcServices } from '../../grpc/descriptors.ts';
import type { ClassifiedColumn } from '../../model/target.ts';
import type { Policy } from '../../policy/policy.ts';

const DESCRIPTORS = readFileSync('test/corpus/grpc/shop.binpb').toString('base64');
const services = grpcServices({ descriptors: DESCRIPTORS });
if ('problem' in services) throw new Error(services.problem);
const ORDER = services.registry.getMessage('shop.Order')!;
const NEW_ORDER = services.registry.getMessage('shop.NewOrder')!;
const asBytes = (bytes: Buffer): Buffer => bytes;
const order = (fields: JsonObject): Buffer => Buffer.from(toBinary(ORDER, fromJson(ORDER, fields)));
const fieldsOf = (bytes: Uint8Array): unknown => toJson(ORDER, fromBinary(ORDER, bytes));

const ANY: Policy = {
  name: 'any',
  principals: 'any',
  targets: 'any',
  operations: ['any', 'unknown'],
  effect: 'permit',
};
const SMALL: Policy = {
  ...ANY,
  name: 'small orders',
  http: { operations: ['shop.Orders/*'], body: { kind: ['KIND_UNSPECIFIED'] } },
};

describe('rules about messages of gRPC', () => {
  test('permit calls by the fields of their message, and refuse the others in its words', async () => {
    await using shop = await shopBehind({ policies: [SMALL] });
    assert.deepEqual(await shop.call('Place', order({ email: 'a' })), { email: 'a' });
    await assert.rejects(shop.call('Place', order({ kind: 'BIG' })), { code: 7 });
    const newer = Buffer.from(toBinary(NEW_ORDER, fromJson(NEW_ORDER, { phone: '1' })));
    await assert.rejects(shop.call('Place', newer), { code: 7 });
    await assert.rejects(shop.call('Place', Buffer.from([0x0a])), { code: 7 });
    assert.deepEqual(shop.seen, [{ email: 'a' }]);
    const asked = (await recorded(shop.gateway)).filter(({ event }) => event.kind === 'request');
    assert.deepEqual(
      asked.map(({ event }) => event.op?.map(({ http }) => http?.operationId)),
      Array.from({ length: 4 }, () => ['shop.Orders/Place']),
    );
  });

  test('take a method without side effects for one that reads, and one that no descriptor has for any', async () => {
    await using shop = await shopBehind({ policies: [{ ...ANY, name: 'reads', operations: ['read'] }] });
    assert.deepEqual(await shop.call('Get', order({ id: '7' })), { id: '7' });
    await assert.rejects(shop.call('Place', order({})), { code: 7 });
    shop.gateway.setPolicies([SMALL, { ...ANY, name: 'other', http: { paths: ['/shop.Orders/Other'] } }]);
    await assert.rejects(shop.call('Other', order({})), { code: 12 });
    shop.gateway.setPolicies([ANY, { ...SMALL, name: 'none', http: { body: { kind: ['BIG'] } }, effect: 'deny' }]);
    await assert.rejects(shop.call('Other', order({})), { code: 7 });
  });

  test('decide on each message of a stream: it ends with the first that they refuse', async () => {
    await using shop = await shopBehind({ policies: [SMALL] });
    const chat = shop.chat();
    for (const email of ['a', 'b']) {
      chat.write(order({ email }));
      assert.deepEqual(fieldsOf(((await once(chat, 'data')) as [Buffer])[0]), { email });
    }
    const failed = once(chat, 'error') as Promise<[{ readonly code: number }]>;
    chat.write(order({ email: 'c', kind: 'BIG' }));
    await failed;
    assert.deepEqual(shop.seen, [{ email: 'a' }, { email: 'b' }]);
    const first = shop.chat();
    const denied = once(first, 'error') as Promise<[{ readonly code: number }]>;
    first.write(order({ kind: 'BIG' }));
    assert.equal((await denied)[0].code, 7);
    assert.equal(shop.seen.length, 2);
    assert.deepEqual(shop.gateway.faults, []);
  });
});

describe('masks of messages of gRPC', () => {
  const reply = {
    email: 'ann@shop.example',
    id: '7',
    notes: { by: 'bob@shop.example' },
    items: [{ street: 'High St' }],
  };

  test('are put on what detectors find, in every message of a stream', async () => {
    await using shop = await shopBehind({ policies: [{ ...ANY, mask: ['email'] }] });
    const seen = (await shop.call('Place', order(reply))) as { readonly email: string };
    assert.doesNotMatch(JSON.stringify(seen), /@shop/);
    assert.deepEqual({ ...seen, email: '', notes: {} }, { ...reply, email: '', notes: {} });
    const chat = shop.chat();
    for (let i = 0; i < 2; i++) {
      chat.write(order(reply));
      assert.doesNotMatch(JSON.stringify(fieldsOf(((await once(chat, 'data')) as [Buffer])[0])), /@shop/);
    }
    chat.end();
    assert.deepEqual(shop.gateway.faults, []);
  });

  test('are put on fields that have a class, by their path', async () => {
    const street = { schema: '', table: '/**', column: 'items[].street', class: 'address', place: 'body' } as const;
    await using shop = await shopBehind({ policies: [{ ...ANY, mask: ['address'] }] }, [street]);
    const seen = (await shop.call('Place', order(reply))) as { readonly items: readonly { readonly street: string }[] };
    assert.equal(seen.items.length, 1);
    assert.notEqual(seen.items[0]?.street, 'High St');
    assert.deepEqual({ ...seen, items: [] }, { ...reply, items: [] });
  });

  test('refuse a reply that cannot be read', async () => {
    await using shop = await shopBehind({ policies: [{ ...ANY, mask: ['email'] }] });
    await assert.rejects(shop.call('Place', Buffer.from([0x0a])));
  });
});

const METHOD = {
  requestSerialize: asBytes,
  requestDeserialize: asBytes,
  responseSerialize: asBytes,
  responseDeserialize: asBytes,
};
const SERVICE = {
  Place: { ...METHOD, path: '/shop.Orders/Place', requestStream: false, responseStream: false },
  Get: { ...METHOD, path: '/shop.Orders/Get', requestStream: false, responseStream: false },
  Chat: { ...METHOD, path: '/shop.Orders/Chat', requestStream: true, responseStream: true },
} as const;

/** A server that answers with what it was sent, and remembers that; a gateway before it that knows its descriptors. */
async function shopBehind(options: Pick<TestGatewayOptions, 'policies'>, classified: readonly ClassifiedColumn[] = []) {
  await using parts = new AsyncDisposableStack();
  const seen: unknown[] = [];
  const echo = (bytes: Buffer): Buffer => {
    try {
      seen.push(fieldsOf(bytes));
    } catch {
      seen.push('no order');
    }
    return bytes;
  };
  const server = new Server();
  parts.defer(() => server.forceShutdown());
  const unary = (call: { request: Buffer }, done: (fault: object | null, reply?: Buffer) => void) =>
    done(null, echo(call.request));
  server.addService(SERVICE, {
    Place: unary,
    Get: unary,
    Chat: (call: NodeJS.ReadWriteStream) => {
      call.on('data', (bytes: Buffer) => call.write(echo(bytes)));
      call.on('end', () => call.end());
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (fault, bound) =>
      fault === null ? resolve(bound) : reject(fault),
    );
  });
  const http = { basePath: '', hosts: [], version: '2', grpc: { descriptors: DESCRIPTORS } } as const;
  const target = httpTarget({ host: '127.0.0.1', port }, { http, classified });
  const gateway = parts.use(await startHttpGateway({ ...options, targets: [target] }));
  const { user, password } = await gateway.grant();
  const authority = { 'grpc.default_authority': 'api.gateway.test' };
  const client = new Client(`127.0.0.1:${gateway.port}`, credentials.createInsecure(), authority);
  parts.defer(() => client.close());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${user}.${password}`);
  const kept = parts.move();
  return {
    gateway,
    seen,
    call: (method: string, message: Buffer): Promise<unknown> =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(`/shop.Orders/${method}`, asBytes, asBytes, message, metadata, (fault, reply) =>
          fault === null ? resolve(fieldsOf(reply ?? Buffer.alloc(0))) : reject(fault),
        );
      }),
    chat: (): ClientDuplexStream<Buffer, Buffer> =>
      client.makeBidiStreamRequest(SERVICE.Chat.path, asBytes, asBytes, metadata),
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
}
