import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { H2_DROPPED, H2_GOOD, H2_REFUSED, type H2Case } from '../../../../test/corpus/http/h2-requests.ts';
import {
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  framesOf,
  headerBlock,
  opening,
} from '../../../../test/support/h2-frames.ts';
import { type StreamPair, streamPair } from '../../../../test/support/stream-pair.ts';
import { LIMITS } from '../../../model/limits.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { MalformedHttp } from '../message.ts';
import { openServerConnection } from '../open-server-connection.ts';
import { H2ServerConnection } from './server-connection.ts';

interface Served extends AsyncDisposable {
  readonly pair: StreamPair;
  readonly server: H2ServerConnection;
}

async function served(options: { readonly concurrency?: number; readonly httpIdleMs?: number } = {}): Promise<Served> {
  const pair = await streamPair();
  const { concurrency = 4, httpIdleMs = LIMITS.httpIdleMs } = options;
  pair.peer.write(opening());
  const server = new H2ServerConnection(pair.stream, { limits: { ...LIMITS, httpIdleMs }, concurrency });
  return {
    pair,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await pair[Symbol.asyncDispose]();
    },
  };
}

function framesFor({ fields, data, trailers }: Omit<H2Case, 'name'>, stream = 1): Buffer {
  const ends = data === undefined;
  const frames = [frame(FRAME.headers, END_HEADERS + (ends ? END_STREAM : 0), stream, headerBlock(fields))];
  if (data !== undefined)
    frames.push(frame(FRAME.data, trailers === undefined ? END_STREAM : 0, stream, Buffer.from(data)));
  if (trailers !== undefined)
    frames.push(frame(FRAME.headers, END_HEADERS + END_STREAM, stream, headerBlock(trailers)));
  return Buffer.concat(frames);
}

describe('a request of HTTP/2', () => {
  for (const one of H2_REFUSED) {
    test(`with ${one.name} never comes through whole`, async () => {
      await using it = await served();
      it.pair.peer.write(framesFor(one));
      const reading = (async () => {
        const request = await it.server.next();
        while (request !== undefined && (await request.body.read()) !== null);
        return request;
      })();
      // Whichever comes first: what was thrown, or the end of the connection that nothing came of.
      const refused = reading.then(
        (request) => request === undefined,
        (fault: unknown) => fault instanceof MalformedHttp || fault instanceof PeerLeft,
      );
      await it.pair.received((text) => framesOf(text).some(isRefusal) || text === '');
      it.pair.peer.end();
      assert.equal(await refused, true);
    });
  }

  for (const one of H2_DROPPED) {
    test(`with ${one.name} comes without it`, async () => {
      await using it = await served();
      it.pair.peer.write(framesFor(one));
      const request = (await it.server.next()) ?? assert.fail('no request came');
      assert.deepEqual(request.head.fields, []);
    });
  }

  test('has one form, whichever fields said it', async () => {
    await using it = await served();
    it.pair.peer.write(
      framesFor({
        fields: [
          ...H2_GOOD,
          ['te', 'trailers'],
          ['cookie', 'a=b'],
          ['host', 'A.test'],
          ['cookie', 'c=d'],
          ['content-length', '5'],
        ],
        data: 'hello',
        trailers: [['x-t', 't']],
      }),
    );
    const request = (await it.server.next()) ?? assert.fail('no request came');
    assert.deepEqual(request.head, {
      version: '2',
      method: 'POST',
      authority: 'a.test',
      target: '/',
      absolute: false,
      fields: [
        ['x-a', 'b'],
        ['cookie', 'a=b; c=d'],
      ],
    });
    assert.equal(request.body.length, 5);
    assert.equal((await request.body.read())?.toString(), 'hello');
    assert.equal(await request.body.read(), null);
    assert.deepEqual(request.body.trailers, [['x-t', 't']]);
  });

  test('over what a client may have under way is refused by itself', async () => {
    await using it = await served({ concurrency: 2 });
    // A client that has taken the settings has to keep to them; before, what is too much is refused and may be sent again.
    it.pair.peer.write(Buffer.concat([1, 3, 5].map((stream) => framesFor({ fields: H2_GOOD }, stream))));
    const refused = await it.pair.received((text) => framesOf(text).some(({ type }) => type === FRAME.reset));
    assert.deepEqual(
      framesOf(refused).flatMap(({ type, stream, payload }) =>
        type === FRAME.reset ? [[stream, payload.readUInt32BE(0)]] : [],
      ),
      [[5, 7]],
    );
    assert.ok((await it.server.next()) && (await it.server.next()));
  });
});

describe('a connection of HTTP/2', () => {
  for (const [name, bytes] of [
    [
      'resets',
      () =>
        Array.from({ length: 2_000 }, (_, i) => [
          framesFor({ fields: H2_GOOD }, 2 * i + 1),
          frame(FRAME.reset, 0, 2 * i + 1, Buffer.from([0, 0, 0, 8])),
        ]).flat(),
    ],
    ['PINGs', () => Array.from({ length: 2_000 }, () => frame(FRAME.ping, 0, 0, Buffer.alloc(8)))],
    ['SETTINGS', () => Array.from({ length: 2_000 }, () => frame(FRAME.settings, 0, 0))],
    [
      'CONTINUATIONs',
      () => [
        frame(FRAME.headers, 0, 1, headerBlock(H2_GOOD)),
        ...Array.from({ length: 2_000 }, (_, i) => frame(FRAME.continuation, 0, 1, headerBlock([[`x-${i}`, 'y']]))),
      ],
    ],
    [
      'fields',
      () => [
        frame(
          FRAME.headers,
          END_HEADERS + END_STREAM,
          1,
          headerBlock([...H2_GOOD, ...Array.from({ length: 400 }, (_, i) => [`x-${i}`, 'y'] as const)]),
        ),
      ],
    ],
    [
      'bytes of a field',
      () => [
        frame(FRAME.headers, 0, 1, headerBlock(H2_GOOD)),
        ...Array.from({ length: 8 }, (_, i) =>
          frame(FRAME.continuation, i === 7 ? END_HEADERS : 0, 1, headerBlock([[`x-${i}`, 'y'.repeat(15_000)]])),
        ),
      ],
    ],
  ] as const) {
    test(`does not bear a flood of ${name}`, async () => {
      await using it = await served();
      it.pair.peer.write(Buffer.concat(bytes()));
      const came = (async () => {
        let requests = 0;
        // Those that were taken back before they were asked for do not count.
        while ((await it.server.next()) !== undefined) requests++;
        return requests;
      })().catch(() => 0);
      await it.pair.received((text) =>
        framesOf(text).some(({ type }) => type === FRAME.goaway || type === FRAME.reset),
      );
      it.pair.peer.end();
      // The bound is 200; the one that passes it was seen as well.
      assert.ok((await came) <= 201);
    });
  }

  test('that breaks off behind what is refused ends, and nothing else', async () => {
    await using pair = await streamPair();
    const fields = [
      [':method', 'GET'],
      [':scheme', 'file'],
      [':authority', 'a.test'],
      [':path', '/'],
    ] as const;
    // What was read to find the preface is taken in whole before any of it is told: the stream is gone by then.
    pair.peer.write(Buffer.concat([opening(), framesFor({ fields }), frame(FRAME.data, 0, 0, Buffer.from('x'))]));
    await using server = await openServerConnection(pair.stream, { limits: LIMITS, concurrency: 4 });
    assert.equal(await server.next(), undefined);
  });

  test('on which nothing is asked ends', async () => {
    await using it = await served({ httpIdleMs: 20 });
    assert.equal(await it.server.next(), undefined);
  });

  test('that is to take no more says so, and answers what is under way', async () => {
    await using it = await served();
    it.pair.peer.write(framesFor({ fields: H2_GOOD }));
    const request = (await it.server.next()) ?? assert.fail('no request came');
    it.server.retire();
    void request.respond({ status: 200, fields: [] }, 2);
    void request.write(Buffer.from('ok'));
    void request.end();
    assert.equal(await it.server.next(), undefined);
    const types = new Set(framesOf(await it.pair.received()).map(({ type }) => type));
    assert.ok(types.has(FRAME.goaway) && types.has(FRAME.headers) && types.has(FRAME.data));
  });

  test('whose client takes a request back tells so, and goes on', async () => {
    await using it = await served();
    it.pair.peer.write(framesFor({ fields: H2_GOOD }));
    const request = (await it.server.next()) ?? assert.fail('no request came');
    const gone = new Promise((resolve) => request.signal.addEventListener('abort', resolve));
    it.pair.peer.write(frame(FRAME.reset, 0, 1, Buffer.from([0, 0, 0, 8])));
    await gone;
    assert.ok(request.signal.reason instanceof PeerLeft);
    it.pair.peer.write(framesFor({ fields: H2_GOOD }, 3));
    assert.ok(await it.server.next());
  });
});

function isRefusal({ type }: { readonly type: number }): boolean {
  return type === FRAME.reset || type === FRAME.goaway;
}
