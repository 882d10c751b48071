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

/** One message. `wire` is the whole of it, header included; `body` what follows the header. Both are views. */
export interface Message {
  /** The type byte, as a character code. */
  readonly type: number;
  readonly wire: Buffer;
  readonly body: Buffer;
}

const HEADER_BYTES = 5;

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
    return {
      type: held[start] as number,
      wire: held.subarray(start, end),
      body: held.subarray(start + HEADER_BYTES, end),
    };
  }

  /** Bytes held that are not yet a message: what is left when a stream ends in the middle of one. */
  get pendingBytes(): number {
    const pieces = this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
    return pieces + (this.#held === undefined ? 0 : this.#held.length - this.#offset);
  }
}

/** Reads the fields of one message body; running past its end is a `MalformedMessage`. */
export class BodyReader {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  int16(): number {
    return this.#take(2).readInt16BE(0);
  }

  int32(): number {
    return this.#take(4).readInt32BE(0);
  }

  uint32(): number {
    return this.#take(4).readUInt32BE(0);
  }

  byte(): number {
    return this.#take(1)[0] as number;
  }

  bytes(length: number): Buffer {
    return this.#take(length);
  }

  rest(): Buffer {
    return this.#take(this.#body.length - this.#at);
  }

  /** A zero-terminated string, as bytes. */
  cstring(): Buffer {
    const end = this.#body.indexOf(0, this.#at);
    if (end < 0) throw new MalformedMessage('malformed', 'a string without its end');
    const text = this.#body.subarray(this.#at, end);
    this.#at = end + 1;
    return text;
  }

  /** Asserts that nothing follows. */
  end(): void {
    if (this.#at !== this.#body.length) throw new MalformedMessage('malformed', 'bytes after the end of a message');
  }

  get remaining(): number {
    return this.#body.length - this.#at;
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (length < 0 || end > this.#body.length)
      throw new MalformedMessage('malformed', 'a message shorter than its fields');
    const taken = this.#body.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
