import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { LIMITS } from '../../src/model/limits.ts';
import { dialHttp, type HttpDialled } from '../../src/protocols/http/dial-http.ts';
import type {
  ClientConnection,
  IncomingRequest,
  OutgoingRequest,
  ServerConnection,
} from '../../src/protocols/http/message.ts';
import { openServerConnection } from '../../src/protocols/http/open-server-connection.ts';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { PeerLeft } from '../../src/wire/peer-left.ts';
import type { IssuedCertificate } from './certificates.ts';
import { streamOver } from './stream-pair.ts';

export interface HttpRelay extends AsyncDisposable {
  readonly port: number;
  /** What ended requests or connections otherwise than by their end. */
  readonly faults: unknown[];
  /** Dials of the target so far. */
  readonly dials: number;
}

export interface HttpRelayOptions {
  readonly target: HttpDialled;
  /** Makes it a server of TLS that offers both versions. */
  readonly certificate?: IssuedCertificate;
  readonly concurrency?: number;
}

/** The two sides of HTTP's wires with nothing in between: what a client sends goes to the target, and back. */
export async function startHttpRelay({ target, certificate, concurrency = 8 }: HttpRelayOptions): Promise<HttpRelay> {
  const context = certificate && createSecureContext({ cert: certificate.certificate, key: certificate.key });
  const faults: unknown[] = [];
  const streams = new Set<ByteStream>();
  let dials = 0;
  const dial = (): Promise<ClientConnection> => {
    dials++;
    return dialHttp(target, undefined, AbortSignal.timeout(10_000));
  };
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket: Socket) => {
    const stream = streamOver(socket, false);
    streams.add(stream);
    void serve(stream).catch((fault: unknown) => {
      if (!(fault instanceof PeerLeft)) faults.push(fault);
      return stream.end();
    });
  });
  const serve = async (stream: ByteStream): Promise<void> => {
    if (context !== undefined) await stream.startTls(context, { alpn: ['h2', 'http/1.1'], requireAlpn: false });
    const connection = await openServerConnection(stream, { limits: LIMITS, concurrency });
    await relay(connection, target.tls.mode === 'disable' ? 'http' : 'https', dial, faults);
    await stream.end();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    faults,
    get dials() {
      return dials;
    },
    async [Symbol.asyncDispose]() {
      for (const stream of streams) stream.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function relay(
  connection: ServerConnection,
  scheme: 'http' | 'https',
  dial: () => Promise<ClientConnection>,
  faults: unknown[],
): Promise<void> {
  const idle: ClientConnection[] = [];
  const working = new Set<Promise<void>>();
  try {
    for (let request = await connection.next(); request !== undefined; request = await connection.next()) {
      const work = answer(request, scheme, dial, idle).catch((fault: unknown) => {
        request.abort();
        faults.push(fault);
      });
      working.add(work);
      void work.then(() => working.delete(work));
      if (connection.concurrency === 1) await work;
    }
    await Promise.all(working);
  } finally {
    for (const client of idle) await client[Symbol.asyncDispose]();
  }
}

async function answer(
  request: IncomingRequest,
  scheme: 'http' | 'https',
  dial: () => Promise<ClientConnection>,
  idle: ClientConnection[],
): Promise<void> {
  let client = idle.pop();
  if (client === undefined || !client.reusable) client = await dial();
  const reply = await client.send(outgoing(request, scheme), request.signal);
  if (reply.upgraded !== undefined) return tunnel(request.accept(reply.head), reply.upgraded);
  const told = request.respond(reply.head, reply.body.length);
  if (told !== undefined) await told;
  for (let bytes = await reply.body.read(); bytes !== null; bytes = await reply.body.read()) {
    const slow = request.write(bytes);
    if (slow !== undefined) await slow;
  }
  if (client.reusable) idle.push(client);
  else await client[Symbol.asyncDispose]();
  const last = request.end(reply.body.trailers);
  if (last !== undefined) await last;
}

function outgoing({ head, body }: IncomingRequest, scheme: 'http' | 'https'): OutgoingRequest {
  const { method, authority, target, upgrade, fields } = head;
  const plain = { method, scheme, authority, target, fields, length: body.length, ...(upgrade && { upgrade }) };
  if (body.length === 'none') return plain;
  return { ...plain, body: piecesOf(body), trailers: () => body.trailers };
}

async function* piecesOf(body: IncomingRequest['body']): AsyncGenerator<Buffer> {
  for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) yield bytes;
}

async function tunnel(client: ByteStream, server: ByteStream): Promise<void> {
  await Promise.all([pump(client, server), pump(server, client)]);
}

async function pump(from: ByteStream, to: ByteStream): Promise<void> {
  try {
    for (let bytes = await from.read(); bytes !== null; bytes = await from.read()) {
      const slow = to.write(bytes);
      if (slow !== undefined) await slow;
    }
    await to.end();
  } catch (fault) {
    to.destroy();
    if (!(fault instanceof PeerLeft)) throw fault;
  }
}
