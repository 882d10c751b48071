import { LIMITS } from '../../model/limits.ts';
import { MalformedHttp } from './message.ts';

/** One frame (RFC 6455, 5.2), its mask taken off. */
export interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const KNOWN: ReadonlySet<number> = new Set(Object.values(OPCODE));
const FIN = 0x80;
const MASKED = 0x80;

/** Cuts frames out of bytes that arrive cut anywhere. No extension is agreed on, so none of its bits may be set. */
export class FrameReader {
  readonly #masked: boolean;
  #unread: Buffer = Buffer.alloc(0);

  /** `masked` of what a client sends, which must be; what a server sends must not (RFC 6455, 5.1). */
  constructor({ masked }: { readonly masked: boolean }) {
    this.#masked = masked;
  }

  /** The frames that are whole now. Throws `MalformedHttp` for what is none, or too long. */
  push(bytes: Buffer): readonly Frame[] {
    this.#unread = this.#unread.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#unread, bytes]);
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #take(): Frame | undefined {
    const bytes = this.#unread;
    if (bytes.length < 2) return undefined;
    const [first = 0, second = 0] = bytes;
    const opcode = first & 0x0f;
    const isControl = opcode >= OPCODE.close;
    if ((first & 0x70) !== 0 || !KNOWN.has(opcode)) throw malformed('a frame of a kind that was not agreed on');
    if (((second & MASKED) !== 0) !== this.#masked)
      throw malformed('a frame that is masked, or is not, against the rule');
    const short = second & 0x7f;
    if (isControl && (short > 125 || (first & FIN) === 0)) throw malformed('a control frame that is long or in parts');
    const start = 2 + (short === 127 ? 8 : short === 126 ? 2 : 0) + (this.#masked ? 4 : 0);
    if (bytes.length < start) return undefined;
    const length = short === 127 ? longLength(bytes) : short === 126 ? bytes.readUInt16BE(2) : short;
    if (length > LIMITS.maxWebSocketFrameBytes) throw malformed('a frame that is too long');
    if (bytes.length < start + length) return undefined;
    const payload = bytes.subarray(start, start + length);
    this.#unread = bytes.subarray(start + length);
    const fin = (first & FIN) !== 0;
    return { fin, opcode, payload: this.#masked ? exclusiveOr(payload, bytes.subarray(start - 4, start)) : payload };
  }
}

/** Joins the pieces of messages (RFC 6455, 5.4); control frames pass between them as they come. */
export class MessageJoiner {
  #opcode: number | undefined;
  #pieces: Buffer[] = [];
  #length = 0;

  /** A whole message, or a control frame; undefined while more of it must come. */
  push(frame: Frame): Frame | undefined {
    if (frame.opcode >= OPCODE.close) return frame;
    if ((frame.opcode === OPCODE.continuation) !== (this.#opcode !== undefined)) {
      throw malformed('a piece of a message out of its order');
    }
    if (frame.fin && this.#opcode === undefined) return frame;
    this.#opcode ??= frame.opcode;
    this.#pieces.push(frame.payload);
    this.#length += frame.payload.length;
    if (this.#length > LIMITS.maxWebSocketFrameBytes) throw malformed('a message that is too long');
    if (!frame.fin) return undefined;
    const whole = { fin: true, opcode: this.#opcode, payload: Buffer.concat(this.#pieces) };
    this.#opcode = undefined;
    this.#pieces = [];
    this.#length = 0;
    return whole;
  }
}

/** The frame as bytes; with a key (4 bytes) as a client sends it. */
export function frameBytes({ fin, opcode, payload }: Frame, key?: Buffer): Buffer {
  const { length } = payload;
  const extended = length > 0xffff ? 8 : length > 125 ? 2 : 0;
  const head = Buffer.alloc(2 + extended);
  head[0] = (fin ? FIN : 0) | opcode;
  head[1] = (key === undefined ? 0 : MASKED) | (extended === 8 ? 127 : extended === 2 ? 126 : length);
  if (extended === 2) head.writeUInt16BE(length, 2);
  if (extended === 8) head.writeBigUInt64BE(BigInt(length), 2);
  return key === undefined ? Buffer.concat([head, payload]) : Buffer.concat([head, key, exclusiveOr(payload, key)]);
}

function longLength(bytes: Buffer): number {
  const length = bytes.readBigUInt64BE(2);
  return length > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(length);
}

function exclusiveOr(payload: Buffer, key: Buffer): Buffer {
  const result = Buffer.allocUnsafe(payload.length);
  for (let i = 0; i < payload.length; i++) result[i] = (payload[i] ?? 0) ^ (key[i & 3] ?? 0);
  return result;
}

function malformed(message: string): MalformedHttp {
  return new MalformedHttp(400, message);
}
