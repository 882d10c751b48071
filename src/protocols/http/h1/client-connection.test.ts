import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { type StreamPair, streamPair } from '../../../../test/support/stream-pair.ts';
import { LIMITS } from '../../../model/limits.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import type { IncomingReply, OutgoingRequest } from '../message.ts';
import { H1ClientConnection } from './client-connection.ts';
import { acceptOf } from './websocket-key.ts';

const GET: OutgoingRequest = {
  method: 'GET',
  scheme: 'http',
  authority: 'a.test',
  target: '/',
  fields: [],
  length: 'none',
};
const SENT = 'GET / HTTP/1.1\r\nhost: a.test\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

interface Dialled extends AsyncDisposable {
  readonly pair: StreamPair;
  readonly client: H1ClientConnection;
  readonly abort: AbortController;
  /** Sends a request, and replies once the server has it all. */
  exchange(request: OutgoingRequest, sent: string, reply: string): Promise<IncomingReply>;
}

async function dialled(): Promise<Dialled> {
  const pair = await streamPair({ bulkViews: true });
  const client = new H1ClientConnection(pair.stream, LIMITS);
  const abort = new AbortController();
  return {
    pair,
    client,
    abort,
    async exchange(request, sent, reply) {
      const coming = client.send(request, abort.signal);
      const got = await pair.received((text) => text.endsWith(sent));
      assert.ok(got.endsWith(sent), got);
      pair.peer.write(Buffer.from(reply, 'latin1'));
      return await coming;
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await pair[Symbol.asyncDispose]();
    },
  };
}

async function bodyOf({ body }: IncomingReply): Promise<string> {
  let text = '';
  for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) text += bytes.toString('latin1');
  return text;
}

async function* pieces(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
  await Promise.resolve();
}

describe('a connection to a server of HTTP/1.1', () => {
  test('takes one request after another, and each reply in whichever framing', async () => {
    await using one = await dialled();
    assert.equal(await bodyOf(await one.exchange(GET, SENT, OK)), 'ok');
    const post = { ...GET, method: 'POST', length: 3, body: pieces('ab', 'c') };
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-T: t\r\n\r\n';
    const reply = await one.exchange(post, 'POST / HTTP/1.1\r\nhost: a.test\r\ncontent-length: 3\r\n\r\nabc', chunked);
    assert.equal(reply.body.length, 'unknown');
    assert.equal(await bodyOf(reply), 'x');
    assert.deepEqual(reply.body.trailers, [['x-t', 't']]);
    const unknown = {
      ...GET,
      method: 'PUT',
      length: 'unknown',
      body: pieces('abc'),
      trailers: () => [['x', 'y']] as const,
    } as const;
    const sent = 'transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx: y\r\n\r\n';
    assert.equal((await one.exchange(unknown, sent, 'HTTP/1.1 204 No Content\r\n\r\n')).body.length, 'none');
    const head = await one.exchange(
      { ...GET, method: 'HEAD' },
      'HEAD / HTTP/1.1\r\nhost: a.test\r\n\r\n',
      OK.slice(0, -2),
    );
    assert.deepEqual([head.body.length, head.head.fields], ['none', [['content-length', '2']]]);
    assert.equal(one.client.reusable, true);
    assert.equal(
      await bodyOf(await one.exchange(GET, SENT, 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx')),
      'x',
    );
    assert.equal(one.client.reusable, false);
  });

  test('ends a reply without a length where the server ends it, and not where it breaks', async () => {
    const reply = 'HTTP/1.1 200 OK\r\n\r\nall';
    await using one = await dialled();
    const whole = await one.exchange(GET, SENT, reply);
    one.pair.peer.end();
    assert.equal(await bodyOf(whole), 'all');
    assert.equal(one.client.reusable, false);
    await using two = await dialled();
    const broken = await two.exchange(GET, SENT, reply);
    two.pair.peer.resetAndDestroy();
    await assert.rejects(bodyOf(broken), PeerLeft);
  });

  test('does not take a reply that is cut short for whole', async () => {
    for (const cut of [
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    ]) {
      await using one = await dialled();
      const reply = await one.exchange(GET, SENT, cut);
      one.pair.peer.end();
      await assert.rejects(bodyOf(reply), PeerLeft);
    }
  });

  test('is not used again where more follows a reply, or where something came before the request', async () => {
    await using after = await dialled();
    assert.equal(await bodyOf(await after.exchange(GET, SENT, OK + OK)), 'ok');
    assert.equal(after.client.reusable, false);
    await using before = await dialled();
    before.pair.peer.write(OK);
    while (before.client.reusable) await new Promise(setImmediate);
    await assert.rejects(before.client.send(GET, before.abort.signal), PeerLeft);
    await using unread = await dialled();
    await unread.exchange(GET, SENT, OK);
    assert.equal(unread.client.reusable, false);
  });

  test('gives a reply that comes before the request was sent, and is not used again', async () => {
    await using one = await dialled();
    let more: (() => void) | undefined;
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.from('ab');
      await new Promise<void>((resolve) => {
        more = resolve;
      });
      yield Buffer.from('c');
    }
    const reply = await one.exchange(
      { ...GET, method: 'PUT', length: 3, body: endless() },
      '\r\n\r\nab',
      OK.replace('200', '413'),
    );
    assert.equal(reply.head.status, 413);
    assert.equal(await bodyOf(reply), 'ok');
    assert.equal(one.client.reusable, false);
    more?.();
  });

  test('breaks off where the body of the request does, so that the server does not take it for whole', async () => {
    await using one = await dialled();
    const torn = new PeerLeft('torn');
    async function* body(): AsyncGenerator<Buffer> {
      yield Buffer.from('ab');
      await one.pair.received((text) => text.includes('ab'));
      throw torn;
    }
    await assert.rejects(
      one.client.send({ ...GET, method: 'PUT', length: 'unknown', body: body() }, one.abort.signal),
      torn,
    );
    assert.ok(!(await one.pair.received()).includes('0\r\n\r\n'));
  });

  test('ends with its signal, while the reply is waited for and while it is read', async () => {
    await using waiting = await dialled();
    const sending = waiting.client.send(GET, waiting.abort.signal);
    const stop = new Error('stop');
    waiting.abort.abort(stop);
    await assert.rejects(sending, stop);
    await waiting.pair.received();
    await using reading = await dialled();
    const reply = await reading.exchange(GET, SENT, OK.slice(0, -1));
    reading.abort.abort(stop);
    await assert.rejects(bodyOf(reply), stop);
  });

  test('is taken over by a WebSocket where the server answers this key, and by nothing else', async () => {
    for (const honest of [true, false]) {
      await using one = await dialled();
      const coming = one.client.send({ ...GET, upgrade: 'websocket' }, one.abort.signal);
      const sent = await one.pair.received((text) => text.endsWith('\r\n\r\n'));
      const key = /\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: (.*)\r\n/.exec(sent)?.[1] ?? '';
      const accept = acceptOf(honest ? key : 'dGhlIHNhbXBsZSBub25jZQ==');
      one.pair.peer.write(
        `HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\nhi`,
      );
      if (!honest) {
        await assert.rejects(coming, { status: 502 });
        continue;
      }
      const reply = await coming;
      assert.deepEqual(reply.head, { status: 101, fields: [] });
      assert.equal((await reply.upgraded?.read())?.toString(), 'hi');
    }
  });

  test('is taken over by SPDY where that was asked for, and answered', async () => {
    for (const answered of ['SPDY/3.1', 'websocket']) {
      await using one = await dialled();
      const coming = one.client.send({ ...GET, method: 'POST', upgrade: 'spdy/3.1' }, one.abort.signal);
      const sent = await one.pair.received((text) => text.endsWith('\r\n\r\n'));
      assert.match(sent, /^POST .*\r\nconnection: Upgrade\r\nupgrade: SPDY\/3\.1\r\n\r\n$/s);
      one.pair.peer.write(`HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: ${answered}\r\n\r\nhi`);
      if (answered === 'websocket') await assert.rejects(coming, { status: 502 });
      else assert.equal((await (await coming).upgraded?.read())?.toString(), 'hi');
    }
  });

  test('cannot be made to send two requests by what one holds', async () => {
    await using one = await dialled();
    const hostile: readonly Partial<OutgoingRequest>[] = [
      { target: '/ HTTP/1.1\r\nx: y' },
      { method: 'GET / HTTP/1.1\r\n' },
      { authority: 'a\r\nx: y' },
      { fields: [['x', 'a\nb']] },
      { fields: [['content-length', '5']] },
    ];
    for (const part of hostile) {
      await using fresh = await dialled();
      await assert.rejects(fresh.client.send({ ...GET, ...part }, fresh.abort.signal), RangeError);
      assert.equal(await fresh.pair.received(), '');
    }
    one.pair.peer.destroy();
    await once(one.pair.stream.signal, 'abort');
    assert.equal(one.client.reusable, false);
  });
});
