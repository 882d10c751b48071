import { type ClientHttp2Stream, constants } from 'node:http2';
import { DuplexStream } from '../../../wire/duplex-stream.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { type IncomingReply, MalformedHttp, type OutgoingRequest } from '../message.ts';
import type { HttpWireLimits } from '../wire-limits.ts';
import { trailerHeaders, trailerLimits } from './fields.ts';
import { H2Body } from './message-body.ts';
import { readReply } from './reply-head.ts';
import { sendTrailers, writeTo } from './stream-writer.ts';

export interface CallParts {
  readonly request: OutgoingRequest;
  readonly limits: HttpWireLimits;
  readonly peer: string;
  /** Once, when the reply was read to its end. */
  readonly onReplied: () => void;
}

/** One request to a server, on its stream. */
export class H2Call {
  readonly #stream: ClientHttp2Stream;
  readonly #parts: CallParts;
  #sent = false;
  #sendFault: unknown;
  #replied = false;

  constructor(stream: ClientHttp2Stream, parts: CallParts) {
    this.#stream = stream;
    this.#parts = parts;
    // Whoever waits for it is told by `close`.
    stream.on('error', () => undefined);
  }

  /** Sends the body, and resolves with the reply's head. The signal ends all of it. */
  async run(signal: AbortSignal): Promise<IncomingReply> {
    const onAbort = (): void => {
      this.#sendFault ??= signal.reason;
      this.#stream.close(constants.NGHTTP2_CANCEL);
      // A session that reads no more would never tell that the stream is closed.
      setImmediate(() => this.#stream.destroy());
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#stream.once('close', () => signal.removeEventListener('abort', onAbort));
    const reply = this.#reply();
    const { length, upgrade } = this.#parts.request;
    if (upgrade !== undefined) this.#sent = true;
    else if (length === 'none') this.#sent = true;
    else void this.#send();
    try {
      return await reply;
    } catch (fault) {
      this.#stream.close(constants.NGHTTP2_CANCEL);
      signal.throwIfAborted();
      throw this.#told(fault);
    }
  }

  #reply(): Promise<IncomingReply> {
    return new Promise((resolve, reject) => {
      let interim = 0;
      this.#stream.on('headers', () => {
        if (++interim <= this.#parts.limits.maxHttpInterimReplies) return;
        reject(new MalformedHttp(502, 'more interim replies than are taken'));
      });
      this.#stream.once('response', (_headers, flags, raw: readonly string[]) => {
        try {
          resolve(this.#read(raw, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0));
        } catch (fault) {
          reject(fault);
        }
      });
      this.#stream.once('close', () => reject(this.#closed()));
    });
  }

  #read(raw: readonly string[], ends: boolean): IncomingReply {
    const { request, limits, peer } = this.#parts;
    const { head, length } = readReply(raw, ends, request.method, limits);
    const isTunnel = request.upgrade !== undefined && head.status < 300;
    const body = new H2Body(this.#stream, {
      length: isTunnel ? 'none' : length,
      isTunnel,
      limits: trailerLimits(limits),
      status: 502,
      onEnd: () => this.#end(),
      reason: () => this.#sendFault,
    });
    if (isTunnel) return { head, body, upgraded: new DuplexStream(this.#stream, peer) };
    if (length === 'none') this.#end();
    return { head, body };
  }

  /** The reply is complete: what is still being sent is of no interest to anybody. */
  #end(): void {
    if (this.#replied) return;
    this.#replied = true;
    if (!this.#sent) this.#stream.close(constants.NGHTTP2_CANCEL);
    else if (!this.#stream.writableEnded) this.#stream.end();
    this.#parts.onReplied();
  }

  /** Goes on beside the reply, which may come before its end. */
  async #send(): Promise<void> {
    const { body, trailers } = this.#parts.request;
    let behind: ReturnType<typeof trailerHeaders> = {};
    this.#stream.once('wantTrailers', () => sendTrailers(this.#stream, behind));
    try {
      for await (const bytes of body ?? []) {
        const slow = writeTo(this.#stream, bytes);
        if (slow !== undefined) await slow;
      }
      behind = trailerHeaders(trailers?.() ?? []);
      this.#sent = true;
      this.#stream.end();
    } catch (fault) {
      if (this.#replied) return;
      // The server must not take what it got for the whole.
      this.#sendFault ??= fault;
      this.#stream.close(constants.NGHTTP2_CANCEL);
    }
  }

  #closed(): Error {
    if (this.#stream.rstCode === constants.NGHTTP2_PROTOCOL_ERROR)
      return new MalformedHttp(502, 'a reply that HTTP/2 has not');
    return new PeerLeft('the server closed the connection instead of replying');
  }

  #told(fault: unknown): unknown {
    if (this.#sendFault !== undefined) return this.#sendFault;
    return fault instanceof MalformedHttp ? new MalformedHttp(502, fault.message) : fault;
  }
}
