import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { ByteStream } from '../../../wire/byte-stream.ts';
import { type IncomingRequest, MalformedHttp, type ServerConnection } from '../message.ts';
import type { HttpWireLimits } from '../wire-limits.ts';
import { destroySession } from './destroy-session.ts';
import { floodGuard, guardControlFrames } from './flood-guard.ts';
import { H2IncomingRequest, PLAIN } from './incoming-request.ts';
import { keepAlive } from './keep-alive.ts';
import { type H2Request, readRequest } from './request-head.ts';
import { RESETS_AT_ONCE, serverOptions } from './session-options.ts';

export interface H2ServerOptions {
  readonly limits: HttpWireLimits;
  /** How many requests a client may have under way at once. */
  readonly concurrency: number;
}

/** A client's connection that speaks HTTP/2, from its preface on (RFC 9113). */
export class H2ServerConnection implements ServerConnection {
  readonly concurrency: number;
  readonly #stream: ByteStream;
  readonly #limits: HttpWireLimits;
  readonly #session: ServerHttp2Session;
  /** Requests that came and that nobody has asked for. */
  readonly #waiting = new Set<H2IncomingRequest>();
  readonly #takenBack: () => void;
  #open = 0;
  #idle: NodeJS.Timeout | undefined;
  #ended: { readonly fault: MalformedHttp | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(stream: ByteStream, { limits, concurrency }: H2ServerOptions) {
    this.#stream = stream;
    this.#limits = limits;
    this.concurrency = concurrency;
    this.#session = performServerHandshake(stream.toDuplex(), serverOptions(limits, concurrency));
    this.#session.on('stream', (one: ServerHttp2Stream, _headers: unknown, flags: number, raw: string[]) => {
      this.#came(one, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0, raw);
    });
    // What breaks on this connection ends it, and `close` tells.
    this.#session.on('error', () => undefined);
    this.#session.on('close', () => this.#end(undefined));
    guardControlFrames(this.#session);
    keepAlive(this.#session, limits.httpIdleMs);
    this.#takenBack = floodGuard(this.#session, RESETS_AT_ONCE, () => this.#end(undefined));
    this.#rest();
  }

  async next(): Promise<IncomingRequest | undefined> {
    for (;;) {
      for (const request of this.#waiting) {
        this.#waiting.delete(request);
        return request;
      }
      if (this.#ended?.fault !== undefined) throw this.#ended.fault;
      if (this.#ended !== undefined) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  retire(): void {
    if (!this.#session.closed) this.#session.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle);
    await destroySession(this.#session);
    await this.#stream[Symbol.asyncDispose]();
  }

  #came(stream: ServerHttp2Stream, ends: boolean, raw: readonly string[]): void {
    // Whoever waits for it is told by `close`.
    stream.on('error', () => undefined);
    // It is told later than it came, and may be gone by then: what is said on it would be thrown back.
    if (stream.destroyed || stream.closed) return this.#takenBack();
    if (this.#ended !== undefined) return stream.close(constants.NGHTTP2_REFUSED_STREAM);
    this.#follow(stream);
    // Streams that were taken back are open here until that was told: a flood of them is not taken up.
    if (this.#open > 2 * this.concurrency) return stream.close(constants.NGHTTP2_REFUSED_STREAM);
    const asked = this.#read(stream, ends, raw);
    if (asked === undefined) return;
    const request = new H2IncomingRequest(stream, asked, this.#stream.peer, this.#limits);
    this.#waiting.add(request);
    // One that is taken back before anybody saw it was never there.
    const leave = (): void => {
      this.#waiting.delete(request);
      this.#takenBack();
    };
    request.signal.addEventListener('abort', leave, { once: true });
    this.#wake?.();
  }

  #read(stream: ServerHttp2Stream, ends: boolean, raw: readonly string[]): H2Request | undefined {
    try {
      return readRequest(raw, ends, this.#limits);
    } catch (fault) {
      if (!(fault instanceof MalformedHttp)) throw fault;
      this.#refuse(stream, fault);
      return undefined;
    }
  }

  /** Says what is wrong on its stream, and takes nothing more on this connection. */
  #refuse(stream: ServerHttp2Stream, fault: MalformedHttp): void {
    stream.respond({ ':status': fault.status, 'content-type': 'text/plain' }, PLAIN);
    stream.end(`${fault.message}\n`);
    stream.resume();
    this.retire();
    this.#end(fault);
  }

  #follow(stream: ServerHttp2Stream): void {
    this.#open++;
    clearTimeout(this.#idle);
    stream.once('close', () => {
      if (--this.#open === 0) this.#rest();
    });
  }

  #rest(): void {
    this.#idle = setTimeout(() => this.retire(), this.#limits.httpIdleMs).unref();
  }

  #end(fault: MalformedHttp | undefined): void {
    this.#ended ??= { fault };
    this.#wake?.();
    this.#wake = undefined;
  }
}
