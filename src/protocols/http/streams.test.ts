import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { connect, createServer as createH2Server, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import {
  Client,
  credentials,
  Server as GrpcServer,
  Metadata,
  ServerCredentials,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { WebSocket, WebSocketServer } from 'ws';
import { type HttpRelay, startHttpRelay } from '../../../test/support/http-relay.ts';
import type { HttpTarget } from '../../model/http.ts';

describe('gRPC through both wires', () => {
  test('is unary, streams one way and both, and ends with its status', async () => {
    await using server = await grpcServer();
    await using relay = await relayTo(server.port, '2');
    const client = new Client(`127.0.0.1:${relay.port}`, credentials.createInsecure());
    try {
      assert.equal(await unary(client, 'Echo', 'hello'), 'hello');
      await assert.rejects(unary(client, 'Fail', 'x'), { code: 9, details: 'not so' });
      const many: string[] = [];
      const stream = client.makeServerStreamRequest('/t.T/Count', bytesOf, textOf, '5');
      for await (const one of stream) many.push(one as string);
      assert.deepEqual(many, ['1', '2', '3', '4', '5']);
      // Each word comes back before the next is sent.
      const both = client.makeBidiStreamRequest('/t.T/Chat', bytesOf, textOf);
      for (const word of ['a', 'b', 'c']) {
        both.write(word);
        assert.deepEqual(await once(both, 'data'), [word.toUpperCase()]);
      }
      const over = once(both, 'status');
      both.resume();
      both.end();
      assert.equal(((await over) as [{ code: number }])[0].code, 0);
      const large = randomBytes(3_000_000).toString('base64');
      assert.equal(await unary(client, 'Echo', large), large);
      assert.deepEqual(relay.faults, []);
    } finally {
      client.close();
    }
  });
});

describe('a WebSocket through both wires', () => {
  test('goes from HTTP/1.1 to HTTP/1.1 and to HTTP/2, and from HTTP/2 to HTTP/1.1', async () => {
    await using echo = await webSocketServer();
    await using echo2 = await extendedConnectServer();
    await using toH1 = await relayTo(echo.port, '1.1');
    await using toH2 = await relayTo(echo2.port, '2');
    for (const relay of [toH1, toH2]) {
      const socket = new WebSocket(`ws://127.0.0.1:${relay.port}/chat`);
      await once(socket, 'open');
      socket.send('hello');
      assert.equal(String(((await once(socket, 'message')) as [Buffer])[0]), 'hello');
      socket.close();
      await once(socket, 'close');
      assert.deepEqual(relay.faults, []);
    }
    // A text frame "hi", masked by zeros, and what an echo makes of it.
    const session = connect(`http://127.0.0.1:${toH1.port}`);
    await once(session, 'remoteSettings');
    const stream = session.request({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':path': '/chat',
      'sec-websocket-version': '13',
    });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    assert.equal(headers[':status'], 200);
    stream.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
    assert.deepEqual(((await once(stream, 'data')) as [Buffer])[0], Buffer.from([0x81, 0x02, 0x68, 0x69]));
    session.destroy();
  });
});

describe('a stream through both wires', () => {
  test('of events comes as it is sent, and its end is told to the server when the client leaves', async () => {
    let sender: { write(text: string): unknown } | undefined;
    await using server = await httpServer((_request, reply) => {
      reply.writeHead(200, { 'content-type': 'text/event-stream' });
      sender = reply;
      reply.on('close', () => server.left.resolve());
      reply.write('data: 1\n\n');
    });
    await using relay = await relayTo(server.port, '1.1');
    const reply = await replyTo(relay);
    assert.equal(String(((await once(reply, 'data')) as [Buffer])[0]), 'data: 1\n\n');
    sender?.write('data: 2\n\n');
    assert.equal(String(((await once(reply, 'data')) as [Buffer])[0]), 'data: 2\n\n');
    reply.destroy();
    await server.left.promise;
  });

  test('of a slow client is not read ahead of it without end', async () => {
    let sent = 0;
    await using server = await httpServer((_request, reply) => {
      const more = (): void => {
        while (!reply.destroyed && reply.write(Buffer.alloc(64 * 1024))) sent++;
        reply.once('drain', more);
        server.stalled.resolve();
      };
      more();
    });
    await using relay = await relayTo(server.port, '1.1');
    const reply = await replyTo(relay);
    reply.pause();
    // It is slowed when nothing more is taken for as long as a hundred turns of the loop.
    await server.stalled.promise;
    for (let still = 0, last = -1; still < 100; still = last === sent ? still + 1 : 0) {
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.ok(sent < 1_000, `${sent} pieces of 64 KiB`);
    reply.destroy();
  });

  test('up comes whole, with the fields behind it, from fetch and from HTTP/2', async () => {
    const bytes = randomBytes(2_000_000);
    const digest = createHash('sha256').update(bytes).digest('hex');
    await using server = await httpServer((incoming, reply) => {
      const hash = createHash('sha256');
      incoming.on('data', (piece: Buffer) => hash.update(piece));
      incoming.on('end', () => {
        reply.writeHead(200, { 'x-digest': hash.digest('hex'), trailer: 'x-t' });
        reply.addTrailers({ 'x-t': incoming.trailers['x-t'] ?? 'none' });
        reply.end('ok');
      });
    });
    await using relay = await relayTo(server.port, '1.1');
    const url = `http://127.0.0.1:${relay.port}/`;
    const replies = await Promise.all(Array.from({ length: 8 }, () => fetch(url, { method: 'POST', body: bytes })));
    for (const reply of replies) {
      assert.equal(await reply.text(), 'ok');
      assert.equal(reply.headers.get('x-digest'), digest);
    }
    const session = connect(url);
    const stream = session.request({ ':method': 'POST' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-t': 'behind' }));
    const trailers = once(stream, 'trailers') as Promise<[Record<string, string>]>;
    const response = once(stream, 'response') as Promise<[Record<string, string>]>;
    stream.end(bytes);
    assert.equal((await response)[0]['x-digest'], digest);
    stream.resume();
    assert.equal((await trailers)[0]['x-t'], 'behind');
    session.destroy();
    assert.deepEqual(relay.faults, []);
  });

  test('that breaks off at the server breaks off at the client', async () => {
    await using server = await httpServer((_request, reply) => {
      reply.writeHead(200, { 'content-length': '10' });
      reply.write('half', () => reply.destroy());
    });
    await using relay = await relayTo(server.port, '1.1');
    await assert.rejects(fetch(`http://127.0.0.1:${relay.port}/`).then((reply) => reply.text()));
    const session = connect(`http://127.0.0.1:${relay.port}`);
    const stream = session.request({ ':path': '/' });
    stream.resume();
    await assert.rejects(once(stream, 'end'), { code: 'ERR_HTTP2_STREAM_ERROR' });
    session.destroy();
  });
});

type Listening = AsyncDisposable & { readonly port: number };

function relayTo(port: number, version: HttpTarget['version']): Promise<HttpRelay> {
  const http = { basePath: '', hosts: [], version };
  return startHttpRelay({ target: { address: { host: '127.0.0.1', port }, tls: { mode: 'disable' }, http } });
}

async function replyTo({ port }: HttpRelay): Promise<IncomingMessage> {
  const [reply] = (await once(get({ host: '127.0.0.1', port }), 'response')) as [IncomingMessage];
  // The tests that break it off look at the other side.
  reply.on('error', () => undefined);
  return reply;
}

async function listening(server: Server | Http2Server, stop: () => void): Promise<Listening> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      stop();
      await closed;
    },
  };
}

async function httpServer(listener: RequestListener) {
  const server = createServer(listener);
  const base = await listening(server, () => server.closeAllConnections());
  return { ...base, left: Promise.withResolvers<void>(), stalled: Promise.withResolvers<void>() };
}

async function webSocketServer(): Promise<Listening> {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data, { binary: false })));
  return await listening(server, () => {
    for (const socket of sockets.clients) socket.terminate();
  });
}

/** A server of RFC 8441 that answers each masked text frame of two to 125 bytes by an unmasked one. */
async function extendedConnectServer(): Promise<Listening> {
  const streams = new Set<ServerHttp2Stream>();
  const server = createH2Server({ settings: { enableConnectProtocol: true } });
  server.on('stream', (stream, headers) => {
    streams.add(stream);
    stream.on('error', () => undefined);
    stream.respond({ ':status': headers[':protocol'] === 'websocket' ? 200 : 400 });
    stream.on('data', (frame: Buffer) => {
      const mask = frame.subarray(2, 6);
      const text = frame.subarray(6).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
      stream.write(Buffer.concat([Buffer.from([frame[0] ?? 0, text.length]), text]));
    });
  });
  return await listening(server, () => {
    for (const { session } of streams) session?.destroy();
  });
}

const bytesOf = (text: string): Buffer => Buffer.from(text);
const textOf = (bytes: Buffer): string => bytes.toString();

function unary(client: Client, method: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const done = (fault: ServiceError | null, value?: string): void => (fault ? reject(fault) : resolve(value ?? ''));
    client.makeUnaryRequest(`/t.T/${method}`, bytesOf, textOf, text, new Metadata(), done);
  });
}

async function grpcServer(): Promise<Listening> {
  const server = new GrpcServer();
  const plain = {
    requestSerialize: bytesOf,
    requestDeserialize: textOf,
    responseSerialize: bytesOf,
    responseDeserialize: textOf,
  };
  const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
    path: `/t.T/${name}`,
    requestStream,
    responseStream,
    ...plain,
  });
  server.addService(
    {
      Echo: method('Echo', false, false),
      Fail: method('Fail', false, false),
      Count: method('Count', false, true),
      Chat: method('Chat', true, true),
    },
    {
      Echo: (call: { request: string }, done: (fault: null, value: string) => void) => done(null, call.request),
      Fail: (_call: unknown, done: (fault: Partial<ServiceError>) => void) =>
        done({ code: status.FAILED_PRECONDITION, details: 'not so' }),
      Count: (call: { request: string; write(text: string): void; end(): void }) => {
        for (let i = 1; i <= Number(call.request); i++) call.write(String(i));
        call.end();
      },
      Chat: (call: NodeJS.EventEmitter & { write(text: string): void; end(): void }) => {
        call.on('data', (text: string) => call.write(text.toUpperCase()));
        call.on('end', () => call.end());
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (fault, bound) =>
      fault ? reject(fault) : resolve(bound),
    );
  });
  return {
    port,
    [Symbol.asyncDispose]() {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}
