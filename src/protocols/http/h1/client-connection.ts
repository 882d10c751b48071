import type { ByteStream } from '../../../wire/byte-stream.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import {
  type ClientConnection,
  type IncomingReply,
  MalformedHttp,
  NotAnswered,
  type OutgoingRequest,
} from '../message.ts';
import type { HttpWireLimits } from '../wire-limits.ts';
import { Input } from './input.ts';
import { H1Body } from './message-body.ts';
import { MessageWriter, type SentFraming } from './message-writer.ts';
import { type ParsedReply, parseReplyHead } from './reply-head.ts';
import { acceptOf, namedAs, newKey, withoutField } from './websocket-key.ts';
import { requestHead } from './write-head.ts';

/** A connection to a target that speaks HTTP/1.1. */
export class H1ClientConnection implements ClientConnection {
  readonly version = '1.1';
  readonly #stream: ByteStream;
  readonly #limits: HttpWireLimits;
  readonly #input: Input;
  readonly #writer: MessageWriter;
  #state: 'idle' | 'busy' | 'spent' = 'idle';
  #sent = true;
  #persistent = true;
  #sendFault: unknown;
  /** True once a reply has come behind which the server closes. */
  #isAnswered = false;
  #key: string | undefined;
  #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => {
    if (this.#state === 'busy') this.#stream.destroy(this.#signal?.reason as Error);
  };

  /** Takes over a connection on which nothing was said yet. */
  constructor(stream: ByteStream, limits: HttpWireLimits) {
    this.#stream = stream;
    this.#limits = limits;
    this.#input = new Input(stream, limits.maxHttpHeadBytes);
    this.#writer = new MessageWriter(stream);
    this.#rest();
  }

  get reusable(): boolean {
    return this.#state === 'idle' && !this.#stream.signal.aborted;
  }

  async send(request: OutgoingRequest, signal: AbortSignal): Promise<IncomingReply> {
    if (this.#state === 'busy') throw new RangeError('a second request before the reply to the first');
    if (!this.reusable) throw new PeerLeft('the connection takes no more requests');
    signal.throwIfAborted();
    this.#state = 'busy';
    this.#sendFault = undefined;
    this.#isAnswered = false;
    this.#follow(signal);
    try {
      this.#begin(request);
      return await this.#readReply(request);
    } catch (fault) {
      throw this.#broken(fault);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#state = 'spent';
    this.#writer.drop();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    await this.#stream[Symbol.asyncDispose]();
  }

  #begin(request: OutgoingRequest): void {
    const framing = framingOf(request);
    this.#key = request.upgrade === 'websocket' ? newKey() : undefined;
    const head = requestHead(
      request.method,
      request.target,
      request.authority,
      request.fields,
      framingLines(request, framing, this.#key),
    );
    this.#sent = framing === 'none';
    // Where it fails, so does the reading of the reply.
    this.#writer.begin(head, framing)?.catch(() => undefined);
    if (!this.#sent) void this.#sendBody(request);
  }

  /** Goes on beside the reply, which may come before its end. */
  async #sendBody(request: OutgoingRequest): Promise<void> {
    try {
      let isFirst = true;
      for await (const bytes of request.body ?? []) {
        if (!isFirst) await nextTurn();
        isFirst = false;
        // RFC 9112, 9.6: a server that closes after its reply reads no more, and what is written would cost that reply.
        if (this.#state !== 'busy' || this.#isAnswered) return this.#writer.drop();
        if (!(await this.#sends(this.#writer.write(bytes)))) return;
      }
      const slow = this.#writer.end(request.trailers?.());
      this.#sent = true;
      await this.#sends(slow);
    } catch (fault) {
      if (this.#state !== 'busy') return;
      // The server must not take what it got for the whole.
      this.#sendFault = fault;
      this.#writer.drop();
      this.#stream.destroy(fault as Error);
    }
  }

  /** False where the connection broke: whether the server said why before that, its reader finds. */
  async #sends(slow: Promise<void> | undefined): Promise<boolean> {
    try {
      if (slow !== undefined) await slow;
      return true;
    } catch (fault) {
      if (!(fault instanceof PeerLeft)) throw fault;
      this.#writer.drop();
      return false;
    }
  }

  async #readReply(request: OutgoingRequest): Promise<IncomingReply> {
    for (let interim = 0; interim <= this.#limits.maxHttpInterimReplies; interim++) {
      const text = await this.#readHead(interim === 0);
      const parsed = parseReplyHead(text, request.method, this.#limits.maxHttpFields);
      const { status } = parsed.head;
      if (status === 101) return this.#upgraded(parsed, request);
      // Clients in use take some of them for the answer; none of them is needed.
      if (status >= 200) return { head: parsed.head, body: this.#bodyOf(parsed) };
    }
    throw new MalformedHttp(502, 'more interim replies than are taken');
  }

  async #readHead(isFirst: boolean): Promise<string> {
    let hasBegun = !isFirst;
    try {
      const text = await this.#input.readHead(() => {
        hasBegun = true;
      });
      if (text !== null) return text;
    } catch (cause) {
      if (hasBegun || !(cause instanceof PeerLeft)) throw cause;
      throw new NotAnswered({ cause });
    }
    throw new NotAnswered();
  }

  #upgraded(parsed: ParsedReply, { upgrade }: OutgoingRequest): IncomingReply {
    if (upgrade === undefined || !parsed.upgrade.includes(upgrade)) {
      throw new MalformedHttp(502, 'an upgrade that nobody asked for');
    }
    const { rest, values } = withoutField(parsed.head.fields, 'sec-websocket-accept');
    if (this.#key !== undefined && values.join() !== acceptOf(this.#key))
      throw new MalformedHttp(502, "an upgrade that answers another client's key");
    this.#state = 'spent';
    const body = new H1Body(this.#input, 'none', this.#limits);
    return { head: { ...parsed.head, fields: rest }, body, upgraded: this.#input.release() };
  }

  #bodyOf({ framing, persistent }: ParsedReply): H1Body {
    this.#persistent = persistent;
    this.#isAnswered = !persistent;
    if (framing === 'none' || framing === 0) {
      this.#replied();
      return new H1Body(this.#input, framing, this.#limits);
    }
    return new H1Body(this.#input, framing, this.#limits, {
      onEnd: () => this.#replied(),
      onFault: (fault) => this.#broken(fault),
    });
  }

  #replied(): void {
    // What follows a reply unasked would be taken for the reply to the next request.
    const free = this.#sent && this.#persistent && !this.#input.isAhead;
    this.#state = free ? 'idle' : 'spent';
    if (free) this.#rest();
    else this.#stream.destroy();
  }

  #rest(): void {
    this.#input.watch(() => {
      if (this.#state === 'idle') this.#state = 'spent';
    });
  }

  #broken(fault: unknown): unknown {
    this.#state = 'spent';
    this.#writer.drop();
    const cause = this.#sendFault ?? (fault instanceof MalformedHttp ? new MalformedHttp(502, fault.message) : fault);
    this.#stream.destroy(cause instanceof Error ? cause : undefined);
    return cause;
  }

  /** Sessions send many requests under one signal. */
  #follow(signal: AbortSignal): void {
    if (this.#signal === signal) return;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }
}

/** What has come meanwhile is read first: in the second turn all sockets were asked. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

function framingOf({ length }: OutgoingRequest): SentFraming {
  if (length === 'unknown') return 'chunked';
  return length === 0 ? 'none' : length;
}

/** Methods of which a body is expected, so that its absence is said (RFC 9110, 8.6). */
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

function framingLines({ method, upgrade }: OutgoingRequest, framing: SentFraming, key: string | undefined): string {
  if (framing === 'chunked') return 'transfer-encoding: chunked\r\n';
  if (typeof framing === 'number') return `content-length: ${framing}\r\n`;
  if (upgrade !== undefined) {
    const proof = key === undefined ? '' : `sec-websocket-key: ${key}\r\n`;
    return `connection: Upgrade\r\nupgrade: ${namedAs(upgrade)}\r\n${proof}`;
  }
  return WITH_BODY.has(method) ? 'content-length: 0\r\n' : '';
}
