import { PeerLeft } from '../../../wire/peer-left.ts';
import type { BodyLength, Fields, IncomingRequest, MessageBody, ReplyHead, RequestHead } from '../../http/message.ts';

export interface InnerAsked {
  readonly method: 'POST' | 'GET' | 'DELETE';
  /** As the client named the port. */
  readonly authority: string;
  readonly fields: Fields;
  /** Empty where the method has none. */
  readonly body: Buffer;
}

/** A request that comes from no connection, and the reply to it as it is read. */
export class InnerCall implements IncomingRequest, MessageBody {
  readonly head: RequestHead;
  readonly expectsContinue = false;
  readonly trailers: Fields = [];
  readonly #asked: Buffer;
  readonly #leaving = new AbortController();
  readonly #head = Promise.withResolvers<ReplyHead>();
  readonly #pieces: Buffer[] = [];
  #isRead = false;
  #size = 0;
  #end: 'open' | 'ended' | 'broken' = 'open';
  #wake: (() => void) | undefined;
  #drained: PromiseWithResolvers<void> | undefined;

  constructor({ method, authority, fields, body }: InnerAsked) {
    this.head = { version: '1.1', method, authority, target: '/', absolute: false, fields };
    this.#asked = body;
    // Whoever waits for the head hears of it; that nobody does is no fault.
    this.#head.promise.catch(() => undefined);
  }

  get signal(): AbortSignal {
    return this.#leaving.signal;
  }

  get body(): MessageBody {
    return this;
  }

  get length(): BodyLength {
    return this.#asked.length === 0 ? 'none' : this.#asked.length;
  }

  /** The request's body. */
  read(): Promise<Buffer | null> {
    if (this.#isRead || this.#asked.length === 0) return Promise.resolve(null);
    this.#isRead = true;
    return Promise.resolve(this.#asked);
  }

  respond(head: ReplyHead): undefined {
    this.#head.resolve(head);
  }

  /** A promise while whoever reads is behind. */
  write(bytes: Buffer): Promise<void> | undefined {
    if (this.#end !== 'open' || bytes.length === 0) return undefined;
    this.#pieces.push(Buffer.from(bytes));
    this.#size += bytes.length;
    this.#wake?.();
    if (this.#size <= HIGH_WATER) return undefined;
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  end(): undefined {
    this.#over('ended');
  }

  abort(): void {
    this.#over('broken');
  }

  accept(): never {
    throw new PeerLeft('what comes from no connection becomes no other protocol');
  }

  /** Asks no more. */
  leave(): void {
    if (this.#leaving.signal.aborted) return;
    this.#leaving.abort(new PeerLeft('the client asked no more'));
    this.#over('broken');
  }

  /** The reply's head; rejects where there will be none. */
  get answered(): Promise<ReplyHead> {
    return this.#head.promise;
  }

  /** The reply's bytes as they come; throws `PeerLeft` where it breaks off. */
  async *reply(): AsyncGenerator<Buffer> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#size -= piece.length;
        if (this.#size <= HIGH_WATER) this.#release();
        yield piece;
        continue;
      }
      if (this.#end === 'broken') throw new PeerLeft('the reply broke off');
      if (this.#end === 'ended') return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  /** Takes what is left of the reply, or leaves after so many milliseconds. Never rejects. */
  async drain(ms: number): Promise<void> {
    const late = setTimeout(() => this.leave(), ms);
    try {
      for await (const _ of this.reply());
    } catch {
      // That it breaks off after its answer changes nothing.
    } finally {
      clearTimeout(late);
    }
  }

  #over(end: 'ended' | 'broken'): void {
    if (this.#end !== 'open') return;
    this.#end = end;
    this.#head.reject(new PeerLeft('there was no reply'));
    this.#release();
    this.#wake?.();
  }

  #release(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}

/** Bytes that may wait to be read before whoever writes them waits as well. */
const HIGH_WATER = 256 * 1024;
