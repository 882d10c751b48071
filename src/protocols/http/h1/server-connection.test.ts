import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type StreamPair, streamPair } from '../../../../test/support/stream-pair.ts';
import { LIMITS } from '../../../model/limits.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import type { IncomingRequest } from '../message.ts';
import type { HttpWireLimits } from '../wire-limits.ts';
import { H1ServerConnection } from './server-connection.ts';

const GET = 'GET /a?b HTTP/1.1\r\nHost: a.test\r\n\r\n';

interface Served extends AsyncDisposable {
  readonly pair: StreamPair;
  readonly server: H1ServerConnection;
  next(): Promise<IncomingRequest>;
}

async function served(limits: Partial<HttpWireLimits> = {}): Promise<Served> {
  const pair = await streamPair();
  const server = new H1ServerConnection(pair.stream, { ...LIMITS, ...limits });
  return {
    pair,
    server,
    next: async () => (await server.next()) ?? assert.fail('no request came'),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await pair[Symbol.asyncDispose]();
    },
  };
}

async function bodyOf({ body }: IncomingRequest): Promise<string> {
  let text = '';
  for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) text += bytes.toString('latin1');
  return text;
}

function answer(request: IncomingRequest, text: string): void {
  void request.respond({ status: 200, fields: [] }, text.length);
  void request.write(Buffer.from(text));
  void request.end();
}

describe('a request of HTTP/1.1', () => {
  test('is read whole and byte by byte alike, and answered in one piece', async () => {
    const text =
      'POST /a HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nX-A:  b \r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-T: t\r\n\r\n';
    for (const step of [text.length, 1]) {
      await using one = await served();
      for (let at = 0; at < text.length; at += step) one.pair.peer.write(text.slice(at, at + step));
      const request = await one.next();
      assert.deepEqual(request.head, {
        version: '1.1',
        method: 'POST',
        authority: 'a.test',
        target: '/a',
        absolute: false,
        fields: [['x-a', 'b']],
      });
      assert.equal(request.body.length, 'unknown');
      assert.equal(await bodyOf(request), 'abcde');
      assert.deepEqual(request.body.trailers, [['x-t', 't']]);
      void request.respond({ status: 200, fields: [['content-type', 'text/plain']] }, 2);
      void request.write(Buffer.from('ok'));
      void request.end();
      assert.equal(
        await one.pair.received((got) => got.endsWith('ok')),
        'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok',
      );
    }
  });

  test('that was sent ahead waits until the one before was answered', async () => {
    await using one = await served();
    one.pair.peer.write(GET + GET.replace('/a', '/second'));
    const first = await one.next();
    const next = one.next();
    void first.respond({ status: 204, fields: [] }, 'none');
    const second = await next;
    assert.equal(second.head.target, '/second?b');
    void second.respond({ status: 200, fields: [] }, 'unknown');
    void second.write(Buffer.from('x'));
    void second.end([['x-t', 't']]);
    assert.equal(
      await one.pair.received((got) => got.endsWith('\r\n0\r\nx-t: t\r\n\r\n')),
      'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-t: t\r\n\r\n',
    );
  });

  test('loses what is about the connection alone, and what Connection names', async () => {
    await using one = await served();
    one.pair.peer.write(
      'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n' +
        'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\nProxy-Connection: keep-alive\r\nAccept: */*\r\n\r\n',
    );
    const { head } = await one.next();
    assert.deepEqual(head.fields, [['accept', '*/*']]);
    assert.equal(head.upgrade, undefined);
  });

  test('may have the absolute form, or ask for the server itself', async () => {
    await using one = await served();
    one.pair.peer.write(
      'GET http://a.test:81?x HTTP/1.1\r\nHost: a.test:81\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n',
    );
    const first = await one.next();
    assert.deepEqual([first.head.authority, first.head.target, first.head.absolute], ['a.test:81', '/?x', true]);
    answer(first, '');
    assert.equal((await one.next()).head.target, '*');
  });

  test('is asked for its body when that is read, and not when it is refused', async () => {
    const head = 'PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n';
    await using asked = await served();
    asked.pair.peer.write(head);
    const wanted = await asked.next();
    assert.equal(wanted.expectsContinue, true);
    const body = bodyOf(wanted);
    assert.equal(await asked.pair.received((got) => got.endsWith('\r\n\r\n')), 'HTTP/1.1 100 Continue\r\n\r\n');
    asked.pair.peer.write('ok');
    assert.equal(await body, 'ok');
    await using refused = await served({ httpDrainMs: 1 });
    refused.pair.peer.write(head);
    const unwanted = await refused.next();
    void unwanted.respond({ status: 403, fields: [] }, 'none');
    assert.equal(await refused.server.next(), undefined);
    assert.equal(
      await refused.pair.received((got) => got.endsWith('\r\n\r\n')),
      'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
    );
  });

  test('whose body nobody wanted makes room for the next where little of it is left, and ends the connection else', async () => {
    await using one = await served({ maxHttpDrainBytes: 10 });
    one.pair.peer.write(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\n0123456789${GET}`);
    answer(await one.next(), 'no');
    answer(await one.next(), 'yes');
    one.pair.peer.write(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 11\r\n\r\n01234567890${GET}`);
    answer(await one.next(), 'no');
    assert.equal(await one.server.next(), undefined);
    assert.match(await one.pair.received((got) => got.endsWith('close\r\n\r\nno')), /yesHTTP\/1.1 200 OK\r\n/);
  });

  test('whose client leaves is aborted', async () => {
    await using one = await served();
    one.pair.peer.write(GET);
    const { signal } = await one.next();
    const left = new Promise((resolve) => signal.addEventListener('abort', resolve));
    one.pair.peer.destroy();
    await left;
    assert.ok(signal.reason instanceof PeerLeft);
    await using cut = await served();
    cut.pair.peer.end('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nabc');
    const request = await cut.next();
    await assert.rejects(bodyOf(request), PeerLeft);
  });
});

describe('a reply of HTTP/1.1', () => {
  test('to HTTP/1.0 has no chunks and ends with the connection, unless its length is known', async () => {
    await using one = await served();
    one.pair.peer.write('GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n');
    answer(await one.next(), 'x');
    const last = await one.next();
    assert.equal(last.head.authority, '');
    void last.respond({ status: 200, fields: [] }, 'unknown');
    void last.write(Buffer.from('y'));
    void last.end([['x-t', 't']]);
    assert.equal(await one.server.next(), undefined);
    await one.pair.stream.end();
    assert.equal(
      await one.pair.received(),
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: keep-alive\r\n\r\nxHTTP/1.1 200 OK\r\nconnection: close\r\n\r\ny',
    );
  });

  test('to HEAD, and a 304, say how long the body would be and have none', async () => {
    await using one = await served();
    one.pair.peer.write(GET.replace('GET', 'HEAD').repeat(2) + GET);
    const first = await one.next();
    void first.respond({ status: 200, fields: [['content-length', '9']] }, 'none');
    const second = await one.next();
    void second.respond({ status: 200, fields: [] }, 5);
    void second.write(Buffer.from('drop'));
    void second.end();
    void (await one.next()).respond({ status: 304, fields: [['content-length', '7']] }, 'none');
    assert.equal(
      await one.pair.received((got) => got.endsWith('7\r\n\r\n')),
      'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nHTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n',
    );
  });

  test('cannot be split by its fields, nor be longer or shorter than it says', async () => {
    await using one = await served();
    one.pair.peer.write(GET);
    const request = await one.next();
    for (const field of [
      ['x', 'a\r\nset-cookie: b'],
      ['x\r\ny', 'a'],
      ['transfer-encoding', 'chunked'],
      ['x', '\u0100'],
    ] as const) {
      assert.throws(() => request.respond({ status: 200, fields: [field] }, 0), RangeError);
    }
  });

  test('of which no byte is there yet is begun all the same', async () => {
    await using one = await served();
    one.pair.peer.write(GET);
    const request = await one.next();
    void request.respond({ status: 200, fields: [] }, 3);
    assert.equal(await one.pair.received((got) => got !== ''), 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n');
    void request.write(Buffer.from('ab'));
    assert.throws(() => request.end(), RangeError);
    assert.throws(() => request.write(Buffer.from('cd')), RangeError);
    request.abort();
    assert.equal(await one.pair.received(), 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab');
  });

  test('says that the connection ends where it was told to take no more', async () => {
    await using one = await served();
    one.pair.peer.write(GET);
    const request = await one.next();
    one.server.retire();
    answer(request, 'x');
    assert.equal(await one.server.next(), undefined);
    assert.match(await one.pair.received((got) => got.endsWith('x')), /connection: close/);
    await using idle = await served();
    const none = idle.server.next();
    idle.server.retire();
    assert.equal(await none, undefined);
  });
});

describe('a connection of HTTP/1.1', () => {
  test('is taken over by a CONNECT and by a WebSocket, with what came ahead', async () => {
    await using tunnel = await served();
    tunnel.pair.peer.write('CONNECT b.test:443 HTTP/1.1\r\nHost: b.test:443\r\n\r\nhello');
    const connect = await tunnel.next();
    assert.deepEqual([connect.head.authority, connect.head.target], ['b.test:443', '']);
    const stream = connect.accept({ status: 200, fields: [] });
    assert.equal((await stream.read())?.toString(), 'hello');
    void stream.write(Buffer.from('back'));
    assert.equal(await tunnel.pair.received((got) => got.endsWith('back')), 'HTTP/1.1 200 OK\r\n\r\nback');
    assert.equal(await tunnel.server.next(), undefined);

    await using socket = await served();
    socket.pair.peer.write(
      'GET /chat HTTP/1.1\r\nHost: a.test\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const upgrade = await socket.next();
    assert.equal(upgrade.head.upgrade, 'websocket');
    assert.deepEqual(upgrade.head.fields, [['sec-websocket-version', '13']]);
    upgrade.accept({ status: 200, fields: [['sec-websocket-protocol', 'x']] });
    // The key and its answer are those of RFC 6455, 1.3.
    assert.equal(
      await socket.pair.received((got) => got.endsWith('\r\n\r\n')),
      'HTTP/1.1 101 Switching Protocols\r\nsec-websocket-protocol: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n' +
        'sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
  });

  test('is taken over by SPDY, whatever the method, where somebody takes that up', async () => {
    await using one = await served();
    one.pair.peer.write(
      'POST /exec HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\n' +
        'X-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\nmore',
    );
    const upgrade = await one.next();
    assert.equal(upgrade.head.upgrade, 'spdy/3.1');
    assert.deepEqual(upgrade.head.fields, [['x-stream-protocol-version', 'v4.channel.k8s.io']]);
    const stream = upgrade.accept({ status: 101, fields: [['x-stream-protocol-version', 'v4.channel.k8s.io']] });
    assert.equal(
      await one.pair.received((got) => got.endsWith('\r\n\r\n')),
      'HTTP/1.1 101 Switching Protocols\r\nx-stream-protocol-version: v4.channel.k8s.io\r\nconnection: Upgrade\r\n' +
        'upgrade: SPDY/3.1\r\n\r\n',
    );
    assert.equal((await stream.read())?.toString(), 'more');
  });

  test('on which a head does not come in time is told so, however often a byte of it comes', async () => {
    await using one = await served({ httpHeadMs: 50 });
    const dripping = setInterval(() => one.pair.peer.write('a'), 5);
    try {
      await assert.rejects(one.server.next(), { name: 'MalformedHttp', status: 408 });
      assert.match(await one.pair.received(), /^HTTP\/1.1 408 Request Timeout\r\n/);
    } finally {
      clearInterval(dripping);
    }
  });

  test('on which nothing comes, or a body stops, ends', async () => {
    await using idle = await served({ httpIdleMs: 20 });
    assert.equal(await idle.server.next(), undefined);
    await using stopped = await served({ httpBodyIdleMs: 20 });
    stopped.pair.peer.write('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nabc');
    await assert.rejects(bodyOf(await stopped.next()), PeerLeft);
  });

  test('refuses a head, fields, a target and trailers that are too long, and takes those at the bound', async () => {
    const limits = {
      maxHttpHeadBytes: 200,
      maxHttpFields: 4,
      maxHttpTargetBytes: 20,
      maxHttpTrailerBytes: 20,
      httpDrainMs: 1,
    };
    const head = (fields: string, target = '/') => `GET ${target} HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`;
    const taken = [head('A: b\r\n'.repeat(3)), head('', `/${'a'.repeat(19)}`), head(`A: ${'b'.repeat(167)}\r\n`)];
    for (const bytes of taken) {
      await using one = await served(limits);
      one.pair.peer.write(bytes);
      await one.next();
    }
    const refused = [
      [head('A: b\r\n'.repeat(4)), 431],
      [head('', `/${'a'.repeat(20)}`), 414],
      [head(`A: ${'b'.repeat(168)}\r\n`), 431],
      ['a'.repeat(201), 431],
    ] as const;
    for (const [bytes, status] of refused) {
      await using one = await served(limits);
      one.pair.peer.write(bytes);
      await assert.rejects(one.server.next(), { status });
      assert.match(await one.pair.received((got) => got.includes('\r\n\r\n')), new RegExp(`^HTTP/1.1 ${status} `));
    }
    const trailers = (length: number) =>
      `POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\na: ${'b'.repeat(length)}\r\n\r\n`;
    await using fits = await served(limits);
    fits.pair.peer.write(trailers(15));
    assert.equal(await bodyOf(await fits.next()), '');
    await using long = await served(limits);
    long.pair.peer.write(trailers(18));
    await assert.rejects(bodyOf(await long.next()), { status: 431 });
  });
});
