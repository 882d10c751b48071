import { MOST_PACKET_BYTES } from './numbers.ts';

/** What is no SFTP: the connection that it came from cannot be believed any more. */
export class MalformedSftp extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'MalformedSftp';
  }
}

const LENGTH_BYTES = 4;
const NOTHING = Buffer.alloc(0);

/**
 * Takes packets out of bytes that come cut anywhere (draft, section 3), each with its length before it. A packet is a
 * view of the bytes where it came whole, which must be nobody else's. Throws `MalformedSftp` for a length that no packet has.
 */
export class PacketReader {
  /** Of the packet that has begun, its length among them. */
  #pieces: Buffer[] = [];
  #held = 0;
  /** How long that packet is with its length; 0 where that is not known yet. */
  #wanted = 0;

  /** True between packets. */
  get isIdle(): boolean {
    return this.#held === 0;
  }

  *push(bytes: Buffer): Generator<Buffer, void> {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#held === 0 && rest.length >= LENGTH_BYTES) {
        const wanted = wantedOf(rest);
        if (rest.length < wanted) {
          this.#hold(rest, wanted);
          return;
        }
        yield rest.subarray(0, wanted);
        rest = rest.subarray(wanted);
        continue;
      }
      rest = this.#goOn(rest);
      if (this.#wanted > 0 && this.#held === this.#wanted) yield this.#take();
    }
  }

  /** Takes what belongs to the packet that has begun, and gives back what does not. */
  #goOn(bytes: Buffer): Buffer {
    const target = this.#wanted === 0 ? LENGTH_BYTES : this.#wanted;
    const part = bytes.subarray(0, target - this.#held);
    this.#hold(part, this.#wanted);
    if (this.#wanted === 0 && this.#held === LENGTH_BYTES) {
      const head = Buffer.concat(this.#pieces);
      this.#wanted = wantedOf(head);
      this.#pieces = [head];
    }
    return bytes.subarray(part.length);
  }

  #hold(bytes: Buffer, wanted: number): void {
    this.#pieces.push(bytes);
    this.#held += bytes.length;
    this.#wanted = wanted;
  }

  #take(): Buffer {
    const packet = this.#pieces.length === 1 ? (this.#pieces[0] ?? NOTHING) : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#held = 0;
    this.#wanted = 0;
    return packet;
  }
}

function wantedOf(head: Buffer): number {
  const length = head.readUInt32BE(0);
  if (length === 0 || length > MOST_PACKET_BYTES) throw new MalformedSftp(`a packet of ${length} bytes`);
  return LENGTH_BYTES + length;
}

/** The number that a reply has of its request; behind the type. */
export function idOf(packet: Buffer): number {
  if (packet.length < ID_END) throw new MalformedSftp('a packet that has no number');
  return packet.readUInt32BE(ID_AT);
}

/** Gives a packet another number, where it lies. */
export function renumber(packet: Buffer, id: number): Buffer {
  packet.writeUInt32BE(id, ID_AT);
  return packet;
}

const ID_AT = LENGTH_BYTES + 1;
const ID_END = ID_AT + 4;

/** Reads the fields of one packet behind its length, in their order. Throws `MalformedSftp` where they are not there. */
export class FieldReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = LENGTH_BYTES) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isOver(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Where the next field begins. */
  get at(): number {
    return this.#at;
  }

  byte(): number {
    return this.#bytes[this.#next(1)] ?? 0;
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#next(4));
  }

  uint64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#next(8));
  }

  /** A view. */
  string(): Buffer {
    const length = this.uint32();
    const start = this.#next(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Nothing may stand behind what was read. */
  end(): void {
    if (!this.isOver)
      throw new MalformedSftp(`${this.#bytes.length - this.#at} bytes more than a packet of its kind has`);
  }

  #next(bytes: number): number {
    const start = this.#at;
    if (start + bytes > this.#bytes.length) throw new MalformedSftp('a packet that ends within a field');
    this.#at = start + bytes;
    return start;
  }
}

/** A field of a packet that is written: a number of 32 bits, one of 64, a string, or bytes that are fields already. */
export type Field = number | bigint | Buffer | { readonly raw: Buffer };

/** A whole packet with its length: type, then id where there is one, then fields. */
export function packetOf(type: number, fields: readonly Field[]): Buffer {
  const length = fields.reduce<number>((sum, field) => sum + sizeOf(field), 1);
  const packet = Buffer.allocUnsafe(LENGTH_BYTES + length);
  packet.writeUInt32BE(length, 0);
  packet[LENGTH_BYTES] = type;
  let at = LENGTH_BYTES + 1;
  for (const field of fields) at = write(packet, field, at);
  return packet;
}

function sizeOf(field: Field): number {
  if (typeof field === 'number') return 4;
  if (typeof field === 'bigint') return 8;
  return Buffer.isBuffer(field) ? 4 + field.length : field.raw.length;
}

function write(packet: Buffer, field: Field, at: number): number {
  if (typeof field === 'number') return packet.writeUInt32BE(field, at);
  if (typeof field === 'bigint') return packet.writeBigUInt64BE(field, at);
  if (!Buffer.isBuffer(field)) return at + field.raw.copy(packet, at);
  const start = packet.writeUInt32BE(field.length, at);
  return start + field.copy(packet, start);
}
