import { PeerLeft } from '../../../wire/peer-left.ts';
import { fieldOf } from '../../http/forwarded-head.ts';
import type { ClientConnection, Fields, IncomingReply, MessageBody, OutgoingRequest } from '../../http/message.ts';
import type { SendFields } from './channel.ts';
import { ChannelRefused } from './channel-refused.ts';
import type { Answer } from './conversation.ts';
import { type RpcMessage, readMessage } from './rpc-message.ts';
import type { ServersOfRun } from './servers.ts';

export interface AdapterLimits {
  /** Of one message, either way. */
  readonly maxMcpMessageBytes: number;
}

/**
 * A server that is spoken to by messages, as one of Streamable HTTP: what the gateway sends to a program or to a server of
 * 2024-11-05 is a request as to any other.
 */
export class AdapterConnection implements ClientConnection {
  readonly version = '1.1';
  readonly reusable = true;
  readonly #servers: ServersOfRun;
  readonly #limits: AdapterLimits;
  readonly #closing = new AbortController();

  constructor(servers: ServersOfRun, limits: AdapterLimits) {
    this.#servers = servers;
    this.#limits = limits;
  }

  async send(request: OutgoingRequest, signal: AbortSignal): Promise<IncomingReply> {
    const until = AbortSignal.any([signal, this.#closing.signal]);
    const session = fieldOf(request.fields, 'mcp-session-id');
    try {
      switch (request.method) {
        case 'POST':
          return await this.#posted(request, session, until);
        case 'GET':
          return this.#listened(session, until);
        case 'DELETE':
          return await this.#deleted(session);
        default:
          return plain(405, [['allow', 'POST, GET, DELETE']]);
      }
    } catch (cause) {
      if (cause instanceof ChannelRefused) return plain(cause.status, cause.fields);
      throw cause;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new PeerLeft('the connection to the MCP server was closed'));
    this.#servers.leave();
    return Promise.resolve();
  }

  async #posted(request: OutgoingRequest, session: string | undefined, signal: AbortSignal): Promise<IncomingReply> {
    const text = await this.#read(request);
    if (text === undefined) return failure(413, -32_600, 'the message is longer than it may be');
    const message = readMessage(text);
    if (message === undefined) return failure(400, -32_700, 'the body is not one message of JSON-RPC');
    const sent = sentOf(request);
    if (message.kind !== 'request') {
      const server = session === undefined ? undefined : this.#servers.session(session);
      if (server === undefined) return withoutSession(session, message);
      await server.tell(message, sent);
      return plain(202);
    }
    if (session === undefined && (message.modern || saysModern(request.fields))) {
      return this.#alone(message, sent, signal);
    }
    if (session === undefined && message.method === 'initialize') return this.#initialized(message, sent, signal);
    const server = session === undefined ? undefined : this.#servers.session(session);
    if (server === undefined) return withoutSession(session, message);
    return replyOf(await server.ask(message, sent, signal), false);
  }

  /** A request that says everything itself, at the server that all such requests of the run have. */
  async #alone(message: Request, sent: SendFields, signal: AbortSignal): Promise<IncomingReply> {
    if (OF_SESSIONS.has(message.method)) return failure(404, -32_601, 'this revision has no such method', message.id);
    if (!message.sound) return failure(400, -32_602, '_meta lacks what each request must say', message.id);
    const server = await this.#servers.shared(sent, signal);
    return replyOf(await server.ask(message, sent, signal), true);
  }

  async #initialized(message: Request, sent: SendFields, signal: AbortSignal): Promise<IncomingReply> {
    const { id, server } = await this.#servers.begin(sent, signal);
    try {
      const answer = await server.ask(message, sent, signal);
      if (answer.kind === 'response' && answer.errorCode !== undefined) {
        await this.#servers.end(id);
        return replyOf(answer, false);
      }
      return replyOf(answer, false, [['mcp-session-id', id]]);
    } catch (cause) {
      await this.#servers.end(id);
      throw cause;
    }
  }

  #listened(session: string | undefined, signal: AbortSignal): IncomingReply {
    if (session === undefined) return plain(405, [['allow', 'POST']]);
    const server = this.#servers.session(session);
    if (server === undefined) return failure(404, -32_001, 'there is no such session');
    const body = server.listen(signal);
    if (body === undefined) return failure(409, -32_000, 'the session has its stream already');
    return { head: { status: 200, fields: [['content-type', 'text/event-stream'], NOT_KEPT] }, body };
  }

  async #deleted(session: string | undefined): Promise<IncomingReply> {
    if (session === undefined) return plain(405, [['allow', 'POST']]);
    return (await this.#servers.end(session)) ? plain(204) : failure(404, -32_001, 'there is no such session');
  }

  /** Undefined where there is too much of it. */
  async #read({ body }: OutgoingRequest): Promise<string | undefined> {
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const bytes of body ?? []) {
      size += bytes.length;
      if (size > this.#limits.maxMcpMessageBytes) return undefined;
      pieces.push(Buffer.from(bytes));
    }
    // A message is one line: the breaks that JSON may have between its tokens are white space.
    return Buffer.concat(pieces)
      .toString('utf8')
      .replaceAll(/[\r\n]/g, ' ');
  }
}

type Request = RpcMessage & { readonly kind: 'request' };

function withoutSession(session: string | undefined, message: RpcMessage): IncomingReply {
  const id = message.kind === 'request' ? message.id : 'null';
  if (session !== undefined) return failure(404, -32_001, 'there is no such session', id);
  return failure(400, -32_000, 'a session is needed: begin with initialize', id);
}

/** A revision that is not among those that had sessions. */
function saysModern(fields: Fields): boolean {
  const version = fieldOf(fields, 'mcp-protocol-version');
  return version !== undefined && !WITH_SESSIONS.has(version);
}

const WITH_SESSIONS: ReadonlySet<string> = new Set(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']);
/** What 2026-07-28 took out. */
const OF_SESSIONS: ReadonlySet<string> = new Set([
  'initialize',
  'ping',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
]);

const NOT_KEPT = ['cache-control', 'no-cache, no-transform'] as const;

/** What is under way cannot be said by a field of one message. */
function sentOf({ fields, target }: OutgoingRequest): SendFields {
  const query = target.indexOf('?');
  return { fields, query: query < 0 ? '' : target.slice(query) };
}

function replyOf(answer: Answer, modern: boolean, more: Fields = []): IncomingReply {
  if (answer.kind === 'stream') {
    const fields: Fields = [['content-type', 'text/event-stream'], NOT_KEPT, ...more];
    return { head: { status: 200, fields }, body: answer.body };
  }
  const status = modern ? (STATUSES.get(answer.errorCode ?? 0) ?? 200) : 200;
  return json(status, answer.text, more);
}

/** What the revision of 2026-07-28 says of errors by the status as well. */
const STATUSES: ReadonlyMap<number, number> = new Map([
  [-32_700, 400],
  [-32_600, 400],
  [-32_601, 404],
  [-32_020, 400],
  [-32_021, 400],
  [-32_022, 400],
]);

/** `id` is JSON, as the request has it. */
function failure(status: number, code: number, message: string, id = 'null'): IncomingReply {
  return json(status, `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify({ code, message })}}`);
}

function json(status: number, text: string, more: Fields = []): IncomingReply {
  return { head: { status, fields: [['content-type', 'application/json'], ...more] }, body: bytesBody(text) };
}

function plain(status: number, fields: Fields = []): IncomingReply {
  return { head: { status, fields }, body: { length: status === 204 ? 'none' : 0, trailers: [], read: noMore } };
}

function noMore(): Promise<null> {
  return Promise.resolve(null);
}

function bytesBody(text: string): MessageBody {
  let bytes: Buffer | null = Buffer.from(text);
  return {
    length: bytes.length,
    trailers: [],
    read: () => {
      const next = bytes;
      bytes = null;
      return Promise.resolve(next);
    },
  };
}
