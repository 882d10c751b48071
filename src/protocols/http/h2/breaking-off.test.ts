import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { streamPair } from '../../../../test/support/stream-pair.ts';
import { LIMITS } from '../../../model/limits.ts';
import { dialHttp } from '../dial-http.ts';
import type { ClientConnection, OutgoingRequest } from '../message.ts';
import { openH2Client } from './client-connection.ts';
import { H2ServerConnection } from './server-connection.ts';

/** Node ends its process where a session is destroyed within its reading: so often it would have. */
const TIMES = 40;
const NEVER = new AbortController().signal;
const GET: OutgoingRequest = {
  method: 'GET',
  scheme: 'http',
  authority: 'a.test',
  target: '/',
  fields: [],
  length: 'none',
};

describe('what breaks off in the turn in which something came', () => {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer({ settings: { enableConnectProtocol: true } });
  let port = 0;

  before(async () => {
    server.on('session', (session) => void sessions.add(session));
    server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      stream.respond({ ':status': 200 });
      // Several pieces arrive together, so that more is to be read when the first was given.
      for (let i = 0; i < 8; i++) stream.write(Buffer.alloc(4_000));
      if (headers[':path'] !== '/endless' && headers[':protocol'] === undefined) stream.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const session of sessions) session.destroy();
    await closed;
  });

  function dial(): Promise<ClientConnection> {
    const http = { basePath: '', hosts: [], version: '2' } as const;
    return dialHttp({ address: { host: '127.0.0.1', port }, tls: { mode: 'disable' }, http }, undefined, NEVER);
  }

  test('ends a request that is given up by its reader', async () => {
    for (let i = 0; i < TIMES; i++) {
      await using client = await dial();
      const stop = new AbortController();
      const { body } = await client.send({ ...GET, target: '/endless' }, stop.signal);
      await body.read();
      stop.abort(new Error('enough'));
      await assert.rejects(async () => {
        while ((await body.read()) !== null);
      }, /enough/);
    }
  });

  test('ends a connection that is closed by its reader', async () => {
    for (let i = 0; i < TIMES; i++) {
      const client = await dial();
      const { body } = await client.send(GET, NEVER);
      await body.read();
      await client[Symbol.asyncDispose]();
      assert.equal(client.reusable, false);
    }
  });

  test('ends the stream of a WebSocket under a connection that lives', async () => {
    for (let i = 0; i < TIMES; i++) {
      await using client = await dial();
      const { upgraded } = await client.send({ ...GET, upgrade: 'websocket' }, NEVER);
      await upgraded?.read();
      upgraded?.destroy();
      assert.equal(upgraded?.signal.aborted, true);
    }
  });

  test('ends what a client of ours reads where the socket below it goes', async () => {
    for (let i = 0; i < TIMES; i++) {
      await using pair = await streamPair();
      const opening = openH2Client(pair.stream, LIMITS, NEVER);
      pair.peer.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
      await using client = await opening;
      const sending = client.send(GET, NEVER);
      pair.stream.destroy();
      await assert.rejects(sending);
    }
  });

  test('ends a request and a connection of a client within its own request', async () => {
    for (let i = 0; i < TIMES; i++) {
      await using pair = await streamPair();
      const connection = new H2ServerConnection(pair.stream, { limits: LIMITS, concurrency: 8 });
      pair.peer.write(Buffer.concat([PREFACE, ...[1, 3, 5].map(requestOn)]));
      const first = await connection.next();
      first?.abort();
      if (i % 2 === 0) await connection[Symbol.asyncDispose]();
      else pair.stream.destroy();
      await connection[Symbol.asyncDispose]();
      assert.equal(first?.head.target, '/');
    }
  });
});

const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

/** GET http://a/ with indexed fields (RFC 7541, appendix A) and a body that goes on. */
function requestOn(stream: number): Buffer {
  const block = Buffer.from([0x82, 0x86, 0x84, 0x41, 0x01, 0x61]);
  const head = Buffer.from([0, 0, block.length, 1, 4, 0, 0, 0, stream]);
  const data = Buffer.from([0, 0, 4, 0, 0, 0, 0, 0, stream, 1, 2, 3, 4]);
  return Buffer.concat([head, block, data]);
}
