import { isUtf8 } from 'node:buffer';

/** Payloads of SSH as they stand on the wire (RFC 4251, section 5). */

/** What a peer sent is no SSH; the connection ends. */
export class MalformedSsh extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedSsh';
  }
}

/** Reads one payload from front to back. Throws `MalformedSsh` where it is too short. */
export class PacketReader {
  readonly #bytes: Buffer;
  #at: number;

  /** Begins behind the byte that says which message it is, unless told otherwise. */
  constructor(bytes: Buffer, at = 1) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    return this.#bytes[this.#take(1)] ?? 0;
  }

  bool(): boolean {
    return this.byte() !== 0;
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8));
  }

  /** A view of what was read. */
  string(): Buffer {
    const length = this.u32();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** UTF-8; what is none of it is refused, because two readers could take it for two texts. */
  text(): string {
    const bytes = this.string();
    if (!isUtf8(bytes)) throw new MalformedSsh('a text that is no UTF-8');
    return bytes.toString('utf8');
  }

  list(): readonly string[] {
    const text = this.text();
    return text === '' ? [] : text.split(',');
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#take(this.left));
  }

  /** Throws where something is left over. */
  end(): void {
    if (this.left !== 0) throw new MalformedSsh('a message with something behind it');
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.left) throw new MalformedSsh('a message that ends too soon');
    this.#at += length;
    return at;
  }
}

/** Writes one payload. */
export class PacketWriter {
  readonly #pieces: Buffer[] = [];

  constructor(message?: number) {
    if (message !== undefined) this.byte(message);
  }

  byte(value: number): this {
    this.#pieces.push(Buffer.of(value));
    return this;
  }

  bool(value: boolean): this {
    return this.byte(value ? 1 : 0);
  }

  u32(value: number): this {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(value);
    this.#pieces.push(bytes);
    return this;
  }

  u64(value: bigint): this {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigUInt64BE(value);
    this.#pieces.push(bytes);
    return this;
  }

  string(value: string | Uint8Array): this {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value);
    this.u32(bytes.length);
    this.#pieces.push(bytes);
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#pieces.push(Buffer.from(bytes));
    return this;
  }

  done(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}
