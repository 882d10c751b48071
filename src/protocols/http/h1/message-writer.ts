import type { ByteStream } from '../../../wire/byte-stream.ts';
import type { Fields } from '../message.ts';
import { fieldLines } from './write-head.ts';

/** How a body is framed that is sent: so many bytes, in chunks, until the end of the connection, or not at all. */
export type SentFraming = number | 'none' | 'chunked' | 'close';

/** Up to so many bytes are copied behind their framing; a write of their own costs more. */
const JOINED_BYTES = 32 * 1024;
const EMPTY = Buffer.alloc(0);

/** Writes messages to one peer, a small one in one write. Of one message at a time. */
export class MessageWriter {
  readonly #stream: ByteStream;
  /** Goes with the first bytes of the body, or by itself where those are not there at once. */
  #head = '';
  #framing: SentFraming = 'none';
  #left = 0;
  #later: NodeJS.Immediate | undefined;
  #slow: Promise<void> | undefined;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** True where a body of a known length was not written in full. */
  get isShort(): boolean {
    return this.#left > 0;
  }

  /** `head` is latin1 text, with its empty line. */
  begin(head: string, framing: SentFraming): Promise<void> | undefined {
    this.#framing = framing;
    this.#left = typeof framing === 'number' ? framing : 0;
    if (framing === 'none' || framing === 0) return this.#stream.write(Buffer.from(head, 'latin1'));
    this.#head = head;
    this.#later = setImmediate(() => void this.#flush());
    return undefined;
  }

  /** Throws `RangeError` for more bytes than the head promised. */
  write(bytes: Buffer): Promise<void> | undefined {
    if (bytes.length === 0 || this.#framing === 'none') return undefined;
    if (typeof this.#framing === 'number') {
      this.#left -= bytes.length;
      if (this.#left < 0) throw new RangeError('more bytes of a body than its head promised');
    }
    return this.#framing === 'chunked' ? this.#send(sizeLine(bytes.length), bytes, '\r\n') : this.#send('', bytes, '');
  }

  /** The body is over. `RangeError` where bytes of it are missing. */
  end(trailers: Fields = []): Promise<void> | undefined {
    if (this.#left > 0) throw new RangeError('fewer bytes of a body than its head promised');
    if (this.#framing !== 'chunked') return this.#flush();
    return this.#send(trailers.length === 0 ? '0\r\n\r\n' : `0\r\n${fieldLines(trailers)}\r\n`, EMPTY, '');
  }

  /** Nothing of what was held back is sent. */
  drop(): void {
    clearImmediate(this.#later);
    this.#head = '';
  }

  #flush(): Promise<void> | undefined {
    return this.#head === '' ? this.#waiting() : this.#send('', EMPTY, '');
  }

  #send(before: string, bytes: Buffer, behind: string): Promise<void> | undefined {
    const start = this.#head + before;
    if (this.#head !== '') {
      clearImmediate(this.#later);
      this.#head = '';
    }
    if (start === '' && behind === '') return this.#write(bytes);
    if (bytes.length > JOINED_BYTES) {
      this.#stream.write(Buffer.from(start, 'latin1'))?.catch(isToldAnyway);
      if (behind === '') return this.#write(bytes);
      this.#stream.write(bytes)?.catch(isToldAnyway);
      return this.#write(Buffer.from(behind, 'latin1'));
    }
    const all = Buffer.allocUnsafe(start.length + bytes.length + behind.length);
    all.write(start, 0, 'latin1');
    bytes.copy(all, start.length);
    if (behind !== '') all.write(behind, start.length + bytes.length, 'latin1');
    return this.#write(all);
  }

  #write(bytes: Buffer): Promise<void> | undefined {
    const slow = this.#stream.write(bytes);
    if (slow !== undefined) {
      this.#slow = slow;
      slow.catch(isToldAnyway);
    }
    return slow;
  }

  /** What was written by itself and has not been taken yet. */
  #waiting(): Promise<void> | undefined {
    const slow = this.#slow;
    this.#slow = undefined;
    return slow;
  }
}

/** The write behind it on the same stream fails as well, and so does whoever waits for the stream's signal. */
function isToldAnyway(): void {}

function sizeLine(length: number): string {
  return `${length.toString(16)}\r\n`;
}
