import { PeerLeft } from '../../../wire/peer-left.ts';
import type { BodyLength, Fields, MessageBody } from '../message.ts';
import { ChunkedDecoder, type ChunkLimits } from './chunked-decoder.ts';
import type { Input } from './input.ts';
import type { ReplyFraming } from './reply-head.ts';

const NO_TRAILERS: Fields = [];
const NOTHING = Buffer.alloc(0);

export interface BodyHooks {
  /** Before the first byte is waited for. */
  readonly onWanted?: () => Promise<void> | undefined;
  /** Once, when nobody looks at the last bytes any more: with the `read` after them, or at once where there are none. */
  readonly onEnd?: () => void;
  readonly read?: () => Promise<Buffer | null>;
  /** What to reject with where the body breaks off. */
  readonly onFault?: (fault: unknown) => unknown;
}

/** A body of HTTP/1.1 (RFC 9112, 6.3), its framing taken off. */
export class H1Body implements MessageBody {
  readonly length: BodyLength;
  readonly #input: Input;
  readonly #hooks: BodyHooks;
  readonly #chunks: ChunkedDecoder | undefined;
  /** Bytes that are still to come; of one that ends with the connection, more than ever will. */
  #left: number;
  #wanted = false;
  #told = false;
  #complete = false;

  constructor(input: Input, framing: ReplyFraming, limits: ChunkLimits, hooks: BodyHooks = {}) {
    this.#input = input;
    this.#hooks = hooks;
    this.#chunks = framing === 'chunked' ? new ChunkedDecoder(limits) : undefined;
    this.#left = typeof framing === 'number' ? framing : framing === 'none' ? 0 : Number.POSITIVE_INFINITY;
    this.length = framing === 'chunked' || framing === 'close' ? 'unknown' : framing;
    if (this.#left === 0) this.#complete = true;
  }

  /** True once its last byte was read, or there is none. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Bytes that are still to come, at most. */
  get left(): number {
    return this.#complete ? 0 : this.#left;
  }

  get trailers(): Fields {
    return this.#chunks?.trailers ?? NO_TRAILERS;
  }

  async read(): Promise<Buffer | null> {
    try {
      return await this.#readContent();
    } catch (fault) {
      throw this.#hooks.onFault?.(fault) ?? fault;
    }
  }

  get isWhole(): boolean {
    return this.#complete || (this.#chunks === undefined && this.#input.aheadBytes >= this.#left);
  }

  take(): Buffer | null | undefined {
    try {
      while (!this.#complete) {
        if (!this.#input.isAhead) return undefined;
        this.#wanted = true;
        const content = this.#taken(this.#input.takeAhead());
        if (content.length > 0) return content;
      }
      return this.#over();
    } catch (fault) {
      throw this.#hooks.onFault?.(fault) ?? fault;
    }
  }

  async #readContent(): Promise<Buffer | null> {
    while (!this.#complete) {
      const bytes = await this.#next();
      const content = bytes === null ? this.#ended() : this.#taken(bytes);
      if (content.length > 0) return content;
    }
    return this.#over();
  }

  #over(): null {
    if (!this.#told) this.#hooks.onEnd?.();
    this.#told = true;
    return null;
  }

  #next(): Promise<Buffer | null> {
    if (!this.#wanted) {
      this.#wanted = true;
      const said = this.#input.isAhead ? undefined : this.#hooks.onWanted?.();
      if (said !== undefined) return said.then(() => this.#read());
    }
    return this.#read();
  }

  #read(): Promise<Buffer | null> {
    return this.#input.isAhead ? this.#input.read() : (this.#hooks.read?.() ?? this.#input.read());
  }

  #taken(bytes: Buffer): Buffer {
    if (this.#chunks !== undefined) return this.#decoded(this.#chunks, bytes);
    if (bytes.length < this.#left) {
      this.#left -= bytes.length;
      return bytes;
    }
    this.#complete = true;
    if (bytes.length > this.#left) this.#input.giveBack(bytes.subarray(this.#left));
    return bytes.subarray(0, this.#left);
  }

  #decoded(chunks: ChunkedDecoder, bytes: Buffer): Buffer {
    const { content, rest } = chunks.decode(bytes);
    if (rest.length > 0) this.#input.giveBack(rest);
    this.#complete = chunks.done;
    return content;
  }

  /** Only what ends with the connection ends so; anything else was cut short. */
  #ended(): Buffer {
    if (this.#left !== Number.POSITIVE_INFINITY || this.#chunks !== undefined) {
      throw new PeerLeft('the peer left in the middle of a body');
    }
    this.#complete = true;
    return NOTHING;
  }
}
