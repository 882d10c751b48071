/** A witness over HTTP (https://c2sp.org/tlog-witness): `add-checkpoint`, the newest checkpoints, and what it found wrong. */
import { isUtf8 } from 'node:buffer';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Limits } from '../model/limits.ts';
import { RateLimit } from '../wire/rate-limit.ts';
import { parseAddRequest } from './add-checkpoint.ts';
import type { Answer, WitnessBook } from './witness-book.ts';

export interface WitnessServerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly book: WitnessBook;
  /** Told to whoever asks. */
  readonly vkeys: readonly string[];
  readonly limits: Limits;
  readonly clock: () => number;
  readonly onFault: (fault: unknown) => void;
}

export interface WitnessServer extends AsyncDisposable {
  readonly port: number;
}

interface Reply {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Listens; disposing it lets requests that were begun end. */
export async function startWitness(options: WitnessServerOptions): Promise<WitnessServer> {
  const { limits } = options;
  const rate = new RateLimit({
    perSecond: limits.witnessRequestsPerSecond,
    burst: limits.witnessRequestBurst,
    maxAddresses: limits.witnessAddressesRemembered,
  });
  const server = createServer(
    { requestTimeout: limits.witnessRequestMs, maxHeaderSize: 8 * 1024 },
    (request, response) => {
      void reply(options, rate, request)
        .catch((cause: unknown): Reply => {
          options.onFault(cause);
          return { status: 500, body: 'the witness cannot answer now\n' };
        })
        .then((answer) => send(response, answer));
    },
  );
  server.maxConnections = limits.witnessConnections;
  server.headersTimeout = limits.witnessRequestMs;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => close(server),
  };
}

async function reply(options: WitnessServerOptions, rate: RateLimit, request: IncomingMessage): Promise<Reply> {
  const { book, clock } = options;
  const wait = rate.take(request.socket.remoteAddress ?? '', clock());
  if (wait > 0) return { status: 429, body: 'too many requests\n', headers: { 'retry-after': String(wait) } };
  const path = request.url?.split('?')[0] ?? '';
  if (path === '/add-checkpoint') {
    return request.method === 'POST' ? await addCheckpoint(options, request) : only('POST');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return only('GET');
  if (path === '/') return { status: 200, body: about(options) };
  if (path === '/misbehaviour') {
    return { status: 200, type: 'application/json', body: `${JSON.stringify({ misbehaviour: book.misbehaviour })}\n` };
  }
  const [, originHash] = /^\/([0-9a-f]{64})\/checkpoint$/u.exec(path) ?? [];
  const known = originHash === undefined ? undefined : book.byHash(originHash);
  if (known === undefined) return { status: 404, body: 'there is nothing here\n' };
  return { status: 200, body: known.note, headers: { 'cache-control': 'no-cache' } };
}

async function addCheckpoint({ book, limits }: WitnessServerOptions, request: IncomingMessage): Promise<Reply> {
  const body = await boundedBody(request, limits.witnessRequestBytes);
  if (body === undefined) return { status: 413, body: `a request has at most ${limits.witnessRequestBytes} bytes\n` };
  // What is not UTF-8 is no note: read as one, it would be another text.
  const parsed = isUtf8(body) ? parseAddRequest(body.toString('utf8')) : undefined;
  return parsed === undefined
    ? { status: 400, body: 'this is no add-checkpoint request\n' }
    : answered(book.add(parsed));
}

function answered(answer: Answer): Reply {
  switch (answer.kind) {
    case 'cosigned':
      return { status: 200, body: answer.lines };
    case 'other-size':
      return { status: 409, type: 'text/x.tlog.size', body: `${answer.size}\n` };
    case 'inconsistent':
      return { status: 422, body: `${answer.why}\n` };
    case 'no':
      return { status: answer.status, body: `${answer.why}\n` };
    default:
      return answer satisfies never;
  }
}

function about({ vkeys, book }: WitnessServerOptions): string {
  const lines = ['A witness of transparency logs (https://c2sp.org/tlog-witness).', '', ...vkeys, '', ...book.origins];
  return `${lines.join('\n')}\n`;
}

function only(method: string): Reply {
  return { status: 405, body: 'not so\n', headers: { allow: method } };
}

/** Undefined where it is longer; the rest is not read. */
async function boundedBody(request: IncomingMessage, mostBytes: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > mostBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function send(response: ServerResponse, { status, type = 'text/plain; charset=utf-8', body, headers }: Reply): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    ...(status === 413 ? { connection: 'close' } : {}),
    ...headers,
  });
  response.end(body);
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  server.closeIdleConnections();
  await closed;
}
