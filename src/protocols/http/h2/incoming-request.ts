import { constants, type ServerHttp2Stream, type ServerStreamResponseOptions } from 'node:http2';
import type { ByteStream } from '../../../wire/byte-stream.ts';
import { DuplexStream } from '../../../wire/duplex-stream.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { isBodiless } from '../bodiless.ts';
import type { BodyLength, Fields, IncomingRequest, ReplyHead, RequestHead } from '../message.ts';
import type { HttpWireLimits } from '../wire-limits.ts';
import { headerList, trailerHeaders, trailerLimits } from './fields.ts';
import { H2Body } from './message-body.ts';
import type { H2Request } from './request-head.ts';
import { sendTrailers, writeTo } from './stream-writer.ts';

/** The date is its author's; the option is `node:http2`'s own, beside its types. */
export const PLAIN: ServerStreamResponseOptions & { readonly sendDate: false } = { sendDate: false };

/** One stream of a client's connection (RFC 9113, 5). */
export class H2IncomingRequest implements IncomingRequest {
  readonly head: RequestHead;
  readonly body: H2Body;
  readonly expectsContinue: boolean;
  readonly #stream: ServerHttp2Stream;
  readonly #peer: string;
  readonly #gone = new AbortController();
  #answer: 'none' | 'begun' | 'over' = 'none';
  /** Bytes of the reply that are still to come, at most. */
  #left = Number.POSITIVE_INFINITY;
  #trailers: ReturnType<typeof trailerHeaders> = {};

  /** At once when the stream came. `peer` is the connection's. */
  constructor(
    stream: ServerHttp2Stream,
    { head, length, expectsContinue }: H2Request,
    peer: string,
    limits: HttpWireLimits,
  ) {
    this.head = head;
    this.expectsContinue = expectsContinue && length !== 'none';
    this.#stream = stream;
    this.#peer = peer;
    const isTunnel = head.method === 'CONNECT' || head.upgrade !== undefined;
    this.body = new H2Body(stream, {
      length,
      isTunnel,
      limits: trailerLimits(limits),
      status: 400,
      onWanted: () => this.#continue(),
    });
    stream.on('close', () => this.#closed());
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  respond(head: ReplyHead, length: BodyLength): Promise<void> | undefined {
    if (this.#answer !== 'none') throw new RangeError('a second reply to one request');
    const list = replyList(head, length, this.head.method);
    if (this.#isGone) return Promise.reject(new PeerLeft('the client cancelled its request'));
    const endStream = length === 'none' || length === 0 || isBodiless(head.status, this.head.method);
    if (typeof length === 'number') this.#left = length;
    this.#answer = 'begun';
    // What has a length has no fields behind it, as in HTTP/1.1; so its last bytes are also its end.
    const waitForTrailers = !endStream && length === 'unknown';
    if (waitForTrailers) this.#stream.once('wantTrailers', () => sendTrailers(this.#stream, this.#trailers));
    this.#stream.respond(list, { ...PLAIN, endStream, waitForTrailers });
    if (endStream) this.#over();
    return undefined;
  }

  write(bytes: Buffer): Promise<void> | undefined {
    if (this.#answer === 'none') throw new RangeError('a body before its head');
    if (this.#answer !== 'begun') return undefined;
    this.#left -= bytes.length;
    if (this.#left < 0) throw new RangeError('more bytes of a body than its head promised');
    return writeTo(this.#stream, bytes);
  }

  end(trailers: Fields = []): Promise<void> | undefined {
    if (this.#answer !== 'begun') return undefined;
    if (this.#left > 0 && this.#left !== Number.POSITIVE_INFINITY) {
      throw new RangeError('fewer bytes of a body than its head promised');
    }
    if (this.#isGone) return Promise.reject(new PeerLeft('the client cancelled its request'));
    this.#trailers = trailerHeaders(trailers);
    this.#stream.end();
    this.#over();
    return undefined;
  }

  abort(): void {
    this.#answer = 'over';
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  accept({ fields }: ReplyHead): ByteStream {
    if (this.#answer !== 'none') throw new RangeError('a second reply to one request');
    if (this.#isGone) throw new PeerLeft('the client cancelled its request');
    this.#answer = 'over';
    this.#stream.respond([':status', '200', ...headerList(fields)], PLAIN);
    return new DuplexStream(this.#stream, this.#peer);
  }

  get #isGone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  #over(): void {
    this.#answer = 'over';
    // RFC 9113, 8.1: the reply is complete, and the rest of the request is of no interest.
    if (!this.body.complete) this.#stream.once('finish', () => this.#stream.close(constants.NGHTTP2_NO_ERROR));
  }

  #continue(): void {
    if (this.expectsContinue && this.#answer === 'none' && !this.#isGone)
      this.#stream.additionalHeaders({ ':status': 100 });
  }

  #closed(): void {
    const { writableFinished, rstCode } = this.#stream;
    // One whose last bytes went out with its end may be closed before it says that it has finished.
    if (this.#answer === 'over' && (writableFinished || rstCode === constants.NGHTTP2_NO_ERROR)) return;
    this.#gone.abort(new PeerLeft('the client cancelled its request'));
  }
}

function replyList({ status, fields }: ReplyHead, length: BodyLength, method: string): string[] {
  const list = [':status', String(status)];
  // Of what has no body of its own, the length is among its fields.
  const plain = isBodiless(status, method) ? fields.filter(([name]) => name !== 'content-length') : fields;
  const named = plain === fields ? undefined : fields.find(([name]) => name === 'content-length')?.[1];
  list.push(...headerList(plain));
  const stated = typeof length === 'number' ? String(length) : named;
  if (stated !== undefined && status !== 204) list.push('content-length', stated);
  return list;
}
