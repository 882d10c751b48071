import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import zlib from 'node:zlib';
import { PERMIT_ALL, type TestGateway } from '../../../test/support/gateway.ts';
import { httpTarget, startHttpGateway } from '../../../test/support/http-gateway.ts';
import { recorded } from '../../../test/support/recorded.ts';

const CANARY = 'canary@example.com';
const ROW = `{"email":"${CANARY}","text":"${'word '.repeat(20)}"}`;
const PEOPLE = `[${Array.from({ length: 60 }, () => ROW).join()}]`;
const MASKED = PEOPLE.replaceAll(CANARY, '[redacted]');
/** More than goes out in one part. */
const MANY = `[${Array.from({ length: 3_000 }, () => ROW).join()}]`;

const CODINGS = {
  gzip: [zlib.gzipSync, zlib.gunzipSync],
  deflate: [zlib.deflateSync, zlib.inflateSync],
  br: [zlib.brotliCompressSync, zlib.brotliDecompressSync],
  zstd: [zlib.zstdCompressSync, zlib.zstdDecompressSync],
} as const;
const STREAMS: Readonly<Record<keyof typeof CODINGS, readonly [() => Transform, () => Transform]>> = {
  gzip: [zlib.createGzip, zlib.createGunzip],
  deflate: [zlib.createDeflate, zlib.createInflate],
  br: [zlib.createBrotliCompress, zlib.createBrotliDecompress],
  zstd: [zlib.createZstdCompress, zlib.createZstdDecompress],
};

describe('a masked reply', () => {
  const suite = {} as { server: Awaited<ReturnType<typeof startServer>>; gateway: TestGateway; authorization: string };
  before(async () => {
    suite.server = await startServer();
    const policies = [{ ...PERMIT_ALL, mask: ['email'] }];
    suite.gateway = await startHttpGateway({ targets: [httpTarget(suite.server)], policies });
    const { user, password } = await suite.gateway.grant();
    suite.authorization = `Bearer ${user}.${password}`;
  });
  after(async () => {
    await suite.gateway?.[Symbol.asyncDispose]();
    await suite.server?.[Symbol.asyncDispose]();
  });

  async function get(accepts: string | undefined, method = 'GET'): Promise<IncomingMessage> {
    const { gateway, authorization } = suite;
    const headers = { authorization, ...(accepts === undefined ? {} : { 'accept-encoding': accepts }) };
    const asked = request({ host: '127.0.0.1', port: gateway.port, path: '/t/api/x', method, headers, agent: false });
    asked.end();
    const [reply] = (await once(asked, 'response')) as [IncomingMessage];
    return reply;
  }

  for (const [coding, [encode, decode]] of Object.entries(CODINGS)) {
    test(`has the coding ${coding} again that its target put on`, async () => {
      suite.server.answer((asked, reply) => {
        assert.equal(asked.headers['accept-encoding'], `${coding};q=0.9`);
        const coded = encode(PEOPLE);
        const fields = { 'content-type': 'application/json', 'content-length': coded.length };
        reply.writeHead(200, { ...fields, 'content-encoding': coding });
        reply.end(coded);
      });
      const reply = await get(`identity;q=0.1, ${coding};q=0.9, unheard`);
      const body = await buffer(reply);
      assert.equal(reply.headers['content-encoding'], coding);
      assert.equal(decode(body).toString(), MASKED);
      // It came in one part.
      assert.equal(reply.headers['content-length'], String(body.length));
    });

    test(`of ${coding} that streams can be decoded up to what has come`, async () => {
      const [encoder, decoder] = STREAMS[coding as keyof typeof STREAMS];
      const more = Promise.withResolvers<void>();
      suite.server.answer((_asked, reply) => {
        reply.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': coding });
        const stream = encoder() as zlib.Gzip;
        stream.pipe(reply);
        stream.write(`data: ${CANARY} 1\n\n`);
        stream.flush();
        void more.promise.then(() => stream.end(`data: ${CANARY} 2\n\n`));
      });
      const events = (await get(coding)).pipe(decoder());
      assert.equal(String(((await once(events, 'data')) as [Buffer])[0]), 'data: [redacted] 1\n\n');
      more.resolve();
      assert.equal(String(await buffer(events)), 'data: [redacted] 2\n\n');
    });
  }

  test('of many parts is one coded body', async () => {
    suite.server.answer((_asked, reply) => {
      reply.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      reply.end(zlib.gzipSync(MANY));
    });
    const reply = await get('gzip');
    assert.equal(zlib.gunzipSync(await buffer(reply)).toString(), MANY.replaceAll(CANARY, '[redacted]'));
    assert.equal(reply.headers['content-length'], undefined);
  });

  const plain: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['its client takes none', undefined, 'gzip'],
    ['its client does not take it', 'br, gzip;q=0', 'gzip'],
    ['its target put none on', 'gzip, br', undefined],
  ];
  for (const [why, accepts, coding] of plain) {
    test(`has no coding where ${why}`, async () => {
      suite.server.answer((_asked, reply) => {
        const coded = coding === undefined ? {} : { 'content-encoding': coding };
        reply.writeHead(200, { 'content-type': 'application/json', ...coded });
        reply.end(coding === undefined ? PEOPLE : zlib.gzipSync(PEOPLE));
      });
      const reply = await get(accepts);
      assert.equal(reply.headers['content-encoding'], undefined);
      assert.equal(String(await buffer(reply)), MASKED);
    });
  }

  test('that a coding would make longer goes without, and one to HEAD has none', async () => {
    suite.server.answer((_asked, reply) => {
      const coded = zlib.gzipSync('ok');
      reply.writeHead(200, {
        'content-type': 'text/plain',
        'content-encoding': 'gzip',
        'content-length': coded.length,
      });
      reply.end(coded);
    });
    const reply = await get('gzip');
    assert.deepEqual([reply.headers['content-encoding'], reply.headers['content-length']], [undefined, '2']);
    assert.equal(String(await buffer(reply)), 'ok');
    const head = await get('gzip', 'HEAD');
    await buffer(head);
    assert.equal(head.headers['content-encoding'], undefined);
  });

  test('stands on record without its coding, and without what was masked', async () => {
    const replies = (await recorded(suite.gateway)).filter(({ event }) => event.kind === 'reply');
    for (const { body } of replies) assert.doesNotMatch(body.toString('latin1'), /content-encoding|canary/);
    assert.match(replies.map(({ body }) => body.toString('latin1')).join(), /"email":"\[redacted\]"/);
    assert.deepEqual(suite.gateway.faults, []);
  });
});

async function startServer() {
  let listener: RequestListener = (_, reply) => reply.end();
  const server = createServer((asked, reply) => listener(asked, reply));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    answer: (answer: RequestListener) => {
      listener = answer;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
