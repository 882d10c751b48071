import { Fault } from '../../model/fault.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { BodyMasker, MessageMasks, Part } from '../../model/reply.ts';
import type { Target } from '../../model/target.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import { PeerLeft } from '../../wire/peer-left.ts';
import type { Exchange, Forward, WaitingNotice } from '../protocol.ts';
import { ClientAnswer } from './client-answer.ts';
import type { ChunkSigning } from './credentials/aws/chunks.ts';
import { Concealer } from './credentials/concealer.ts';
import { fieldOf } from './forwarded-head.ts';
import { callMask } from './mask/call-mask.ts';
import { knownCodings } from './mask/content-coder.ts';
import { codingsOf, decodedReply, readableReply } from './mask/plain-reply.ts';
import { BodyRewriter } from './mask/rewrite.ts';
import { shapeOf } from './mask/shape.ts';
import type { BodyLength, Fields, IncomingReply, IncomingRequest, OutgoingRequest, ReplyHead } from './message.ts';
import { MalformedHttp } from './message.ts';
import { bodyTypeOf, HttpPart, ONE_CHANGE } from './parts.ts';
import { type MakePart, passed, wholeAtOnce } from './passed-reply.ts';
import type { ReadRequest } from './read-request.ts';
import type { Relay } from './relay.ts';
import type { Whereabouts } from './reply-head.ts';
import { resultOf } from './reply-result.ts';
import { rowFinder } from './reply-rows.ts';
import type { HttpRequest } from './request.ts';
import { checkedTrailers, notRepeated, withTrailers } from './request-trailers.ts';
import type { Digest } from './secret-fields.ts';
import { SentBytes, SentTrailers } from './sent-parts.ts';
import type { HttpUpstream } from './upstream.ts';
import { WebSocketRelay } from './websocket.ts';

export interface HttpExchangeParts {
  readonly incoming: IncomingRequest;
  readonly asked: ReadRequest;
  readonly where: Whereabouts;
  readonly patienceMs: number;
  readonly digest: Digest;
  /** By which its client has signed the chunks of its body, where that is known. */
  readonly signing?: ChunkSigning | undefined;
  /** What the connection becomes where the target agrees; frames of a WebSocket where that is asked for and this is absent. */
  readonly relay?: Relay;
  /** How a layer masks the body of a reply with this head; by its type where it, or what it gives, is absent. */
  readonly bodyMask?: (head: ReplyHead) => ((masks: MessageMasks) => BodyMasker) | undefined;
}

/** One request and its reply. */
export class HttpExchange implements Exchange<HttpUpstream> {
  readonly request: HttpRequest;
  declare readonly input?: AsyncIterable<Part>;
  readonly patienceMs: number;
  readonly #parts: HttpExchangeParts;
  readonly #relay: Relay | undefined;
  #waiting: WaitingNotice | undefined;
  readonly #answer: ClientAnswer;
  /** True once both sides speak what they agreed on. */
  #relays = false;
  /** The fields behind the request's body. */
  #trailers: Fields = [];
  /** True where they came behind one that streamed. */
  #trailersStreamed = false;
  /** Why the client's body broke off. */
  #inputFault: unknown;

  constructor(parts: HttpExchangeParts) {
    this.#parts = parts;
    this.request = parts.asked.request;
    this.patienceMs = parts.patienceMs;
    this.#answer = new ClientAnswer(parts.incoming, parts.where);
    const isUpgrade = parts.asked.head.upgrade !== undefined;
    this.#relay = parts.relay ?? (isUpgrade ? new WebSocketRelay(parts.incoming) : undefined);
    if (this.#relay !== undefined || parts.asked.streams) this.input = this.#input();
  }

  async *forward({ upstream, input, whole, metered, signal }: Forward<HttpUpstream>): AsyncGenerator<Part> {
    const until = upstream.until(signal);
    try {
      // What it changes is spent before it leaves: nothing can be undone.
      if (metered && this.request.operations.some(({ access }) => access !== 'read')) yield ONE_CHANGE;
      const { credentials } = upstream;
      const plain = this.#outgoing(input, { whole, plain: whole || metered || credentials.travels });
      const asked = this.#relay?.offer(plain) ?? plain;
      const { incoming, signing } = this.#parts;
      const ask = async (request: OutgoingRequest): Promise<IncomingReply> => {
        const proven = await credentials.apply(request, incoming.head, until, signing);
        return upstream.send({ ...proven, trailers: () => this.#behind(proven.fields) }, until);
      };
      let sent = await ask(asked);
      const again = sent.upgraded === undefined ? this.#relay?.again?.(plain) : undefined;
      if (again !== undefined) sent = await ask(again);
      if (credentials.refusedBy(sent.head)) throw new Fault('upstream-login', REFUSED_CREDENTIAL);
      if (whole && sent.body.length !== 'none') this.#answer.codeAs(sent.head);
      const reply = withoutCookies(seenReply(sent, { whole, metered, upstream }), this.#parts.where.target);
      const atOnce = reply.upgraded === undefined ? wholeAtOnce(reply.body) : undefined;
      if (atOnce !== undefined) yield this.#maker(reply, { whole, metered })(atOnce, true);
      else if (reply.upgraded === undefined) yield* passed(reply.body, this.#maker(reply, { whole, metered }));
      else yield* this.#relayed(reply, reply.upgraded, input, { whole, metered });
    } catch (cause) {
      throw this.#why(cause, until);
    }
  }

  reply(part: Part): Promise<void> | undefined {
    if (!(part instanceof HttpPart)) return undefined;
    if (this.#relay !== undefined && this.#relays) return this.#answer.relay(this.#relay, part);
    return this.#answer.reply(part);
  }

  /** Not awaited: a client that has read it may leave before the kernel has told that it was sent. */
  refuse(refusal: Refusal): Promise<void> {
    this.tell(refusal);
    return Promise.resolve();
  }

  /** A reply that has begun is broken off, and what else the target sends is for nobody. */
  stop(refusal: Refusal): Promise<void> {
    this.tell(refusal);
    return Promise.resolve();
  }

  waiting(notice: WaitingNotice): undefined {
    this.#waiting = notice;
  }

  /** Says why nothing came of it, where there still is a way to; a reply that has begun is broken off. */
  tell(refusal: Refusal, status?: number): void {
    this.#answer.refuse(refusal, { status, waiting: this.#waiting }, this.#relays ? this.#relay : undefined);
  }

  #outgoing(
    input: AsyncIterable<Part>,
    { whole, plain }: { readonly whole: boolean; readonly plain: boolean },
  ): OutgoingRequest {
    const { incoming, asked } = this.#parts;
    const { head, read, streams } = asked;
    const left = head.fields.filter(([name]) => name !== 'accept-encoding' && !(whole && OF_PARTS.has(name)));
    const codings = whole ? knownCodings(head.fields) : 'identity';
    const fields: Fields = plain ? [...left, ['accept-encoding', codings]] : head.fields;
    const request = { ...head, fields };
    if (read === undefined && !streams) return { ...request, length: 'none' };
    const { trailers = [] } = asked;
    this.#trailers = trailers;
    // Behind a body of a known length HTTP/1.1 has no place for fields.
    const known = trailers.length > 0 ? 'unknown' : (read?.bytes.length ?? 0);
    const length: BodyLength = streams ? incoming.body.length : known;
    return { ...request, length, body: this.#sentBody(read?.bytes, input) };
  }

  async *#sentBody(read: Buffer | undefined, input: AsyncIterable<Part>): AsyncGenerator<Buffer> {
    if (read !== undefined && read.length > 0) yield read;
    for await (const part of input) {
      if (!(part instanceof SentTrailers)) yield part.wire;
      else {
        this.#trailers = part.trailers;
        this.#trailersStreamed = true;
      }
    }
  }

  /** What goes behind the body; `head` has the gateway's own proof, too. */
  #behind(head: Fields): Fields {
    try {
      return notRepeated(this.#trailers, head);
    } catch (cause) {
      this.#inputFault = cause;
      throw cause;
    }
  }

  async *#relayed(
    reply: IncomingReply,
    upstream: ByteStream,
    input: AsyncIterable<Part>,
    how: Looking,
  ): AsyncGenerator<HttpPart, void> {
    const relay = this.#relay;
    if (relay === undefined) throw new MalformedHttp(502, 'an upgrade that nobody asked for');
    const head = relay.agreed(reply);
    this.#relays = true;
    const make = this.#maker({ ...reply, head }, how, relay);
    yield make(NOTHING, false);
    // Where it breaks, so does the reading of what comes back.
    const sending = relay.send(input, upstream).catch((cause: Error) => upstream.destroy(cause));
    try {
      for await (const pieces of relay.receive(upstream, how.whole)) yield make(pieces, false);
      yield make(NOTHING, true);
    } finally {
      upstream.destroy();
      relay.over();
      await sending;
    }
  }

  /** Makes the parts of a reply. */
  #maker({ head, body }: IncomingReply, { whole, metered }: Looking, relay?: Relay): MakePart<HttpPart> {
    const { digest } = this.#parts;
    const contentType = fieldOf(head.fields, 'content-type') ?? '';
    const { where, bodyMask } = this.#parts;
    const mask = bodyMask?.(head) ?? callMask(this.request.operations, where.target, head);
    const rewriter = relay ?? new BodyRewriter(contentType, mask);
    const finder = metered && relay === undefined ? rowFinder(contentType) : undefined;
    const length = relay !== undefined || (whole && body.length !== 'none') ? 'unknown' : body.length;
    let isFirst = true;
    let rowsRead = 0;
    return (bytes, isLast) => {
      const trailers: Fields | undefined = isLast ? body.trailers : undefined;
      const rows = finder?.push(bytes);
      rowsRead += rows?.length ?? 0;
      const isOne = length === 'unknown' && relay === undefined && isFirst && trailers?.length === 0;
      const part = new HttpPart({
        head: isFirst ? head : undefined,
        length: isOne && (whole || metered) ? 'one' : length,
        body: bytes,
        trailers,
        result: trailers && {
          ...resultOf(head, trailers, this.#trailersStreamed ? this.#trailers : [], digest),
          ...relay?.result?.(),
          rows: rowsRead,
        },
        rewriter,
        rows,
        digest,
      });
      isFirst = false;
      return part;
    };
  }

  /** What a client goes on sending, as it comes. */
  async *#input(): AsyncGenerator<Part> {
    const { incoming, asked, where, digest } = this.#parts;
    const { body } = incoming;
    try {
      if (this.#relay !== undefined) {
        for await (const { wire, asks } of this.#relay.input()) yield new SentBytes(wire, asks);
        return;
      }
      const { later } = asked;
      for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) {
        if (later === undefined) yield new SentBytes(bytes);
        else for (const { wire, operations } of await later.push(bytes)) yield new SentBytes(wire, operations);
      }
      const trailers = checkedTrailers(body.trailers, asked.head.fields, where.target);
      if (trailers.length > 0)
        yield new SentTrailers(trailers, withTrailers(this.request.operations, trailers), digest);
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

const NOTHING = Buffer.alloc(0);
const REFUSED_CREDENTIAL = "the target refused the gateway's credential";

/** How much is made of a reply. */
interface Looking {
  readonly whole: boolean;
  readonly metered: boolean;
}

/** The reply as far as the gateway must be able to read it, without the credential. */
function seenReply(reply: IncomingReply, { whole, metered, upstream }: Looking & { readonly upstream: HttpUpstream }) {
  const { travels, secrets } = upstream.credentials;
  // Compressed, or in what has no text, nobody reads a credential.
  const isSought = travels && codingsOf(reply.head.fields).length > 0 && !isBinary(reply.head);
  const readable = whole ? readableReply(reply) : metered || isSought ? decodedReply(reply) : reply;
  return Concealer.of(secrets)?.reply(readable) ?? readable;
}

function isBinary(head: ReplyHead): boolean {
  return shapeOf(bodyTypeOf(head)) === 'binary';
}

/** A session that the target gave to the gateway's credential is the gateway's, unless the target says otherwise. */
function withoutCookies(reply: IncomingReply, { http }: Target): IncomingReply {
  if (http?.cookies === true || fieldOf(reply.head.fields, 'set-cookie') === undefined) return reply;
  const fields = reply.head.fields.filter(([name]) => name !== 'set-cookie');
  return { ...reply, head: { ...reply.head, fields } };
}

/** A part of a reply cannot be masked. */
const OF_PARTS: ReadonlySet<string> = new Set(['range', 'if-range']);
