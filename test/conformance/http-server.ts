/** The HTTP server of the conformance suite, a process of its own: Node's, which nothing of the gateway is made of. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer as createHttp2Server } from 'node:http2';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

interface Settings {
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Over TLS: who offers HTTP/2 gets it, and who offers nothing gets HTTP/1.1. */
  readonly version: '1.1' | '2';
  /** What the gateway and a direct client prove themselves with. */
  readonly user: string;
  readonly password: string;
  readonly canary: string;
}

let refuses = false;
let executed = '';
let settings: Settings;
/** Connections whose CONNECT proved who is there. */
const known = new WeakSet<Socket>();

process.on('message', (message: { readonly kind: string; readonly settings?: Settings; readonly refuse?: boolean }) => {
  if (message.kind === 'start' && message.settings) start(message.settings);
  if (message.kind === 'refuse') {
    refuses = message.refuse === true;
    process.send?.({ kind: 'refuse' });
  }
  if (message.kind === 'log') process.send?.({ kind: 'log', executed });
});
process.on('disconnect', () => process.exit());

function start(wanted: Settings): void {
  settings = wanted;
  const server = serverOf(settings);
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = 60_000;
  const inner = createServer(serve);
  inner.keepAliveTimeout = 60_000;
  server.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const proof = `Bearer ${settings.user}.${settings.password}`;
    if (request.headers['proxy-authorization'] !== proof) {
      socket.end('HTTP/1.1 407 No\r\n\r\n');
      return;
    }
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    known.add(socket);
    inner.emit('connection', socket);
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ kind: 'port', port: (server.address() as AddressInfo).port }));
}

function serverOf({ tls, version }: Settings) {
  if (tls === undefined) return createServer(serve);
  const { certificate: cert, key } = tls;
  if (version === '1.1') return createSecureServer({ cert, key }, serve);
  return createHttp2Server({ cert, key, allowHTTP1: true }, (request, response) => {
    // Its requests and replies are made after those of HTTP/1.1.
    serve(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  });
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('error', () => undefined);
  request.on('end', () => {
    const body = Buffer.concat(pieces).toString('latin1');
    response.setHeader('x-server', 'of the suite');
    executed += `${request.method} ${request.url} ${body}\n`;
    const isKnown = known.has(request.socket) || request.headers.authorization === `Bearer ${settings.password}`;
    if (refuses || !isKnown) response.writeHead(401, { 'www-authenticate': 'Bearer' }).end('who are you?');
    else void answer(request, response, body);
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://server');
  const answering = ANSWERS[url.pathname];
  if (request.method === 'PATCH') json(response, { patched: true });
  else if (answering === undefined) json(response, { method: request.method, path: url.pathname, body }, 404);
  else await answering(response, url, request);
}

type Answering = (response: ServerResponse, url: URL, request: IncomingMessage) => unknown;

const email = (): string => `${settings.canary}@planted.test`;

const ANSWERS: Readonly<Record<string, Answering>> = {
  '/login': (response) => response.writeHead(204).end(),
  '/permitted': (response) => text(response, 'permitted'),
  '/text': (response) => text(response, 'Grüße, in UTF-8'),
  '/json': (response) => json(response, { one: 1, nested: [{ two: 'zwei' }] }),
  '/chunked': async (response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    for (const piece of ['one', ' ', 'two\n']) await written(response, piece);
    response.end('three');
  },
  '/trailers': (response) => {
    response.writeHead(200, { trailer: 'x-sum', 'content-type': 'text/plain' });
    response.write('with a trailer');
    response.addTrailers({ 'x-sum': 'abc' });
    response.end();
  },
  '/none': (response) => response.writeHead(200, { 'content-length': '0' }).end(),
  '/unchanged': (response) => response.writeHead(304, { etag: '"1"' }).end(),
  '/error': (response) => json(response, { error: 'of its own' }, 500),
  '/moved': (response) => response.writeHead(302, { location: '/text' }).end(),
  '/cookies': (response) => response.writeHead(200, { 'set-cookie': ['a=1', 'b=2; Path=/'] }).end('two'),
  '/gzip': (response, _, { headers }) =>
    String(headers['accept-encoding']).includes('gzip')
      ? gzipped(response, 'text/plain', 'a text that was packed')
      : response.writeHead(200, { 'content-type': 'text/plain' }).end('a text that was packed'),
  '/range': (response, _, { headers: { range } }) =>
    range === undefined
      ? text(response, '0123456789')
      : response.writeHead(206, { 'content-range': 'bytes 2-4/10', 'content-type': 'text/plain' }).end('234'),
  '/sse': async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of ['one', 'two']) await written(response, `data: ${event}\n\n`);
    response.end();
  },
  '/large': async (response, url) => {
    const lines = Number(url.searchParams.get('lines'));
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': String(lines * 1_000) });
    const block = `${'x'.repeat(999)}\n`.repeat(1_000);
    for (let left = lines; left > 0 && !response.destroyed; left -= 1_000) {
      await written(response, left >= 1_000 ? block : block.slice(0, left * 1_000));
    }
    response.end();
  },
  '/hanging': (response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('some of it\n');
    setTimeout(() => response.end(), 30_000).unref();
  },
  '/canary/json': (response) => json(response, { id: 1, email: email(), deep: [{ to: `Ada <${email()}>` }] }),
  '/canary/key': (response) => json(response, { [email()]: true }),
  '/canary/problem': (response) =>
    response.writeHead(422, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ detail: email() })),
  '/canary/text': (response) => text(response, `a line\nwith ${email()} in it\n`),
  '/canary/chunked': async (response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    for (const piece of ['it is ', ...email().split(''), '.\n']) await written(response, piece);
    response.end();
  },
  '/canary/untyped': (response) => response.end(`it is ${email()}`),
  '/canary/csv': (response) => response.writeHead(200, { 'content-type': 'text/csv' }).end(`id,email\n1,${email()}\n`),
  '/canary/xml': (response) => response.writeHead(200, { 'content-type': 'application/xml' }).end(`<e>${email()}</e>`),
  '/canary/html': (response) => response.writeHead(500, { 'content-type': 'text/html' }).end(`<b>${email()}</b>`),
  '/canary/field': (response) => response.writeHead(200, { 'x-owner': email() }).end('in a field'),
  '/canary/cookie': (response) => response.writeHead(200, { 'set-cookie': `who=${email()}` }).end('in a cookie'),
  '/canary/redirect': (response) => response.writeHead(302, { location: `/users/${email()}` }).end(),
  '/canary/gzip': (response) => gzipped(response, 'application/json', JSON.stringify({ email: email() })),
  '/canary/sse': async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    await written(response, `data: ${email().slice(0, 9)}`);
    await written(response, `${email().slice(9)}\n\n`);
    response.end();
  },
  '/canary/trailer': (response) => {
    response.writeHead(200, { trailer: 'x-who', 'content-type': 'text/plain' });
    response.write('in a trailer');
    response.addTrailers({ 'x-who': email() });
    response.end();
  },
};

function text(response: ServerResponse, said: string): void {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(said);
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function gzipped(response: ServerResponse, type: string, said: string): void {
  response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' }).end(gzipSync(said));
}

/** Resolves once the kernel took it, or the connection is gone. */
function written(response: ServerResponse, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
    response.write(bytes, () => {
      response.off('close', resolve);
      resolve();
    });
  });
}
