import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import { PERMIT_ALL } from '../../../test/support/gateway.ts';
import { httpTarget, startHttpGateway } from '../../../test/support/http-gateway.ts';
import { recorded } from '../../../test/support/recorded.ts';

const asBytes = (text: string): Buffer => Buffer.from(text);
const asText = (bytes: Buffer): string => bytes.toString();
const METHOD = {
  requestSerialize: asBytes,
  requestDeserialize: asText,
  responseSerialize: asBytes,
  responseDeserialize: asText,
};
const SERVICE = {
  Echo: { ...METHOD, path: '/shop.Orders/Echo', requestStream: false, responseStream: false },
  Chat: { ...METHOD, path: '/shop.Orders/Chat', requestStream: true, responseStream: true },
} as const;

describe('a call of gRPC through the gateway', () => {
  test('is one exchange, whether it streams or not, and its status is on record', async () => {
    await using server = await grpcServer();
    await using gateway = await startHttpGateway({ targets: [target(server.port)] });
    await using client = await clientOf(gateway.port, await gateway.grant());
    assert.equal(await client.unary('hello'), 'hello');
    await assert.rejects(client.unary('fail'), { code: 9, details: 'not so' });
    const chat = client.chat();
    for (const word of ['a', 'b', 'c']) {
      chat.write(word);
      assert.deepEqual(await once(chat, 'data'), [word.toUpperCase()]);
    }
    const over = once(chat, 'status');
    chat.resume();
    chat.end();
    assert.equal(((await over) as [{ code: number }])[0].code, 0);
    const kept = await recorded(gateway);
    const codes = kept.flatMap(({ event }) => (event.kind === 'reply' ? [event.result?.code] : []));
    assert.deepEqual(codes, ['grpc-0', 'grpc-9', 'grpc-0']);
    const said = kept.filter(({ event }) => event.kind === 'input').map(({ body }) => body.toString('latin1', 5));
    assert.deepEqual(said, ['hello', 'fail', 'a', 'b', 'c']);
    const failed = kept.filter(({ event }) => event.kind === 'reply')[1];
    assert.match(failed?.body.toString('latin1') ?? '', /grpc-status: 9\r\ngrpc-message: not%20so/);
    assert.deepEqual(gateway.faults, []);
  });

  test('that is denied ends as its own library says no', async () => {
    await using server = await grpcServer();
    const noPost = { ...PERMIT_ALL, name: 'no post', operations: ['post'], effect: 'deny' } as const;
    await using gateway = await startHttpGateway({ targets: [target(server.port)], policies: [PERMIT_ALL, noPost] });
    await using client = await clientOf(gateway.port, await gateway.grant());
    await assert.rejects(client.unary('hello'), ({ code, details }: { code: number; details: string }) => {
      assert.equal(code, 7);
      assert.match(details, /^chaperone: .*\(policy-denied, by the rule "no post"\)/);
      return true;
    });
  });
});

function target(port: number) {
  return httpTarget({ host: '127.0.0.1', port }, { http: { basePath: '', hosts: [], version: '2' } });
}

async function clientOf(port: number, { user, password }: { readonly user: string; readonly password: string }) {
  const options = { 'grpc.default_authority': 'api.gateway.test' };
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${user}.${password}`);
  return {
    unary: (text: string): Promise<string | undefined> =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(SERVICE.Echo.path, asBytes, asText, text, metadata, (fault, reply) =>
          fault === null ? resolve(reply) : reject(fault),
        );
      }),
    chat: () => client.makeBidiStreamRequest(SERVICE.Chat.path, asBytes, asText, metadata),
    [Symbol.asyncDispose]: async () => client.close(),
  };
}

async function grpcServer() {
  const server = new Server();
  server.addService(SERVICE, {
    Echo: (call: { request: string }, done: (fault: object | null, reply?: string) => void) =>
      call.request === 'fail' ? done({ code: 9, details: 'not so' }) : done(null, call.request),
    Chat: (call: NodeJS.ReadWriteStream) => {
      call.on('data', (text: string) => call.write(text.toUpperCase()));
      call.on('end', () => call.end());
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (fault, bound) =>
      fault === null ? resolve(bound) : reject(fault),
    );
  });
  return { port, [Symbol.asyncDispose]: async () => server.forceShutdown() };
}
