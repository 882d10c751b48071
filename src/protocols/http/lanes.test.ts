import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { PERMIT_ALL } from '../../../test/support/gateway.ts';
import { httpTarget, startHttpGateway } from '../../../test/support/http-gateway.ts';
import { recorded } from '../../../test/support/recorded.ts';

describe('a connection of HTTP/2', () => {
  test('has a session for each request that is under way, and uses them again', async () => {
    await using server = await waitingServer();
    await using gateway = await startHttpGateway({ targets: [httpTarget(server)] });
    const { user, password } = await gateway.grant();
    await using client = await open(gateway.port, `Bearer ${user}.${password}`);
    const three = ['/t/api/1', '/t/api/2', '/t/api/3'].map((path) => client.ask(path));
    await server.asked(3);
    assert.equal(gateway.live.size, 3);
    server.answerAll();
    assert.deepEqual(await Promise.all(three), ['1', '2', '3']);
    const again = client.ask('/t/api/4');
    await server.asked(4);
    assert.equal(gateway.live.size, 3);
    server.answerAll();
    assert.equal(await again, '4');
    assert.equal(
      gateway.live.list().reduce((sum, { exchanges }) => sum + exchanges, 0),
      4,
    );
  });

  test('has one request cancelled, and the others go on', async () => {
    await using server = await waitingServer();
    await using gateway = await startHttpGateway({ targets: [httpTarget(server)] });
    const { user, password } = await gateway.grant();
    await using client = await open(gateway.port, `Bearer ${user}.${password}`);
    const kept = client.ask('/t/api/kept');
    const dropped = client.begin('/t/api/dropped');
    await server.asked(2);
    dropped.close();
    await server.left();
    server.answerAll();
    assert.equal(await kept, 'kept');
    assert.equal(
      await Promise.all([client.ask('/t/api/next'), server.asked(3).then(() => server.answerAll())]).then(
        ([text]) => text,
      ),
      'next',
    );
    const ends = (await recorded(gateway)).flatMap(({ event }) =>
      event.kind === 'reply' ? [event.result?.status] : [],
    );
    assert.deepEqual(
      ['cancelled', 'ok'].map((status) => ends.filter((one) => one === status).length),
      [1, 2],
    );
  });

  test('that calls by gRPC is refused in its words', async () => {
    await using server = await waitingServer();
    const noPost = { ...PERMIT_ALL, name: 'no post', operations: ['post'], effect: 'deny' } as const;
    await using gateway = await startHttpGateway({ targets: [httpTarget(server)], policies: [PERMIT_ALL, noPost] });
    const { user, password } = await gateway.grant();
    await using client = await open(gateway.port, `Bearer ${user}.${password}`);
    const call = client.begin('/t/api/shop.Orders/Cancel', {
      ':method': 'POST',
      'content-type': 'application/grpc+proto',
    });
    call.end(Buffer.alloc(5));
    const [head] = (await once(call, 'response')) as [IncomingHttpHeaders];
    assert.deepEqual([head[':status'], head['grpc-status'], head['content-type']], [200, '7', 'application/grpc']);
    assert.match(String(head['grpc-message']), /^chaperone: /);
    call.close();
  });
});

async function open(port: number, authorization: string) {
  const session: ClientHttp2Session = connect(`http://127.0.0.1:${port}`);
  await once(session, 'connect');
  const begin = (path: string, fields: Record<string, string> = {}): ClientHttp2Stream => {
    const stream = session.request(
      { ':path': path, authorization, ...fields },
      { endStream: fields[':method'] === undefined },
    );
    stream.on('error', () => undefined);
    return stream;
  };
  return {
    begin,
    async ask(path: string): Promise<string> {
      let text = '';
      for await (const piece of begin(path)) text += String(piece);
      return text;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(session, 'close');
      session.destroy();
      await closed;
    },
  };
}

/** Answers with the last part of the path, once it is told to. */
async function waitingServer() {
  const waiting: (readonly [ServerResponse, string])[] = [];
  let count = 0;
  const left = Promise.withResolvers<void>();
  let wake: () => void = () => undefined;
  const server = createServer((request, response) => {
    count++;
    waiting.push([response, request.url?.split('/').at(-1) ?? '']);
    response.once('close', () => {
      if (!response.writableFinished) left.resolve();
    });
    wake();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    left: () => left.promise,
    async asked(wanted: number): Promise<void> {
      while (count < wanted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    answerAll(): void {
      for (const [response, text] of waiting.splice(0)) response.end(text);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
