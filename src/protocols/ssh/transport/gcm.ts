/**
 * Packets under AES-GCM (RFC 5647 with the names and the clear length of OpenSSH's PROTOCOL, section 1.6). The library's
 * own make a key anew and several buffers for each packet, which is most of what bulk costs, and take 35,000 bytes at most.
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';
import { MalformedSsh } from './packets.ts';

/** What the library has agreed on for one direction; `iv` is the first packet's, and is counted up from there. */
export interface GcmKeys {
  readonly algorithm: 'aes-128-gcm' | 'aes-256-gcm';
  readonly key: Buffer;
  readonly iv: Buffer;
  /** Of the first packet. */
  readonly sequence: number;
}

/** Encrypts what is sent. Has the members that the library calls. */
export class GcmCipher {
  outSeqno: number;
  readonly #algorithm: GcmKeys['algorithm'];
  readonly #key: KeyObject;
  readonly #iv: Buffer;
  readonly #write: (piece: Buffer) => void;
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  #plain = NOTHING;

  /** `write` must be done with each piece when it returns. */
  constructor({ algorithm, key, iv, sequence }: GcmKeys, write: (piece: Buffer) => void) {
    this.outSeqno = sequence;
    this.#algorithm = algorithm;
    this.#key = createSecretKey(key);
    this.#iv = Buffer.from(iv);
    this.#write = write;
  }

  /** A payload in two pieces. */
  seal(head: Uint8Array, bytes: Uint8Array): void {
    const length = head.length + bytes.length;
    const size = sizeOf(length);
    if (this.#plain.length < size) this.#plain = Buffer.allocUnsafeSlow(Math.max(size, USUAL_BYTES));
    const plain = this.#plain;
    plain[0] = size - length - 1;
    plain.set(head, 1);
    plain.set(bytes, 1 + head.length);
    plain.set(padding(size - length - 1), 1 + length);
    this.#seal(plain.subarray(0, size));
  }

  /** For the library: a packet with its length and padding, whose payload is still to be filled in. */
  allocPacket(payloadBytes: number): Buffer {
    const size = sizeOf(payloadBytes);
    const packet = Buffer.allocUnsafe(LENGTH_BYTES + size);
    packet.writeUInt32BE(size, 0);
    packet[LENGTH_BYTES] = size - payloadBytes - 1;
    packet.set(padding(size - payloadBytes - 1), LENGTH_BYTES + 1 + payloadBytes);
    return packet;
  }

  encrypt(packet: Buffer): void {
    this.#seal(packet.subarray(LENGTH_BYTES));
  }

  free(): void {}

  /** From the length of the padding to its end. */
  #seal(plain: Buffer): void {
    const length = this.#length;
    length.writeUInt32BE(plain.length);
    const cipher = createCipheriv(this.#algorithm, this.#key, this.#iv);
    cipher.setAAD(length);
    const sealed = cipher.update(plain);
    cipher.final();
    this.#write(length);
    this.#write(sealed);
    this.#write(cipher.getAuthTag());
    // Freed at once: dead buffers that wait for V8 make it look through the whole heap.
    sealed.buffer.transfer(0);
    countUp(this.#iv);
    this.outSeqno = (this.outSeqno + 1) >>> 0;
  }
}

/** Decrypts what comes. Has the members that the library calls. */
export class GcmDecipher {
  inSeqno: number;
  /** Takes each payload; another one while keys are exchanged. */
  _onPayload: (payload: Buffer) => unknown;
  readonly #algorithm: GcmKeys['algorithm'];
  readonly #key: KeyObject;
  readonly #iv: Buffer;
  /** Of a packet that has come in part. */
  #held = NOTHING;
  #heldBytes = 0;

  constructor({ algorithm, key, iv, sequence }: GcmKeys, onPayload: (payload: Buffer) => unknown) {
    this.inSeqno = sequence;
    this.#algorithm = algorithm;
    this.#key = createSecretKey(key);
    this.#iv = Buffer.from(iv);
    this._onPayload = onPayload;
  }

  /**
   * Takes what came, of which nothing is kept. Returns where to go on, with other keys or not at all, where a payload wants
   * that, as the library's own do. Throws `MalformedSsh`.
   */
  decrypt(data: Buffer, from: number, to: number): number | undefined {
    for (let at = from; at < to; ) {
      const end = this.#heldBytes === 0 ? endOf(data, at, to) : undefined;
      let packet: Buffer | undefined;
      if (end === undefined) {
        const held = this.#hold(data, at, to);
        at += held.taken;
        ({ packet } = held);
      } else {
        packet = data.subarray(at, end);
        at = end;
      }
      if (packet === undefined) continue;
      const wants = this._onPayload(this.#open(packet));
      if (wants !== undefined) return wants === false ? at : (wants as number);
    }
    return undefined;
  }

  free(): void {}

  /** Keeps a copy of what belongs to the packet that has begun; the packet once it is whole. */
  #hold(data: Buffer, from: number, to: number): { readonly taken: number; readonly packet: Buffer | undefined } {
    const wanted = this.#heldBytes < LENGTH_BYTES ? LENGTH_BYTES : packetBytes(this.#held, 0);
    const taken = Math.min(wanted - this.#heldBytes, to - from);
    if (this.#held.length < wanted) {
      const larger = Buffer.allocUnsafeSlow(Math.max(wanted, USUAL_BYTES));
      this.#held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    data.copy(this.#held, this.#heldBytes, from, from + taken);
    this.#heldBytes += taken;
    if (this.#heldBytes < wanted || wanted === LENGTH_BYTES) return { taken, packet: undefined };
    this.#heldBytes = 0;
    return { taken, packet: this.#held.subarray(0, wanted) };
  }

  /** The payload of a packet, in memory of its own. */
  #open(packet: Buffer): Buffer {
    const tag = packet.length - TAG_BYTES;
    const decipher = createDecipheriv(this.#algorithm, this.#key, this.#iv);
    decipher.setAAD(packet.subarray(0, LENGTH_BYTES));
    decipher.setAuthTag(packet.subarray(tag));
    const plain = decipher.update(packet.subarray(LENGTH_BYTES, tag));
    try {
      decipher.final();
    } catch {
      throw new MalformedSsh('a packet that was changed on its way');
    }
    countUp(this.#iv);
    this.inSeqno = (this.inSeqno + 1) >>> 0;
    const end = plain.length - (plain[0] ?? 0);
    if (end < 1) throw new MalformedSsh('a packet that is longer than it is');
    return plain.subarray(1, end);
  }
}

const NOTHING = Buffer.alloc(0);
const LENGTH_BYTES = 4;
const BLOCK_BYTES = 16;
const TAG_BYTES = 16;
/** RFC 4253, section 6. */
const LEAST_PADDING_BYTES = 4;
/** What a packet of 32 KiB fits in, as most in bulk are. */
const USUAL_BYTES = 36 * 1024;
/** Data of a packet that a peer may send where it is told so (RFC 4254, section 5.2), and what stands around it. */
export const MOST_DATA_BYTES = 256 * 1024;
const MOST_PACKET_BYTES = MOST_DATA_BYTES + 1024;

/** With the length of its padding and that, which come to whole blocks. */
function sizeOf(payloadBytes: number): number {
  const padded = BLOCK_BYTES - ((payloadBytes + 1) % BLOCK_BYTES);
  return payloadBytes + 1 + (padded < LEAST_PADDING_BYTES ? padded + BLOCK_BYTES : padded);
}

/** Where a packet that begins there ends, in case all of it came. */
function endOf(data: Buffer, at: number, to: number): number | undefined {
  if (to - at < LENGTH_BYTES) return undefined;
  const end = at + packetBytes(data, at);
  return end <= to ? end : undefined;
}

/** With its length and tag. Throws `MalformedSsh`. */
function packetBytes(data: Buffer, at: number): number {
  const length = data.readUInt32BE(at);
  if (length < BLOCK_BYTES || length % BLOCK_BYTES !== 0 || length > MOST_PACKET_BYTES) {
    throw new MalformedSsh('a packet of a length that packets have not');
  }
  return LENGTH_BYTES + length + TAG_BYTES;
}

/** RFC 5647, section 7.1: the last eight bytes are a counter. */
function countUp(iv: Buffer): void {
  for (let at = 11; at >= 4; at--) {
    const next = ((iv[at] ?? 0) + 1) & 0xff;
    iv[at] = next;
    if (next !== 0) return;
  }
}

const RANDOM = Buffer.allocUnsafeSlow(4096);
let used = RANDOM.length;

/** Random bytes, each used once. */
function padding(bytes: number): Buffer {
  if (used + bytes > RANDOM.length) {
    randomFillSync(RANDOM);
    used = 0;
  }
  used += bytes;
  return RANDOM.subarray(used - bytes, used);
}
