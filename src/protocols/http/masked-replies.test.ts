import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { PERMIT_ALL, type TestGateway } from '../../../test/support/gateway.ts';
import { httpTarget, startHttpGateway } from '../../../test/support/http-gateway.ts';
import { recorded } from '../../../test/support/recorded.ts';
import type { ClassifiedColumn } from '../../model/target.ts';
import type { Policy } from '../../policy/policy.ts';

const CANARY = 'canary@example.com';
const CARD = '4111111111111111';
const PEOPLE = JSON.stringify({ people: [{ name: 'Ada', email: CANARY, card: Number(CARD), ok: true }] });
const MASKED = '{"people":[{"name":"Ada","email":"[redacted]","card":0,"ok":true}]}';
const DETECTORS: Policy = { ...PERMIT_ALL, mask: ['email', 'card'] };
const CLASSES: Policy = { ...PERMIT_ALL, mask: ['person'] };

const classified = (table: string, column: string, more: Partial<ClassifiedColumn> = {}): ClassifiedColumn => ({
  schema: '',
  table,
  column,
  class: 'person',
  place: 'body',
  ...more,
});

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('what is masked of replies', () => {
  const suite = {} as { server: Awaited<ReturnType<typeof startServer>>; gateway: TestGateway; authorization: string };

  before(async () => {
    suite.server = await startServer();
    const fields = [
      classified('GET /people/**', 'people[].name'),
      classified('/people', 'X-Customer', { place: 'header' }),
      classified('/people', 'uid', { place: 'cookie', mask: 'hash' }),
    ];
    const http = { basePath: '', hosts: [], version: 'auto', cookies: true } as const;
    const target = httpTarget(suite.server, { classified: fields, http });
    suite.gateway = await startHttpGateway({ targets: [target], policies: [DETECTORS] });
    const { user, password } = await suite.gateway.grant();
    suite.authorization = `Bearer ${user}.${password}`;
  });
  after(async () => {
    await suite.gateway?.[Symbol.asyncDispose]();
    await suite.server?.[Symbol.asyncDispose]();
  });

  /** What comes of a reply with this head and these pieces of a body. */
  function get(
    headers: Readonly<Record<string, string | readonly string[]>>,
    pieces: readonly (string | Buffer)[],
    { path = '/x', status = 200, method = 'GET' } = {},
  ): Promise<Reply> {
    suite.server.answer((_, reply) => {
      reply.writeHead(status, headers as Record<string, string>);
      for (const piece of pieces) reply.write(piece);
      reply.end();
    });
    return ask(suite.gateway, { path, method, authorization: suite.authorization });
  }

  test('is in JSON by its own name, as text, as bytes, as a picture, and with a mark before it', async () => {
    suite.gateway.setPolicies([DETECTORS]);
    for (const type of [
      'application/json',
      'application/problem+json; charset=utf-8',
      'text/plain',
      'text/html; charset=iso-8859-1',
      'application/octet-stream',
      'image/png',
      '',
    ]) {
      const { body, headers } = await get(type === '' ? {} : { 'content-type': type }, [PEOPLE]);
      assert.equal(body, MASKED, type);
      assert.equal(headers['content-length'], String(MASKED.length));
    }
    const marked = await get({ 'content-type': 'application/json' }, [`\uFEFF ${PEOPLE}`]);
    assert.equal(marked.body, `\uFEFF ${MASKED}`);
    const html = await get({ 'content-type': 'application/json' }, [`<p>${CANARY}</p>`]);
    assert.equal(html.body, '<p>[redacted]</p>');
    const lines = await get({ 'content-type': 'application/x-ndjson' }, [`{"a":"${CANARY}"}\n{"b":${CARD}}\n`]);
    assert.equal(lines.body, '{"a":"[redacted]"}\n{"b":0}\n');
  });

  test('is found in every content coding, which goes, with what was true of the bytes as they were', async () => {
    suite.gateway.setPolicies([DETECTORS]);
    const pack = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync };
    for (const [coding, compress] of Object.entries(pack)) {
      const bytes = compress(PEOPLE);
      const half = bytes.length >> 1;
      const head = {
        'content-type': 'application/json',
        'content-encoding': coding,
        'content-digest': 'sha-256=:x:',
        'content-md5': 'x',
        'accept-ranges': 'bytes',
        etag: '"1"',
      };
      const { body, headers } = await get(head, [bytes.subarray(0, half), bytes.subarray(half)]);
      assert.equal(body, MASKED, coding);
      const kept = ['content-encoding', 'content-digest', 'content-md5', 'accept-ranges', 'etag'];
      assert.deepEqual(
        kept.filter((name) => name in headers),
        ['etag'],
        coding,
      );
    }
    const twice = { 'content-type': 'text/plain', 'content-encoding': 'br, gzip' };
    assert.equal((await get(twice, [gzipSync(brotliCompressSync(CANARY))])).body, '[redacted]');
  });

  test('is found in other character sets, said or not, and refused where none is known', async () => {
    suite.gateway.setPolicies([DETECTORS]);
    const json = 'application/json';
    const little = Buffer.from(PEOPLE, 'utf16le');
    const big = Buffer.from(little).swap16();
    for (const [type, bytes] of [
      [`${json}; charset=utf-16le`, little],
      [json, little],
      [json, big],
      ['text/plain', Buffer.concat([Buffer.from([0xff, 0xfe]), little])],
      ['image/png', Buffer.concat([Buffer.from([0xfe, 0xff]), big])],
      ['text/plain; charset="Shift_JIS"', Buffer.from(PEOPLE)],
    ] as const) {
      const { body, headers } = await get({ 'content-type': type }, [bytes.subarray(0, 5), bytes.subarray(5)]);
      assert.equal(body.replace('\uFEFF', ''), MASKED, type);
      if (type.includes('charset')) assert.match(String(headers['content-type']), /; charset=utf-8$/);
    }
    for (const type of ['text/plain; charset=utf-7', `${json}; charset=utf-16le`, 'text/plain; charset=utf-16']) {
      assert.equal((await get({ 'content-type': type }, [PEOPLE])).status, 502, type);
    }
    const wide = Buffer.from(Array.from(PEOPLE, (one) => [one.charCodeAt(0), 0, 0, 0]).flat());
    assert.equal((await get({ 'content-type': json }, [wide])).body.includes('canary'), false);
  });

  test('is found in events and in parts, each by its own type, and nothing else of them changes', async () => {
    suite.gateway.setPolicies([DETECTORS]);
    const events = `: hi\nevent: a\r\ndata: {"a":\r\ndata: ${CARD}}\r\n\r\ndata: to ${CANARY}\nid: 1\n\ndata: [DONE]\n\n`;
    const seen = await get({ 'content-type': 'text/event-stream' }, Array.from(events));
    assert.equal(
      seen.body,
      ': hi\nevent: a\r\ndata: {"a":\ndata: 0}\n\r\ndata: to [redacted]\nid: 1\n\ndata: [DONE]\n\n',
    );
    const part = (type: string, body: string) => `--b c\r\nContent-Type: ${type}\r\nX: ${CANARY}\r\n\r\n${body}\r\n`;
    const parts = `${part('application/json', `{"a":${CARD}}`)}${part('text/plain', CANARY)}--b c\r\n\r\n${CANARY}\r\n--b c--\r\n`;
    const type = { 'content-type': 'multipart/mixed; boundary="b c"' };
    const expected = parts.replaceAll(CANARY, '[redacted]').replace(CARD, '0');
    assert.equal((await get(type, [parts])).body, expected);
    assert.equal((await get(type, Array.from(parts))).body, expected);
    const encoded = `--b c\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(CANARY).toString('base64')}\r\n--b c--`;
    assert.equal((await get(type, [encoded])).status, 502);
  });

  test('is found where it lies over the end of a piece, in a reply that takes its time', async () => {
    suite.gateway.setPolicies([DETECTORS]);
    suite.server.answer((_, reply) => {
      reply.writeHead(200, { 'content-type': 'application/json' });
      let at = 0;
      const next = (): void => {
        if (at >= PEOPLE.length) reply.end();
        else reply.write(PEOPLE.slice(at, (at += 7)), () => setImmediate(next));
      };
      next();
    });
    const { body } = await ask(suite.gateway, { path: '/x', authorization: suite.authorization });
    assert.equal(body, MASKED);
  });

  test('is masked on record as well', async () => {
    suite.gateway.setPolicies([DETECTORS]);
    await get({ 'content-type': 'application/json' }, [PEOPLE]);
    const bodies = (await recorded(suite.gateway)).map(({ body }) => body.toString('latin1')).join('');
    assert.equal(bodies.includes(CANARY), false);
    assert.ok(bodies.includes(MASKED));
  });

  test('by class are fields under a path, headers and cookies, and no other path', async () => {
    suite.gateway.setPolicies([CLASSES]);
    const head = {
      'content-type': 'application/json',
      'x-customer': 'Ada',
      'set-cookie': ['uid=Ada; Path=/', 'theme=dark'],
    };
    const { body, headers } = await get(head, [PEOPLE], { path: '/people' });
    assert.equal(body, PEOPLE.replace('"Ada"', '"[redacted]"'));
    assert.equal(headers['x-customer'], '[redacted]');
    assert.match(String(headers['set-cookie']), /^uid=hash:[a-p]{16}; Path=\/,theme=dark$/);
    const other = await get(head, [PEOPLE], { path: '/people', method: 'POST' });
    assert.equal(other.body, PEOPLE);
    assert.equal(other.headers['x-customer'], '[redacted]');
    assert.equal((await get({ 'content-type': 'text/csv' }, ['name,b\nAda,1\n'], { path: '/people' })).status, 502);
    const csv = await get({ 'content-type': 'text/csv' }, ['people.name,b\nAda,1\n'], { path: '/People/7/' });
    assert.equal(csv.body, 'people.name,b\n[redacted],1\n');
  });

  test('by class does not pass in what cannot be taken apart, and the next reply does', async () => {
    suite.gateway.setPolicies([CLASSES]);
    const path = '/people/all';
    for (const [type, body] of [
      ['text/html', '<p>Ada</p>'],
      ['application/json', '<p>Ada</p>'],
      ['application/json', "{'people':[{'name':'Ada'}]}"],
      ['application/vnd.ms-excel', 'PK\u0003\u0004'],
      ['application/grpc', '\u0000\u0000\u0000\u0000\u0001x'],
      ['text/plain', 'Ada'],
    ] as const) {
      const refused = await get({ 'content-type': type }, [body], { path });
      assert.deepEqual([refused.status, refused.body.includes('Ada')], [502, false], `${type} ${body}`);
      assert.equal(refused.headers['chaperone-refusal'], 'mask-impossible');
    }
    const late = `{"people":[{"name":"${'x'.repeat(20)}"}],"n":[${'1,'.repeat(1_000_000)}1],,"name":"Ada"}`;
    await assert.rejects(get({ 'content-type': 'application/json' }, [late], { path }), /aborted|hang up/);
    assert.equal((await get({ 'content-type': 'application/json' }, [PEOPLE], { path })).status, 200);
    assert.equal((await get({ 'content-type': 'text/plain' }, [], { path })).status, 200);
  });

  test('leaves ranges, lengths of HEAD and replies without a body right', async () => {
    suite.gateway.setPolicies([DETECTORS]);
    const head = { 'content-type': 'application/json', 'content-length': String(PEOPLE.length) };
    const asked = await get(head, [], { method: 'HEAD' });
    assert.deepEqual([asked.status, asked.headers['content-length']], [200, undefined]);
    assert.equal((await get({}, [], { status: 204 })).status, 204);
    assert.equal((await get({ etag: '"1"' }, [], { status: 304 })).headers.etag, '"1"');
    const range = { ...head, 'content-range': `bytes 0-${PEOPLE.length - 1}/999` };
    assert.equal((await get(range, [PEOPLE], { status: 206 })).status, 502);
  });

  test('does not pass where it was compressed too far', async () => {
    suite.gateway.setPolicies([DETECTORS]);
    const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024, ' '));
    const head = { 'content-type': 'text/plain', 'content-encoding': 'gzip' };
    await assert.rejects(get(head, [bomb]).then(({ status }) => assert.equal(status, 200)));
  });
});

function ask(
  { port }: TestGateway,
  { path, authorization, method = 'GET' }: { path: string; authorization: string; method?: string },
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: `/t/api${path}`, method, headers: { authorization } });
    asked.once('error', reject);
    asked.once('response', (reply) => {
      const { statusCode: status = 0, headers } = reply;
      buffer(reply).then((bytes) => resolve({ status, headers, body: bytes.toString() }), reject);
    });
    asked.end();
  });
}

/** Answers as it was told to last. */
async function startServer() {
  let listener: RequestListener = (_, reply) => reply.end();
  const server = createServer((asked, reply) => {
    asked.resume();
    listener(asked, reply);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    answer: (next: RequestListener): void => {
      listener = next;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
