import { MalformedHttp } from '../../../http/message.ts';

/** A frame of SPDY/3.1 (SPDY Protocol, Draft 3.1, 2.2), its header blocks still packed. */
export type SpdyFrame =
  | { readonly kind: 'data'; readonly stream: number; readonly fin: boolean; readonly bytes: Buffer }
  | { readonly kind: 'open'; readonly stream: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly kind: 'accept'; readonly stream: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly kind: 'reset'; readonly stream: number; readonly status: number }
  | { readonly kind: 'ping'; readonly id: number }
  | { readonly kind: 'bye'; readonly last: number }
  /** Settings and window updates: of one connection, and of no use to peers that have no windows. */
  | { readonly kind: 'own' };

/** Peers write what they read of a pipe or a connection: 32 KiB at a time. */
export const MOST_FRAME_BYTES = 1024 * 1024;

const CONTROL = 0x80000000;
const VERSION = 3;
const FIN = 1;
const TYPE = { open: 1, accept: 2, reset: 3, settings: 4, ping: 6, bye: 7, windowUpdate: 9 } as const;

/** Cuts frames out of bytes that arrive cut anywhere. */
export class SpdyFrameReader {
  #unread: Buffer = Buffer.alloc(0);

  /** The frames that are whole now. Throws `MalformedHttp` for what is none, or too long. */
  push(bytes: Buffer): readonly SpdyFrame[] {
    this.#unread = this.#unread.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#unread, bytes]);
    const frames: SpdyFrame[] = [];
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #take(): SpdyFrame | undefined {
    const bytes = this.#unread;
    if (bytes.length < 8) return undefined;
    const first = bytes.readUInt32BE(0);
    const flags = bytes[4] ?? 0;
    const length = bytes.readUIntBE(5, 3);
    if (length > MOST_FRAME_BYTES) throw malformed('a frame that is too long');
    if (bytes.length < 8 + length) return undefined;
    const payload = bytes.subarray(8, 8 + length);
    this.#unread = bytes.subarray(8 + length);
    if ((first & CONTROL) === 0) {
      return { kind: 'data', stream: streamId(first), fin: (flags & FIN) !== 0, bytes: payload };
    }
    if (((first >>> 16) & 0x7fff) !== VERSION) throw malformed('a frame of another version');
    return control(first & 0xffff, flags, payload);
  }
}

/** 2.6: the frames that say something of streams or of the connection. */
function control(type: number, flags: number, payload: Buffer): SpdyFrame {
  const fin = (flags & FIN) !== 0;
  switch (type) {
    case TYPE.open:
      // Id, the stream that it belongs to, priority and slot stand before the headers.
      return { kind: 'open', stream: streamAt(payload, 10), fin, block: payload.subarray(10) };
    case TYPE.accept:
      return { kind: 'accept', stream: streamAt(payload, 4), fin, block: payload.subarray(4) };
    case TYPE.reset:
      return { kind: 'reset', stream: streamAt(payload, 8), status: payload.readUInt32BE(4) };
    case TYPE.ping:
      if (payload.length !== 4) throw malformed('a ping of another length');
      return { kind: 'ping', id: payload.readUInt32BE(0) };
    case TYPE.bye:
      if (payload.length !== 8) throw malformed('a goodbye of another length');
      return { kind: 'bye', last: payload.readUInt32BE(0) & 0x7fffffff };
    case TYPE.settings:
    case TYPE.windowUpdate:
      return { kind: 'own' };
    default:
      throw malformed('a frame of a kind that is not known');
  }
}

export function dataFrame(stream: number, bytes: Buffer, fin: boolean): Buffer {
  return Buffer.concat([head(stream, fin ? FIN : 0, bytes.length), bytes]);
}

/** Asks for a stream, or gives one; `block` of the sender's own header stream. */
export function openFrame(stream: number, block: Buffer, fin: boolean): Buffer {
  return controlFrame(TYPE.open, fin ? FIN : 0, [number(stream), Buffer.alloc(6), block]);
}

export function acceptFrame(stream: number, block: Buffer, fin: boolean): Buffer {
  return controlFrame(TYPE.accept, fin ? FIN : 0, [number(stream), block]);
}

export function resetFrame(stream: number, status: number): Buffer {
  return controlFrame(TYPE.reset, 0, [number(stream), number(status)]);
}

export function pingFrame(id: number): Buffer {
  return controlFrame(TYPE.ping, 0, [number(id)]);
}

/** Draft 3.1, 2.6.6: an ordinary end. */
export function byeFrame(last: number): Buffer {
  return controlFrame(TYPE.bye, 0, [number(last), number(0)]);
}

function controlFrame(type: number, flags: number, payload: readonly Buffer[]): Buffer {
  const length = payload.reduce((sum, one) => sum + one.length, 0);
  return Buffer.concat([head((CONTROL | (VERSION << 16) | type) >>> 0, flags, length), ...payload]);
}

function head(first: number, flags: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(first, 0);
  bytes[4] = flags;
  bytes.writeUIntBE(length, 5, 3);
  return bytes;
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** `least` is what the frame has beside headers. */
function streamAt(payload: Buffer, least: number): number {
  if (payload.length < least) throw malformed('a frame that is too short');
  return streamId(payload.readUInt32BE(0) & 0x7fffffff);
}

function streamId(id: number): number {
  if (id === 0) throw malformed('a frame of no stream');
  return id;
}

function malformed(message: string): MalformedHttp {
  return new MalformedHttp(400, message);
}
