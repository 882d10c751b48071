import { Fault } from '../../../model/fault.ts';
import type { Channel, SendFields } from './channel.ts';
import { eventOf } from './event-stream.ts';
import { spanOf, spliced } from './json-span.ts';
import { ReplyStream } from './reply-stream.ts';
import {
  ASKED_PROGRESS,
  CANCELLED,
  ID,
  type RpcMessage,
  readMessage,
  SUBSCRIPTION,
  TOLD_PROGRESS,
} from './rpc-message.ts';

type Asked = RpcMessage & { readonly kind: 'request' };
type Told = RpcMessage & { readonly kind: 'notification' };
type Answered = RpcMessage & { readonly kind: 'response' };

/** What comes of a request: the one response, where nothing was said before it, or a stream of messages that ends with it. */
export type Answer =
  | { readonly kind: 'response'; readonly text: string; readonly errorCode: number | undefined }
  | { readonly kind: 'stream'; readonly body: ReplyStream };

export interface ConversationLimits {
  readonly maxMcpWaitingBytes: number;
  readonly maxMcpRequestsUnderWay: number;
}

export interface ConversationParts {
  readonly channel: Channel;
  readonly limits: ConversationLimits;
  /** True where the server serves each request by itself (2026-07-28): it has no stream beside them, and asks nothing. */
  readonly stateless: boolean;
  /** Told, for the operator, of what the server says that is no message of the protocol. */
  readonly onStray: (what: string) => void;
}

interface Pending {
  readonly id: string;
  readonly method: string;
  readonly progressToken: string | undefined;
  readonly settle: (answer: Answer) => void;
  readonly fail: (fault: Error) => void;
  stream: ReplyStream | undefined;
}

/**
 * Speaks to one server by messages, for clients that speak Streamable HTTP: finds the request that a message belongs to.
 * Ids and progress tokens are made here, so that those of clients that do not know of one another never meet.
 */
export class Conversation {
  readonly #parts: ConversationParts;
  readonly #pending = new Map<string, Pending>();
  #next = 0;
  #listening: ReplyStream | undefined;
  /** What came while nobody listened, for who does next. */
  readonly #early: Buffer[] = [];
  #earlySize = 0;
  readonly #full = new Set<ReplyStream>();
  #ended: Error | undefined;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    parts.channel.listen({ onMessage: (text) => this.#take(text), onEnd: (fault) => this.#end(fault) });
  }

  get busy(): boolean {
    return this.#pending.size > 0 || this.#listening !== undefined;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Sends a request and resolves with what comes first. Where the signal aborts the server is told to stop. */
  async ask(request: Asked, sent: SendFields, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#pending.size >= this.#parts.limits.maxMcpRequestsUnderWay) throw new Fault('deadline', CROWDED);
    const own = String(++this.#next);
    const { text, id, method, progressToken } = request;
    const answered = Promise.withResolvers<Answer>();
    const pending: Pending = {
      id,
      method,
      progressToken,
      settle: answered.resolve,
      fail: answered.reject,
      stream: undefined,
    };
    this.#pending.set(own, pending);
    const onAbort = (): void => {
      this.#abandon(own, signal.reason as Error, sent);
      pending.stream?.abandon(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const token = progressToken === undefined ? [] : ([[spanOf(text, ASKED_PROGRESS), own]] as const);
    this.#parts.channel
      .send(spliced(text, [[spanOf(text, ID), own], ...token]), sent)
      .catch((fault: Error) => this.#fail(own, fault));
    return answered.promise;
  }

  /** Sends a notification, or an answer to what the server asked. */
  async tell(message: Told | Answered, sent: SendFields): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended;
    const { text } = message;
    if (message.kind === 'response' || message.requestId === undefined) return this.#parts.channel.send(text, sent);
    const own = [...this.#pending].find(([, { id }]) => id === message.requestId)?.[0];
    // What is over, or never was, needs no cancelling.
    if (own === undefined) return;
    await this.#parts.channel.send(spliced(text, [[spanOf(text, CANCELLED), own]]), sent);
  }

  /** The stream of what the server says beside its answers; undefined where somebody has it. */
  listen(signal: AbortSignal): ReplyStream | undefined {
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#listening !== undefined) return undefined;
    const stream = this.#makeStream();
    this.#listening = stream;
    const gone = (): void => {
      if (this.#listening === stream) this.#listening = undefined;
      stream.fail(signal.reason as Error);
    };
    signal.addEventListener('abort', gone, { once: true });
    for (const event of this.#early.splice(0)) stream.write(event);
    this.#earlySize = 0;
    return stream;
  }

  close(): Promise<void> {
    return this.#parts.channel.close();
  }

  #take(text: string): void {
    const message = readMessage(text);
    if (message === undefined) return this.#parts.onStray('a line that is no message of JSON-RPC');
    switch (message.kind) {
      case 'response':
        return this.#answered(message);
      case 'notification':
        return this.#told(message);
      case 'request':
        if (this.#parts.stateless) return this.#parts.onStray('a request, which a server of this revision has not');
        return this.#beside(eventOf(text), false);
      default:
        return message satisfies never;
    }
  }

  #answered({ id, text, errorCode }: Answered): void {
    const own = unquoted(id);
    const pending = this.#pending.get(own);
    if (pending === undefined) return this.#parts.onStray('an answer to what nobody asks any more');
    this.#pending.delete(own);
    const back = spliced(text, [[spanOf(text, ID), pending.id]]);
    if (pending.stream === undefined) return pending.settle({ kind: 'response', text: back, errorCode });
    pending.stream.write(eventOf(back));
    pending.stream.end();
  }

  #told(message: Told): void {
    const { text, method, progressToken, subscription } = message;
    if (subscription !== undefined) {
      const pending = this.#pending.get(unquoted(subscription));
      if (pending === undefined) return;
      return this.#write(pending, spliced(text, [[spanOf(text, SUBSCRIPTION), pending.id]]));
    }
    if (method === 'notifications/progress' && progressToken !== undefined) {
      const pending = this.#pending.get(unquoted(progressToken));
      // What it tells of is over.
      if (pending?.progressToken === undefined) return;
      return this.#write(pending, spliced(text, [[spanOf(text, TOLD_PROGRESS), pending.progressToken]]));
    }
    this.#beside(eventOf(text), OF_NO_REQUEST.test(method));
  }

  /** What names no request: with the one that was asked last, where there is one, or on the stream beside them. */
  #beside(event: Buffer, isGeneral: boolean): void {
    const asked = [...this.#pending.values()].findLast(({ method }) => method !== 'subscriptions/listen');
    if (asked !== undefined && !(isGeneral && this.#listening !== undefined)) return this.#write(asked, event);
    if (this.#listening !== undefined) {
      if (this.#listening.full)
        this.#listening.fail(new Fault('upstream-protocol', 'the server says more than is read'));
      return this.#listening.write(event);
    }
    if (this.#parts.stateless) return;
    if (this.#earlySize + event.length > this.#parts.limits.maxMcpWaitingBytes) {
      return this.#parts.onStray('more than is kept for a client that does not listen');
    }
    this.#early.push(event);
    this.#earlySize += event.length;
  }

  #write(pending: Pending, message: string | Buffer): void {
    if (pending.stream === undefined) {
      pending.stream = this.#makeStream();
      pending.settle({ kind: 'stream', body: pending.stream });
    }
    pending.stream.write(typeof message === 'string' ? eventOf(message) : message);
  }

  /** A server waits while who asked it is slow: the others of the same session wait with it. */
  #makeStream(): ReplyStream {
    const { channel, limits } = this.#parts;
    const stream: ReplyStream = new ReplyStream({
      highWater: limits.maxMcpWaitingBytes,
      onFull: () => {
        if (stream === this.#listening) return;
        this.#full.add(stream);
        channel.pause();
      },
      onDrained: () => {
        if (this.#full.delete(stream) && this.#full.size === 0) channel.resume();
      },
    });
    return stream;
  }

  #abandon(own: string, reason: Error, sent: SendFields): void {
    const pending = this.#pending.get(own);
    if (pending === undefined) return;
    this.#fail(own, reason);
    if (this.#ended !== undefined || pending.method === 'initialize') return;
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: Number(own) } };
    this.#parts.channel.send(JSON.stringify(cancelled), sent).catch(() => {
      // It has gone, and what it was asked with it.
    });
  }

  #fail(own: string, fault: Error): void {
    const pending = this.#pending.get(own);
    if (pending === undefined) return;
    this.#pending.delete(own);
    if (pending.stream === undefined) pending.fail(fault);
    else pending.stream.fail(fault);
  }

  #end(fault: Error = new Fault('upstream-closed', 'the MCP server has ended')): void {
    this.#ended = fault;
    for (const own of this.#pending.keys()) this.#fail(own, fault);
    this.#listening?.end();
    this.#listening = undefined;
  }
}

/** What belongs to no request, whatever is under way. */
const OF_NO_REQUEST =
  /^notifications\/(?:[a-z]+\/list_changed|resources\/updated|tasks\/status|elicitation\/complete)$/;
const CROWDED = 'the MCP server has as many requests under way as it may';

/** Servers that make text of every id are understood. */
function unquoted(raw: string): string {
  return /^"\d+"$/.test(raw) ? raw.slice(1, -1) : raw;
}
