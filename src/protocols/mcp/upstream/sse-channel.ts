import { Fault } from '../../../model/fault.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import type { ClientConnection, Fields, IncomingReply, OutgoingRequest } from '../../http/message.ts';
import type { Channel, ChannelListener, SendFields } from './channel.ts';
import { ChannelRefused } from './channel-refused.ts';
import { EventReader } from './event-stream.ts';

export interface SseParts {
  /** Opens a connection to the target. */
  readonly dial: (signal: AbortSignal) => Promise<ClientConnection>;
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  /** Of the stream. */
  readonly path: string;
  readonly limits: { readonly maxMcpMessageBytes: number; readonly upstreamConnectDeadlineMs: number };
}

/**
 * Opens the stream of a server of HTTP with SSE (2024-11-05), and resolves once it has said where messages are sent. Throws
 * a `Fault`, or `ChannelRefused`.
 */
export async function openSse(parts: SseParts, sent: SendFields, signal: AbortSignal): Promise<Channel> {
  const ending = new AbortController();
  const onAbort = (): void => ending.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const connection = await parts.dial(ending.signal);
  try {
    const request = asking(parts, 'GET', `${parts.path}${sent.query}`, [...kept(sent.fields), ACCEPT]);
    const reply = await connection.send(request, ending.signal);
    if (reply.head.status !== 200) throw new ChannelRefused(reply.head.status, reply.head.fields);
    const channel = new SseChannel(parts, connection, reply, ending);
    await channel.opened();
    return channel;
  } catch (cause) {
    await connection[Symbol.asyncDispose]();
    throw cause;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

class SseChannel implements Channel {
  readonly #parts: SseParts;
  readonly #stream: ClientConnection;
  readonly #ending: AbortController;
  readonly #endpoint = Promise.withResolvers<string>();
  readonly #idle: ClientConnection[] = [];
  readonly #early: string[] = [];
  #listener: ChannelListener | undefined;
  #resumed: PromiseWithResolvers<void> | undefined;
  #end: { readonly fault: Error | undefined } | undefined;

  constructor(parts: SseParts, stream: ClientConnection, reply: IncomingReply, ending: AbortController) {
    this.#parts = parts;
    this.#stream = stream;
    this.#ending = ending;
    this.#endpoint.promise.catch(() => {
      // Whoever opens it waits for it, and is told.
    });
    void this.#read(reply).then(
      () => this.#over(new Fault('upstream-closed', 'the MCP server ended its stream')),
      (cause: unknown) => this.#over(faultOf(cause)),
    );
  }

  async opened(): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Fault('deadline', 'the MCP server did not say where messages are sent')),
      this.#parts.limits.upstreamConnectDeadlineMs,
    );
    try {
      await Promise.race([this.#endpoint.promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  listen(listener: ChannelListener): void {
    this.#listener = listener;
    for (const message of this.#early.splice(0)) listener.onMessage(message);
    if (this.#end !== undefined) listener.onEnd(this.#end.fault);
  }

  async send(message: string, { fields, query }: SendFields): Promise<void> {
    const target = withQuery(await this.#endpoint.promise, query);
    const bytes = Buffer.from(message);
    const request: OutgoingRequest = {
      ...asking(this.#parts, 'POST', target, [...kept(fields), JSON_BODY]),
      length: bytes.length,
      body: once(bytes),
    };
    const connection = this.#takeIdle() ?? (await this.#parts.dial(this.#ending.signal));
    try {
      const { head, body } = await connection.send(request, this.#ending.signal);
      for (let read = 0, piece = await body.read(); piece !== null; piece = await body.read()) {
        read += piece.length;
        if (read > MOST_ANSWER_BYTES) throw new Fault('upstream-protocol', 'the MCP server answers in the wrong place');
      }
      if (head.status < 200 || head.status > 299) throw new ChannelRefused(head.status, head.fields);
    } catch (cause) {
      await connection[Symbol.asyncDispose]();
      throw cause instanceof ChannelRefused ? cause : faultOf(cause);
    }
    if (connection.reusable && this.#idle.length < MOST_IDLE && this.#end === undefined) this.#idle.push(connection);
    else await connection[Symbol.asyncDispose]();
  }

  pause(): void {
    this.#resumed ??= Promise.withResolvers();
  }

  resume(): void {
    this.#resumed?.resolve();
    this.#resumed = undefined;
  }

  async close(): Promise<void> {
    this.#over(undefined);
    this.#ending.abort(new PeerLeft('the session with the MCP server was ended'));
    await Promise.all([this.#stream, ...this.#idle.splice(0)].map((one) => one[Symbol.asyncDispose]()));
  }

  async #read({ body }: IncomingReply): Promise<void> {
    const events = new EventReader(this.#parts.limits.maxMcpMessageBytes);
    for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) {
      for (const { event, data } of events.read(bytes)) {
        if (event === 'endpoint') this.#endpoint.resolve(endpointOf(data, this.#parts));
        else if (event === 'message' && this.#listener !== undefined) this.#listener.onMessage(data);
        else if (event === 'message') this.#keepEarly(data);
      }
      if (this.#resumed !== undefined) await this.#resumed.promise;
    }
  }

  #keepEarly(message: string): void {
    if (this.#early.length >= MOST_EARLY)
      throw new Fault('upstream-protocol', 'the MCP server talks before it is asked');
    this.#early.push(message);
  }

  #takeIdle(): ClientConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || connection.reusable) return connection;
      void connection[Symbol.asyncDispose]();
    }
  }

  #over(fault: Error | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { fault };
    this.resume();
    this.#endpoint.reject(fault ?? new PeerLeft('the session was ended'));
    this.#listener?.onEnd(fault);
    void this.close();
  }
}

const ACCEPT = ['accept', 'text/event-stream'] as const;
const JSON_BODY = ['content-type', 'application/json'] as const;
const MOST_ANSWER_BYTES = 64 * 1024;
const MOST_IDLE = 4;
const MOST_EARLY = 100;

/** Of the client's request what proves who asks goes along; what speaks of its own body or session does not. */
function kept(fields: Fields): Fields {
  return fields.filter(([name]) => !OF_ONE_REQUEST.has(name) && !name.startsWith('mcp-'));
}

const OF_ONE_REQUEST: ReadonlySet<string> = new Set(['accept', 'content-type', 'content-length', 'last-event-id']);

function asking({ scheme, authority }: SseParts, method: string, target: string, fields: Fields): OutgoingRequest {
  return { method, scheme, authority, target, fields, length: 'none' };
}

/** 2024-11-05, transports: a URI that the server names; of another origin it would carry the credential away. */
function endpointOf(data: string, { scheme, authority, path }: SseParts): string {
  const base = `${scheme}://${authority}${path}`;
  const url = URL.canParse(data, base) ? new URL(data, base) : undefined;
  if (url === undefined || url.origin !== new URL(base).origin) {
    throw new Fault('upstream-protocol', 'the MCP server names an endpoint that is not its own');
  }
  return `${url.pathname}${url.search}`;
}

function withQuery(target: string, query: string): string {
  if (query === '') return target;
  return target.includes('?') ? `${target}&${query.slice(1)}` : `${target}${query}`;
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  await Promise.resolve();
  yield bytes;
}

function faultOf(cause: unknown): Error {
  if (cause instanceof Fault || cause instanceof PeerLeft) return cause;
  return new Fault('upstream-protocol', 'the MCP server broke its stream', { cause });
}
