/** What a real nginx serves reaches neither client nor record with what is masked in it, in whatever it is wrapped. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import zlib from 'node:zlib';
import { WebSocket, WebSocketServer } from 'ws';
import { searchStatements } from '../../src/audit/read/search-statements.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { PERMIT_ALL, type TestGateway } from '../support/gateway.ts';
import { httpTarget, startHttpGateway } from '../support/http-gateway.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { recorded } from '../support/recorded.ts';

/** Something for each detector that is asked for, and one that a class names. */
const CANARIES: Readonly<Record<string, string>> = {
  email: 'canary@example.com',
  card: '4111111111111111',
  iban: 'DE89370400440532013000',
  phone: '+12025550123',
  'us-ssn': '219-45-6017',
  jwt: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLW9mLWEtY2FuYXJ5LWhlcmU',
};
const OWNER = 'Ada-of-the-class';
const LEAKS = [...Object.values(CANARIES), OWNER];
const MASKED: Policy = { ...PERMIT_ALL, name: 'masked', mask: [...Object.keys(CANARIES), 'person'] };
const JSON_TEXT = JSON.stringify({ people: [{ ...CANARIES, owner: OWNER }], pages: 'word '.repeat(400) });
const TEXT = `${Object.values(CANARIES).join(' and ')}\n`;
/** Classes are of paths, detectors of all. */
const FOUND_TEXT = JSON.stringify({ people: [CANARIES] });
const EVENTS = `data: ${FOUND_TEXT}\n\nevent: x\ndata: ${TEXT}\n`;
const PARTS = `--b\r\ncontent-type: application/json\r\n\r\n${FOUND_TEXT}\r\n--b\r\n\r\n${TEXT}\r\n--b--\r\n`;
const CODINGS = {
  gzip: [zlib.gzipSync, zlib.gunzipSync],
  deflate: [zlib.deflateSync, zlib.inflateSync],
  br: [zlib.brotliCompressSync, zlib.brotliDecompressSync],
  zstd: [zlib.zstdCompressSync, zlib.zstdDecompressSync],
} as const;

const FILES: Readonly<Record<string, Buffer>> = {
  'people.json': Buffer.from(JSON_TEXT),
  'notes.txt': Buffer.from(TEXT),
  events: Buffer.from(EVENTS),
  parts: Buffer.from(PARTS),
  ...Object.fromEntries(Object.entries(CODINGS).map(([coding, [encode]]) => [coding, encode(JSON_TEXT)])),
};

/** The bare words of a `return`; `$` begins a variable of nginx's, and none of the canaries has one. */
const WORDS = `"${CANARIES['email']} ${CANARIES['card']}"`;

function directives(echo: number): string {
  const coded = Object.keys(CODINGS).map(
    (coding) =>
      `location = /${coding} { gzip off; types {} default_type application/json; add_header Content-Encoding ${coding}; }`,
  );
  return `
    gzip on; gzip_types application/json; gzip_min_length 1; gzip_http_version 1.1;
    types { application/json json; text/plain txt; }
    ${coded.join('\n    ')}
    location = /events { types {} default_type text/event-stream; }
    location = /parts { types {} default_type "multipart/mixed; boundary=b"; }
    location = /head { default_type application/json; add_header X-Owner ${OWNER}; add_header X-Note ${WORDS}; add_header Set-Cookie "s=${CANARIES['email']}; Path=/"; return 200 ${WORDS}; }
    location = /error { default_type text/plain; return 500 ${WORDS}; }
    location = /lost { error_page 404 /notes.txt; return 404; }
    location = /moved { return 302 "/people/${CANARIES['email']}?card=${CANARIES['card']}"; }
    location = /trailers { add_trailer X-Sum ${WORDS}; proxy_pass http://127.0.0.1:${echo}/chunked; }
    location = /socket { proxy_pass http://127.0.0.1:${echo}; proxy_http_version 1.1; proxy_set_header Upgrade websocket; proxy_set_header Connection Upgrade; }
    location = /push { http2_push /notes.txt; default_type text/plain; return 200 "pushed"; }`;
}

interface Got {
  readonly status: number | undefined;
  readonly head: string;
  /** As it came, without its coding. */
  readonly body: string;
  readonly coding: string | undefined;
}

describe('what nginx serves, masked', { concurrency: false }, () => {
  const suite = {} as {
    nginx: Nginx;
    gateway: TestGateway;
    authorization: string;
    echo: Awaited<ReturnType<typeof startEcho>>;
  };

  before(async () => {
    suite.echo = await startEcho();
    suite.nginx = await startNginx(FILES, directives(suite.echo.port));
    const owner = { schema: '', class: 'person' } as const;
    const classified = [
      { ...owner, table: '/**', column: 'X-Owner', place: 'header' },
      { ...owner, table: '/people.json', column: 'people[].owner', place: 'body' },
      ...Object.keys(CODINGS).map((name) => ({
        ...owner,
        table: `/${name}`,
        column: 'people[].owner',
        place: 'body' as const,
      })),
    ] as const;
    const at = (host: string, version: '1.1' | '2', name: string) =>
      httpTarget({ host, port: 0 }, { name, classified, http: { basePath: '', hosts: [], version, cookies: true } });
    const targets = [at(suite.nginx.http1, '1.1', 'one'), at(suite.nginx.http2, '2', 'two')];
    suite.gateway = await startHttpGateway({ targets, policies: [MASKED] });
    const { user, password } = await suite.gateway.grant();
    suite.authorization = `Bearer ${user}.${password}`;
  });
  after(async () => {
    await suite.gateway?.[Symbol.asyncDispose]();
    await suite.nginx?.[Symbol.asyncDispose]();
    await suite.echo?.[Symbol.asyncDispose]();
  });

  async function get(path: string, headers: object = {}, method = 'GET'): Promise<Got> {
    const { gateway, authorization } = suite;
    const asked = request({
      host: '127.0.0.1',
      port: gateway.port,
      path: `/t${path}`,
      method,
      headers: { authorization, ...headers },
    });
    asked.end();
    const [reply] = (await once(asked, 'response')) as [IncomingMessage];
    const bytes = await buffer(reply);
    const coding = reply.headers['content-encoding'];
    const decode = coding === undefined ? undefined : CODINGS[coding as keyof typeof CODINGS][1];
    const body = (decode?.(bytes) ?? bytes).toString('latin1');
    const told = [...reply.rawHeaders, ...reply.rawTrailers].join('\n');
    for (const leak of LEAKS) {
      assert.ok(!told.includes(leak), `${leak} in the fields of ${path}`);
      assert.ok(!body.includes(leak), `${leak} in the body of ${path}`);
    }
    return { status: reply.statusCode, head: told, body, coding };
  }

  for (const target of ['one', 'two']) {
    test(`of ${target} is masked in JSON, in every coding, and keeps it`, async () => {
      const plain = await get(`/${target}/people.json`);
      assert.match(plain.body, /"email":"\[redacted\]".*"owner":"\[redacted\]"/);
      // By nginx itself, which codes what it is asked to.
      const asked = await get(`/${target}/people.json`, { 'accept-encoding': 'gzip' });
      assert.deepEqual([asked.coding, asked.body], ['gzip', plain.body]);
      for (const coding of Object.keys(CODINGS)) {
        const coded = await get(`/${target}/${coding}`, { 'accept-encoding': coding });
        assert.deepEqual([coded.coding, coded.body], [coding, plain.body]);
        assert.equal((await get(`/${target}/${coding}`)).coding, undefined);
      }
    });

    test(`of ${target} is masked in text, events, parts, errors, fields, cookies, redirects and trailers`, async () => {
      assert.match((await get(`/${target}/notes.txt`)).body, /\[redacted\] and/);
      assert.match((await get(`/${target}/events`)).body, /^data: \{"people":\[\{"email":"\[redacted\]"/);
      assert.match((await get(`/${target}/parts`)).body, /--b--\r\n$/);
      assert.match((await get(`/${target}/error`)).body, /\[redacted\]/);
      assert.equal((await get(`/${target}/lost`)).status, 404);
      assert.match((await get(`/${target}/head`)).head, /X-Note\n.*\[redacted\]/i);
      assert.match((await get(`/${target}/head`, {}, 'HEAD')).head, /X-Owner/i);
      assert.match((await get(`/${target}/moved`)).head, /location\n.*\[redacted\]/i);
      const { head, status } = await get(`/${target}/trailers`, { te: 'trailers' });
      assert.equal(status, 200);
      assert.match(head, /X-Sum\n.*\[redacted\]/i);
    });

    test(`of ${target} is whole where a part is asked for, and unchanged where it is`, async () => {
      const whole = await get(`/${target}/notes.txt`);
      assert.match(whole.head, /etag/i);
      assert.doesNotMatch(whole.head, /accept-ranges|content-range/i);
      // A range would cut a value in two, of which no mask sees either.
      const part = await get(`/${target}/notes.txt`, { range: 'bytes=3-9', 'if-range': '"x"' });
      assert.deepEqual([part.status, part.body], [200, whole.body]);
      const [, tag = ''] = /etag\n([^\n]+)/i.exec(whole.head) ?? [];
      const unchanged = await get(`/${target}/notes.txt`, { 'if-none-match': tag });
      assert.deepEqual([unchanged.status, unchanged.body], [304, '']);
      const other = await get(`/${target}/notes.txt`, { 'if-none-match': '"other"' });
      assert.deepEqual([other.status, other.body], [200, whole.body]);
      assert.equal((await get(`/${target}/notes.txt`, { 'if-match': '"other"' })).status, 412);
    });
  }

  test('is masked in messages of a WebSocket', async () => {
    const { gateway, authorization } = suite;
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/t/one/socket`, { headers: { authorization } });
    const messages: string[] = [];
    socket.on('message', (data: Buffer) => messages.push(data.toString()));
    await once(socket, 'close');
    assert.equal(messages.length, 2);
    for (const leak of Object.values(CANARIES)) assert.ok(!messages.join().includes(leak), leak);
  });

  test('is not pushed', async () => {
    const { body } = await get('/two/push');
    assert.equal(body, 'pushed');
  });

  test('stands nowhere in the record, nor is it found by a search', async () => {
    const { gateway } = suite;
    const events = await recorded(gateway);
    assert.ok(events.length > 50);
    for (const { event, body } of events) {
      const texts = [JSON.stringify(event), body.toString('latin1')];
      for (const leak of LEAKS) assert.ok(!texts.join().includes(leak), `${leak} in a ${event.kind}`);
    }
    const files = await readdir(gateway.directory, { recursive: true, withFileTypes: true });
    for (const file of files.filter((one) => one.isFile())) {
      const bytes = await readFile(join(file.parentPath, file.name));
      for (const leak of LEAKS) assert.ok(!bytes.includes(leak), `${leak} in ${file.name}`);
    }
    for (const text of LEAKS) {
      for await (const found of searchStatements(join(gateway.directory, 'audit'), { text }))
        assert.fail(JSON.stringify(found));
    }
    assert.deepEqual(gateway.faults, []);
  });
});

/** Behind nginx: a WebSocket that says two messages, and a body in chunks. */
async function startEcho() {
  const server = createServer((_, reply) => {
    reply.writeHead(200, { 'content-type': 'text/plain' });
    reply.write('in ');
    reply.end('chunks');
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket) => {
    socket.send(FOUND_TEXT);
    socket.send(TEXT);
    socket.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
