import type { ByteStream } from '../../../wire/byte-stream.ts';
import { MalformedHttp } from '../message.ts';
import { refuseBareLf } from './chunked-decoder.ts';

const EMPTY = Buffer.alloc(0);
const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** The bytes of one peer, of which heads and bodies are cut. One reader at a time. */
export class Input {
  readonly #stream: ByteStream;
  readonly #maxHeadBytes: number;
  #ahead: Buffer = EMPTY;
  #pending: Promise<Buffer | null> | undefined;

  constructor(stream: ByteStream, maxHeadBytes: number) {
    this.#stream = stream;
    this.#maxHeadBytes = maxHeadBytes;
  }

  /** True where bytes were read that nobody has taken. */
  get isAhead(): boolean {
    return this.#ahead.length > 0;
  }

  get aheadBytes(): number {
    return this.#ahead.length;
  }

  /** What was read ahead, or the next bytes of the peer; null at its end. A view, valid until the next call. */
  read(): Promise<Buffer | null> {
    if (this.#ahead.length > 0) return Promise.resolve(this.takeAhead());
    const pending = this.#pending;
    this.#pending = undefined;
    return pending ?? this.#stream.read();
  }

  takeAhead(): Buffer {
    const ahead = this.#ahead;
    this.#ahead = EMPTY;
    return ahead;
  }

  /** Gives back what follows; of the bytes that were read last. */
  giveBack(bytes: Buffer): void {
    this.#ahead = bytes;
  }

  /** Reads while nobody waits for anything, and tells `onAny` if something comes, the end included. */
  watch(onAny: () => void): void {
    if (this.#pending !== undefined) return;
    this.#pending = this.#stream.read();
    this.#pending.then(onAny, onAny);
  }

  /** Gives the peer's bytes to whoever carries on with them. Nothing is read any more. */
  release(): ByteStream {
    if (this.#ahead.length > 0) this.#stream.unread(this.takeAhead());
    return this.#stream;
  }

  /**
   * The next head, as latin1 text with the last field's CRLF and without the empty line. Null where the peer ends before
   * its first byte; throws `MalformedHttp` where it ends or passes the bound inside, or sends a bare LF.
   */
  async readHead(onFirstByte?: () => void): Promise<string | null> {
    let searched = 0;
    for (let bytes = this.takeAhead(); ; ) {
      const end = bytes.indexOf(END_OF_HEAD, Math.max(0, searched - END_OF_HEAD.length));
      if (end >= 0 && end <= this.#maxHeadBytes) {
        this.#ahead = bytes.subarray(end + END_OF_HEAD.length);
        return bytes.toString('latin1', 0, end + 2);
      }
      if (end >= 0 || bytes.length > this.#maxHeadBytes) throw new MalformedHttp(431, 'a head that is too long');
      refuseBareLf(bytes);
      searched = bytes.length;
      // A copy: what was read is valid until more is.
      const held = searched > 0 ? Buffer.from(bytes) : EMPTY;
      if (searched > 0) onFirstByte?.();
      const more = await this.read();
      if (more === null) {
        if (searched === 0) return null;
        throw new MalformedHttp(400, 'a head without its end');
      }
      bytes = searched > 0 ? Buffer.concat([held, more]) : more;
    }
  }
}
