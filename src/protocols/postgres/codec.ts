/**
 * Framing of PostgreSQL's protocol 3 (manual, 55.7): a type byte and an Int32 length that counts itself. Pure: bytes
 * in, messages out, however the bytes were cut.
 */

/** What a peer sent that is not the protocol; says what, and carries none of the bytes. */
export class MalformedMessage extends Error {
  readonly code: 'malformed' | 'too-large';

  constructor(code: 'malformed' | 'too-large', message: string) {
    super(message);
    this.name = 'MalformedMessage';
    this.code = code;
  }
}

const HEADER_BYTES = 5;

/** One message, a view of the bytes that came. */
export class Message {
  /** The type byte, as a character code. */
  readonly type: number;
  /** The whole of it, header included. */
  readonly wire: Buffer;

  constructor(wire: Buffer) {
    this.type = wire[0] as number;
    this.wire = wire;
  }

  /** What follows the header. */
  get body(): Buffer {
    return this.wire.subarray(HEADER_BYTES);
  }
}

/** Cuts a stream into whole messages. Holds at most one message of `maxMessageBytes`; a longer one throws. */
export class MessageDecoder {
  readonly #maxMessageBytes: number;
  #held: Buffer | undefined;
  #offset = 0;
  /** Pieces of a message that is not yet whole, and what it still lacks. */
  #pieces: Buffer[] = [];
  #missing = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Adds bytes; they must stay as they are while messages cut from them are in use. */
  push(chunk: Buffer): void {
    if (this.#missing > 0) {
      this.#pieces.push(chunk);
      this.#missing -= chunk.length;
      if (this.#missing > 0) return;
      this.#held = Buffer.concat(this.#pieces);
      this.#pieces = [];
      this.#missing = 0;
    } else {
      this.#held = this.#held === undefined ? chunk : Buffer.concat([this.#held.subarray(this.#offset), chunk]);
    }
    this.#offset = 0;
  }

  /** The next whole message, or undefined until more bytes came. */
  next(): Message | undefined {
    const held = this.#held;
    if (held === undefined) return undefined;
    const start = this.#offset;
    const available = held.length - start;
    if (available < HEADER_BYTES) {
      if (available === 0) this.#held = undefined;
      return undefined;
    }
    const length = held.readInt32BE(start + 1);
    if (length < 4) throw new MalformedMessage('malformed', 'a message length under 4');
    if (length > this.#maxMessageBytes) throw new MalformedMessage('too-large', `a message of ${length} bytes`);
    const end = start + 1 + length;
    if (end > held.length) {
      this.#pieces = [held.subarray(start)];
      this.#missing = end - held.length;
      this.#held = undefined;
      return undefined;
    }
    this.#offset = end;
    return new Message(start === 0 && end === held.length ? held : held.subarray(start, end));
  }

  /** Bytes held that are not yet a message: what is left when a stream ends in the middle of one. */
  get pendingBytes(): number {
    const pieces = this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
    return pieces + (this.#held === undefined ? 0 : this.#held.length - this.#offset);
  }
}

/** Reads the fields of one message body; running past its end is a `MalformedMessage`. */
export class BodyReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(body: Buffer, start = 0) {
    this.#bytes = body;
    this.#end = body.length;
    this.#at = start;
  }

  /** The fields of a message, without a view of its body being made. */
  static of(message: Message): BodyReader {
    return new BodyReader(message.wire, HEADER_BYTES);
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#skip(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#skip(4));
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#skip(4));
  }

  byte(): number {
    return this.#bytes[this.#skip(1)] as number;
  }

  bytes(length: number): Buffer {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  /** A zero-terminated string, as bytes. */
  cstring(): Buffer {
    const start = this.#at;
    const end = this.#bytes.indexOf(0, start);
    if (end < 0) throw new MalformedMessage('malformed', 'a string without its end');
    this.#at = end + 1;
    return this.#bytes.subarray(start, end);
  }

  /** A zero-terminated name. */
  name(): string {
    if (this.#bytes[this.#at] === 0) {
      this.#at++;
      return '';
    }
    return this.cstring().toString('utf8');
  }

  /** Asserts that nothing follows. */
  end(): void {
    if (this.#at !== this.#end) throw new MalformedMessage('malformed', 'bytes after the end of a message');
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  #skip(length: number): number {
    const start = this.#at;
    if (length < 0 || start + length > this.#end) {
      throw new MalformedMessage('malformed', 'a message shorter than its fields');
    }
    this.#at = start + length;
    return start;
  }
}
