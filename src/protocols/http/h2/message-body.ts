import { constants, type Http2Stream } from 'node:http2';
import { PeerLeft } from '../../../wire/peer-left.ts';
import { type BodyLength, type Fields, MalformedHttp, type MessageBody } from '../message.ts';
import { readTrailers, type SectionLimits } from './fields.ts';

export interface H2BodyOptions {
  readonly length: BodyLength;
  /** True where the bytes of the stream are for somebody else. */
  readonly isTunnel?: boolean;
  /** Of the fields behind it. */
  readonly limits: SectionLimits;
  /** Before the first byte is waited for. */
  readonly onWanted?: () => void;
  /** Once, when it was read to its end. */
  readonly onEnd?: () => void;
  /** Why the stream was closed from this side, if it was. */
  readonly reason?: () => unknown;
  /** What a framing that breaks is to be told as. */
  readonly status: 400 | 502;
}

/** What comes on a stream of HTTP/2 behind its header section (RFC 9113, 8.1). */
export class H2Body implements MessageBody {
  readonly length: BodyLength;
  readonly #stream: Http2Stream;
  readonly #options: H2BodyOptions;
  #trailers: Fields = [];
  #left: number;
  #state: 'waiting' | 'reading' | 'ended' | 'read' = 'waiting';
  #fault: Error | undefined;
  #wake: (() => void) | undefined;

  /** At once when the stream came, so that none of its events is missed. */
  constructor(stream: Http2Stream, options: H2BodyOptions) {
    this.length = options.length;
    this.#stream = stream;
    this.#options = options;
    this.#left = typeof options.length === 'number' ? options.length : Number.POSITIVE_INFINITY;
    if (options.length === 'none') {
      this.#state = 'read';
      if (options.isTunnel !== true) stream.resume();
      return;
    }
    stream.on('readable', () => this.#wake?.());
    stream.on('trailers', (_headers, _flags, raw: readonly string[]) => this.#end(raw));
    stream.on('end', () => this.#ended());
    stream.on('close', () => this.#broke());
  }

  get complete(): boolean {
    return this.#state === 'ended' || this.#state === 'read';
  }

  get trailers(): Fields {
    return this.#trailers;
  }

  take(): Buffer | null | undefined {
    if (this.#state === 'waiting') {
      this.#state = 'reading';
      this.#options.onWanted?.();
    }
    const bytes = this.#state === 'read' ? null : (this.#stream.read() as Buffer | null);
    if (bytes !== null) return this.#counted(bytes);
    if (this.#fault !== undefined) throw this.#fault;
    return this.complete ? this.#finish() : undefined;
  }

  async read(): Promise<Buffer | null> {
    for (;;) {
      const taken = this.take();
      if (taken !== undefined) return taken;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #counted(bytes: Buffer): Buffer {
    this.#left -= bytes.length;
    // nghttp2 looks at it as well (RFC 9113, 8.1.1).
    if (this.#left < 0) throw new MalformedHttp(this.#options.status, 'a body that is longer than its length');
    return bytes;
  }

  #finish(): null {
    if (this.#state === 'read') return null;
    this.#state = 'read';
    if (this.#left > 0 && this.#left !== Number.POSITIVE_INFINITY) {
      throw new MalformedHttp(this.#options.status, 'a body that is shorter than its length');
    }
    this.#options.onEnd?.();
    return null;
  }

  #end(raw: readonly string[]): void {
    try {
      this.#trailers = readTrailers(raw, this.#options.limits);
    } catch (fault) {
      this.#fault =
        fault instanceof MalformedHttp ? new MalformedHttp(this.#options.status, fault.message) : (fault as Error);
    }
  }

  #ended(): void {
    if (this.#state !== 'read') this.#state = 'ended';
    this.#wake?.();
  }

  #broke(): void {
    if (!this.complete) this.#fault ??= this.#why();
    this.#wake?.();
  }

  #why(): Error {
    const reason = this.#options.reason?.();
    if (reason instanceof Error) return reason;
    if (this.#stream.rstCode === constants.NGHTTP2_PROTOCOL_ERROR) {
      return new MalformedHttp(this.#options.status, 'a body that HTTP/2 has not');
    }
    return new PeerLeft('the peer left in the middle of a body');
  }
}
