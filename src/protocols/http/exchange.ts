import { Fault } from '../../model/fault.ts';
import { type Refusal, Refused } from '../../model/refusal.ts';
import type { ExchangeResult, FieldMasker, Part } from '../../model/reply.ts';
import { PeerLeft } from '../../wire/peer-left.ts';
import type { Exchange, Forward, WaitingNotice } from '../protocol.ts';
import { fieldOf } from './forwarded-head.ts';
import type { BodyLength, Fields, IncomingReply, IncomingRequest, OutgoingRequest, ReplyHead } from './message.ts';
import { MalformedHttp } from './message.ts';
import { bodyTypeOf, HttpPart, trailersTag } from './parts.ts';
import { passed } from './passed-reply.ts';
import type { ReadRequest } from './read-request.ts';
import { toldRefusal } from './refusal.ts';
import { replyHeadFor, type Whereabouts } from './reply-head.ts';
import type { HttpRequest } from './request.ts';
import type { Digest } from './secret-fields.ts';
import type { HttpUpstream } from './upstream.ts';
import { maskable } from './whole-reply.ts';

export interface HttpExchangeParts {
  readonly incoming: IncomingRequest;
  readonly asked: ReadRequest;
  readonly where: Whereabouts;
  readonly patienceMs: number;
  readonly digest: Digest;
}

/** One request and its reply. */
export class HttpExchange implements Exchange<HttpUpstream> {
  readonly request: HttpRequest;
  declare readonly input?: AsyncIterable<Part>;
  readonly patienceMs: number;
  readonly #parts: HttpExchangeParts;
  #waiting: WaitingNotice | undefined;
  #answer: 'none' | 'begun' | 'over' = 'none';
  /** Why the client's body broke off. */
  #inputFault: unknown;

  constructor(parts: HttpExchangeParts) {
    this.#parts = parts;
    this.request = parts.asked.request;
    this.patienceMs = parts.patienceMs;
    if (parts.asked.streams) this.input = this.#input();
  }

  async *forward({ upstream, input, whole, signal }: Forward<HttpUpstream>): AsyncGenerator<HttpPart> {
    const until = upstream.until(signal);
    try {
      const connection = await upstream.ready(until);
      const outgoing = await upstream.credentials.apply(this.#outgoing(input, whole), this.#parts.incoming.head, until);
      const reply = await connection.send(outgoing, until);
      if (upstream.credentials.refusedBy(reply.head)) throw new Fault('upstream-login', REFUSED_CREDENTIAL);
      yield* whole ? this.#masked(reply) : this.#passed(reply);
    } catch (cause) {
      throw this.#why(cause, until);
    }
  }

  reply(part: HttpPart): Promise<void> | undefined {
    const { incoming, where } = this.#parts;
    let slow: Promise<void> | undefined;
    if (part.head !== undefined) {
      this.#answer = 'begun';
      slow = incoming.respond(replyHeadFor(part.head, where), part.length);
    }
    if (part.body.length > 0) slow = after(slow, incoming.write(part.body));
    if (part.trailers === undefined) return slow;
    this.#answer = 'over';
    return after(slow, incoming.end(part.trailers));
  }

  /** Not awaited: a client that has read it may leave before the kernel has told that it was sent. */
  refuse(refusal: Refusal): Promise<void> {
    this.tell(refusal);
    return Promise.resolve();
  }

  waiting(notice: WaitingNotice): undefined {
    this.#waiting = notice;
  }

  /** Says why nothing came of it, where there still is a way to; a reply that has begun is broken off. */
  tell(refusal: Refusal, status?: number): void {
    if (this.#answer === 'over') return;
    const { incoming, where } = this.#parts;
    if (this.#answer === 'begun') return incoming.abort();
    this.#answer = 'over';
    const waiting = this.#waiting;
    answer(incoming, toldRefusal(refusal, { status, grpc: isGrpc(incoming), proxied: where.proxied, waiting }));
  }

  #outgoing(input: AsyncIterable<Part>, whole: boolean): OutgoingRequest {
    const { incoming, asked } = this.#parts;
    const { head, read, streams } = asked;
    const fields = whole ? [...head.fields.filter(([name]) => !OF_CODED_PARTS.has(name)), PLAIN] : head.fields;
    const request = { ...head, fields };
    if (read === undefined && !streams) return { ...request, length: 'none' };
    const length: BodyLength = streams ? incoming.body.length : (read?.bytes.length ?? 0);
    return { ...request, length, body: bodyOf(read?.bytes, input) };
  }

  async *#passed(reply: IncomingReply): AsyncGenerator<HttpPart> {
    yield* passed(reply.body, this.#maker(reply, reply.head, reply.body.length));
  }

  async *#masked(reply: IncomingReply): AsyncGenerator<HttpPart> {
    const { head, whole, parts } = maskable(reply);
    const { length } = reply.body;
    const known = whole && length !== 'none' ? 0 : length === 'none' ? length : 'unknown';
    yield* parts(this.#maker(reply, head, known));
  }

  /** Makes the parts of a reply; `length` 0 stands for that of the one part that there is. */
  #maker(reply: IncomingReply, head: ReplyHead, length: BodyLength) {
    const { digest } = this.#parts;
    const mediaType = bodyTypeOf(head);
    let isFirst = true;
    return (body: Buffer, isLast: boolean): HttpPart => {
      const trailers: Fields | undefined = isLast ? reply.body.trailers : undefined;
      const result = trailers && resultOf(head, trailers, digest);
      const first = isFirst ? head : undefined;
      isFirst = false;
      return new HttpPart({
        head: first,
        length: length === 0 ? body.length : length,
        body,
        trailers,
        result,
        mediaType,
        digest,
      });
    };
  }

  /** What a client goes on sending, as it comes. */
  async *#input(): AsyncGenerator<Part> {
    const { body } = this.#parts.incoming;
    try {
      for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) yield new SentBytes(bytes);
    } catch (cause) {
      this.#inputFault = cause;
      throw cause;
    }
  }

  /** A fault of the client's is not taken for one of the target's. */
  #why(cause: unknown, until: AbortSignal): unknown {
    if (this.#inputFault !== undefined) return this.#inputFault;
    if (until.aborted) return until.reason;
    if (cause instanceof MalformedHttp) return new Fault('upstream-protocol', `the target sent ${cause.message}`);
    if (cause instanceof PeerLeft) return new Fault('upstream-closed', 'the target closed the connection', { cause });
    return cause;
  }
}

const REFUSED_CREDENTIAL = "the target refused the gateway's credential";

/** Answers a request in one go. */
export function answer(
  incoming: IncomingRequest,
  { head, body }: { readonly head: ReplyHead; readonly body: Buffer },
): void {
  const isSlow = [incoming.respond(head, body.length), incoming.write(body), incoming.end()];
  // Whoever does not take it has gone, which the connection tells.
  for (const slow of isSlow) slow?.catch(() => undefined);
}

function isGrpc({ head }: IncomingRequest): boolean {
  return /^application\/grpc(?:$|[+;\s])/i.test(fieldOf(head.fields, 'content-type') ?? '');
}

/** A piece of a request's body, on its way to the target. */
class SentBytes implements Part {
  readonly wire: Buffer;

  constructor(wire: Buffer) {
    this.wire = wire;
  }

  rewrite(_masker: FieldMasker): this {
    return this;
  }
}

async function* bodyOf(read: Buffer | undefined, input: AsyncIterable<Part>): AsyncGenerator<Buffer> {
  if (read !== undefined && read.length > 0) yield read;
  for await (const part of input) yield part.wire;
}

/** A part of a reply, or one with a content coding, cannot be masked. */
const OF_CODED_PARTS: ReadonlySet<string> = new Set(['accept-encoding', 'range', 'if-range']);
const PLAIN = ['accept-encoding', 'identity'] as const;

/** An HTTP status, or the status that gRPC puts behind the body. */
function resultOf({ status, fields }: ReplyHead, trailers: Fields, digest: Digest): ExchangeResult {
  const grpc = fieldOf(trailers, 'grpc-status') ?? fieldOf(fields, 'grpc-status');
  const tags = trailersTag(trailers, digest);
  return {
    status: status < 400 && (grpc ?? '0') === '0' ? 'ok' : 'error',
    code: grpc === undefined || !/^\d{1,2}$/.test(grpc) ? String(status) : `grpc-${grpc}`,
    rows: 0,
    ...(tags.length === 0 ? {} : { tags }),
  };
}

/** Both are waited for, where either takes its time. */
function after(one: Promise<void> | undefined, other: Promise<void> | undefined): Promise<void> | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Promise.all([one, other]).then(() => undefined);
}

export function refusalOf(fault: unknown): { readonly refusal: Refusal; readonly status?: number } {
  if (fault instanceof Refused) return { refusal: fault.refusal };
  if (fault instanceof MalformedHttp) {
    return { refusal: { code: 'protocol-malformed', message: fault.message }, status: fault.status };
  }
  const isLate = fault instanceof Fault && fault.code === 'deadline';
  return { refusal: isLate ? LATE : LOST, ...(isLate ? { status: 504 } : {}) };
}

// Nothing of the cause is told: it may name the target's address or what its server said of a credential.
const LOST: Refusal = {
  code: 'upstream-unavailable',
  message: 'the connection to the target was lost',
  hint: 'Whether the request took effect is not known; look before you repeat it.',
};
const LATE: Refusal = {
  code: 'upstream-unavailable',
  message: 'the target did not answer in time',
  hint: 'Whether the request took effect is not known; look before you repeat it.',
};
