import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { Fault } from '../../../model/fault.ts';
import type { ByteStream } from '../../../wire/byte-stream.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { type ClientConnection, type IncomingReply, MalformedHttp, type OutgoingRequest } from '../message.ts';
import type { HttpWireLimits } from '../wire-limits.ts';
import { H2Call } from './client-call.ts';
import { destroySession } from './destroy-session.ts';
import { headerList } from './fields.ts';
import { guardControlFrames } from './flood-guard.ts';
import { sessionOptions } from './session-options.ts';

/** Takes over a connection whose server agreed to HTTP/2, or is known to speak it. Resolves once it has shown that. */
export async function openH2Client(
  stream: ByteStream,
  limits: HttpWireLimits,
  signal: AbortSignal,
): Promise<ClientConnection> {
  const session = connect(`http://${stream.peer}`, {
    ...sessionOptions(limits),
    createConnection: () => stream.toDuplex(),
  });
  // What breaks on this connection ends it, and `close` tells.
  session.on('error', () => undefined);
  const connection = new H2ClientConnection(session, stream, limits);
  try {
    await greeted(session, signal);
    return connection;
  } catch (fault) {
    await connection[Symbol.asyncDispose]();
    throw fault;
  }
}

/** RFC 9113, 3.4: a server begins with its SETTINGS. Throws a `Fault` of code `upstream-protocol` where it does not. */
function greeted(session: ClientHttp2Session, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    session.once('remoteSettings', () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    session.once('close', () => {
      signal.removeEventListener('abort', onAbort);
      reject(new Fault('upstream-protocol', 'the server does not speak HTTP/2'));
    });
  });
}

class H2ClientConnection implements ClientConnection {
  readonly version = '2';
  readonly #session: ClientHttp2Session;
  readonly #stream: ByteStream;
  readonly #limits: HttpWireLimits;
  #busy = false;
  #spent = false;

  constructor(session: ClientHttp2Session, stream: ByteStream, limits: HttpWireLimits) {
    this.#session = session;
    this.#stream = stream;
    this.#limits = limits;
    session.on('goaway', () => {
      this.#spent = true;
    });
    // A push is a reply to what nobody decided (RFC 9113, 8.4); it was switched off.
    session.on('stream', (pushed) => pushed.close(constants.NGHTTP2_REFUSED_STREAM));
    guardControlFrames(session);
  }

  get reusable(): boolean {
    return !this.#busy && !this.#spent && !this.#session.closed && !this.#session.destroyed;
  }

  async send(request: OutgoingRequest, signal: AbortSignal): Promise<IncomingReply> {
    if (this.#busy) throw new RangeError('a second request before the reply to the first');
    if (!this.reusable) throw new PeerLeft('the connection takes no more requests');
    signal.throwIfAborted();
    if (request.upgrade !== undefined && this.#session.remoteSettings.enableConnectProtocol !== true) {
      throw new MalformedHttp(502, 'no way to a WebSocket over HTTP/2 (RFC 8441), which the server does not offer');
    }
    this.#busy = true;
    const stream = this.#session.request(requestList(request), {
      endStream: request.length === 'none' && request.upgrade === undefined,
      waitForTrailers: request.trailers !== undefined && request.length === 'unknown',
    });
    const onReplied = (): void => {
      this.#busy = false;
    };
    return await new H2Call(stream, { request, limits: this.#limits, peer: this.#stream.peer, onReplied }).run(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#spent = true;
    await destroySession(this.#session);
    await this.#stream[Symbol.asyncDispose]();
  }
}

function requestList({ method, scheme, authority, target, upgrade, fields, length }: OutgoingRequest): string[] {
  const list = [':method', upgrade === undefined ? method : 'CONNECT', ':scheme', scheme, ':authority', authority];
  list.push(':path', target);
  if (upgrade !== undefined) list.push(':protocol', upgrade);
  list.push(...headerList(fields));
  if (typeof length === 'number') list.push('content-length', String(length));
  else if (length === 'none' && WITH_BODY.has(method)) list.push('content-length', '0');
  // RFC 9110, 10.1.4: the fields behind a body are passed on, which servers of gRPC insist on.
  if (upgrade === undefined) list.push('te', 'trailers');
  return list;
}

/** Methods of which a body is expected, so that its absence is said (RFC 9110, 8.6). */
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);
