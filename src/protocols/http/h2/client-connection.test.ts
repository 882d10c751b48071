import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants, createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import {
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  framesOf,
  headerBlock,
  type RawFields,
} from '../../../../test/support/h2-frames.ts';
import { streamPair } from '../../../../test/support/stream-pair.ts';
import { LIMITS } from '../../../model/limits.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { dialHttp } from '../dial-http.ts';
import type { ClientConnection, IncomingReply, OutgoingRequest } from '../message.ts';
import { openH2Client } from './client-connection.ts';

const GET: OutgoingRequest = {
  method: 'GET',
  scheme: 'http',
  authority: 'a.test',
  target: '/',
  fields: [],
  length: 'none',
};
const NEVER = new AbortController().signal;
const PUSH_PROMISE = 5;
const ACK = 1;

describe('a connection to a server of HTTP/2', () => {
  test('takes one request after another until the server says that it takes no more', async () => {
    await using it = await dialled((stream) => {
      stream.respond({ ':status': 200, 'x-a': ['1', '2'] });
      stream.end('ok');
    });
    const first = await it.client.send(GET, NEVER);
    assert.deepEqual(
      first.head.fields.filter(([name]) => name === 'x-a'),
      [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
    );
    assert.equal(it.client.reusable, false);
    assert.equal(await bodyOf(first), 'ok');
    assert.equal(it.client.reusable, true);
    it.session().close();
    while (it.client.reusable) await new Promise(setImmediate);
    await assert.rejects(it.client.send(GET, NEVER), PeerLeft);
  });

  test('gives a reply that comes before the request was sent', async () => {
    await using it = await dialled((stream) => {
      stream.respond({ ':status': 413 });
      stream.end('no');
    });
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) yield Buffer.alloc(1024);
    }
    const reply = await it.client.send({ ...GET, method: 'PUT', length: 'unknown', body: endless() }, NEVER);
    assert.equal(reply.head.status, 413);
    assert.equal(await bodyOf(reply), 'no');
  });

  test('tells the server where the request breaks off or is given up', async () => {
    const codes: number[] = [];
    const closed = Promise.withResolvers<void>();
    await using it = await dialled((stream) => {
      stream.resume();
      stream.on('close', () => {
        codes.push(stream.rstCode ?? -1);
        if (codes.length === 2) closed.resolve();
      });
    });
    const torn = new PeerLeft('torn');
    async function* body(): AsyncGenerator<Buffer> {
      yield Buffer.from('ab');
      await new Promise(setImmediate);
      throw torn;
    }
    await assert.rejects(it.client.send({ ...GET, method: 'PUT', length: 'unknown', body: body() }, NEVER), torn);
    await using second = await it.dial();
    const abort = new AbortController();
    const sending = second.send(GET, abort.signal);
    const stop = new Error('stop');
    abort.abort(stop);
    await assert.rejects(sending, stop);
    await closed.promise;
    assert.deepEqual(codes, [constants.NGHTTP2_CANCEL, constants.NGHTTP2_CANCEL]);
  });

  test('passes interim replies over, and not without end', async () => {
    let many = 16;
    await using it = await dialled((stream) => {
      for (let i = 0; i < many; i++) stream.additionalHeaders({ ':status': 103 });
      stream.respond({ ':status': 204 }, { endStream: true });
    });
    const reply = await it.client.send(GET, NEVER);
    assert.deepEqual([reply.head.status, reply.body.length], [204, 'none']);
    many = 17;
    await assert.rejects(it.client.send(GET, NEVER), { name: 'MalformedHttp', status: 502 });
  });

  test('says how long the body of a reply to HEAD would be', async () => {
    await using it = await dialled((stream) =>
      stream.respond({ ':status': 200, 'content-length': '7' }, { endStream: true }),
    );
    const { head, body } = await it.client.send({ ...GET, method: 'HEAD' }, NEVER);
    assert.deepEqual(
      [head.fields.find(([name]) => name === 'content-length'), body.length],
      [['content-length', '7'], 'none'],
    );
    assert.equal(it.client.reusable, true);
  });

  const hostile: readonly (readonly [string, RawFields, string?, RawFields?])[] = [
    [
      'Connection',
      [
        [':status', '200'],
        ['connection', 'close'],
      ],
    ],
    [
      'a transfer coding',
      [
        [':status', '200'],
        ['transfer-encoding', 'chunked'],
      ],
    ],
    ['no status', [['x', 'y']]],
    ['a status of four digits', [[':status', '2000']]],
    ['a status that is an upgrade', [[':status', '101']]],
    [
      'two statuses',
      [
        [':status', '200'],
        [':status', '200'],
      ],
    ],
    [
      "a request's pseudo-field",
      [
        [':status', '200'],
        [':path', '/'],
      ],
    ],
    [
      'two lengths',
      [
        [':status', '200'],
        ['content-length', '2'],
        ['content-length', '2'],
      ],
      'ok',
    ],
    [
      'a length shorter than its body',
      [
        [':status', '200'],
        ['content-length', '1'],
      ],
      'ok',
    ],
    [
      'a length longer than its body',
      [
        [':status', '200'],
        ['content-length', '3'],
      ],
      'ok',
    ],
    ['a length behind its body', [[':status', '200']], 'ok', [['content-length', '2']]],
  ];
  for (const [name, fields, data, trailers] of hostile) {
    test(`refuses a reply with ${name}`, async () => {
      await using pair = await streamPair();
      const opening = openH2Client(pair.stream, LIMITS, NEVER);
      pair.peer.write(frame(FRAME.settings, 0, 0));
      await using client = await opening;
      const sending = client.send(GET, NEVER);
      await pair.received((text) => framesOf(text.slice(24)).some(({ type }) => type === FRAME.headers));
      const ends = data === undefined ? END_STREAM : 0;
      pair.peer.write(frame(FRAME.headers, END_HEADERS + ends, 1, headerBlock(fields)));
      if (data !== undefined)
        pair.peer.write(frame(FRAME.data, trailers === undefined ? END_STREAM : 0, 1, Buffer.from(data)));
      if (trailers !== undefined)
        pair.peer.write(frame(FRAME.headers, END_HEADERS + END_STREAM, 1, headerBlock(trailers)));
      // Some of it nghttp2 ends the stream for, without a word why.
      await assert.rejects(sending.then(bodyOf), { name: /^(?:MalformedHttp|PeerLeft)$/ });
      assert.equal(client.reusable, false);
    });
  }

  test('takes no push: one that crosses its word is refused, one behind it breaks the connection', async () => {
    const promised = headerBlock([
      [':method', 'GET'],
      [':scheme', 'http'],
      [':authority', 'a.test'],
      [':path', '/pushed'],
    ]);
    const push = frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([Buffer.from([0, 0, 0, 2]), promised]));
    const pushed = frame(FRAME.headers, END_HEADERS + END_STREAM, 2, headerBlock([[':status', '200']]));
    const reply = frame(FRAME.headers, END_HEADERS + END_STREAM, 1, headerBlock([[':status', '204']]));
    for (const isTold of [false, true]) {
      await using pair = await streamPair();
      const opening = openH2Client(pair.stream, LIMITS, NEVER);
      pair.peer.write(frame(FRAME.settings, 0, 0));
      await using client = await opening;
      const sending = client.send(GET, NEVER);
      // Awaited below; it may break before.
      sending.catch(() => undefined);
      await pair.received((text) => framesOf(text.slice(24)).some(({ type }) => type === FRAME.headers));
      pair.peer.write(Buffer.concat([...(isTold ? [frame(FRAME.settings, ACK, 0)] : []), push, pushed, reply]));
      if (isTold) await assert.rejects(sending, { name: /^(?:MalformedHttp|PeerLeft)$/ });
      else assert.equal((await sending).head.status, 204);
      await pair.received((text) =>
        framesOf(text.slice(24)).some(({ type, stream }) =>
          isTold ? type === FRAME.goaway : type === FRAME.reset && stream === 2,
        ),
      );
    }
  });

  test('is none where the server does not speak it', async () => {
    await using pair = await streamPair();
    const opening = openH2Client(pair.stream, LIMITS, NEVER);
    pair.peer.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    await assert.rejects(opening, { name: 'Fault', code: 'upstream-protocol' });
  });
});

async function bodyOf({ body }: IncomingReply): Promise<string> {
  let text = '';
  for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) text += bytes.toString('latin1');
  return text;
}

interface Dialled extends AsyncDisposable {
  readonly client: ClientConnection;
  dial(): Promise<ClientConnection>;
  /** The server's side of the first connection. */
  session(): ServerHttp2Session;
}

async function dialled(onStream: (stream: ServerHttp2Stream) => void): Promise<Dialled> {
  const sessions: ServerHttp2Session[] = [];
  const server = createServer();
  server.on('session', (session) => void sessions.push(session));
  server.on('stream', (stream) => {
    // What the client takes back is what the tests look at.
    stream.on('error', () => undefined);
    onStream(stream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const http = { basePath: '', hosts: [], version: '2' } as const;
  const dial = () =>
    dialHttp({ address: { host: '127.0.0.1', port }, tls: { mode: 'disable' }, http }, undefined, NEVER);
  const client = await dial();
  return {
    client,
    dial,
    session: () => sessions[0] ?? assert.fail('nobody came'),
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}
