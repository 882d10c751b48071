import { randomBytes } from 'node:crypto';
import { type Frame, FrameReader, frameBytes, MessageJoiner, OPCODE } from '../../http/websocket-frames.ts';
import { SpdyWire } from './spdy/spdy-wire.ts';
import type { Facing, StreamPiece, StreamRead, StreamWire } from './stream-wire.ts';

const NOTHING = Buffer.alloc(0);

/** SPDY as what messages of a WebSocket hold, cut anywhere (`SPDY/3.1+portforward.k8s.io`, KEP-4006). */
export class TunnelWire implements StreamWire {
  readonly #facing: Facing;
  readonly #spdy: SpdyWire;
  readonly #frames: FrameReader;
  readonly #joiner = new MessageJoiner();

  constructor(facing: Facing) {
    this.#facing = facing;
    this.#spdy = new SpdyWire(facing, 'forward');
    this.#frames = new FrameReader({ masked: facing === 'client' });
  }

  read(bytes: Buffer): StreamRead {
    const held: Buffer[] = [];
    const replies: Buffer[] = [];
    let pinged = false;
    let over = false;
    for (const frame of this.#frames.push(bytes)) {
      const message = this.#joiner.push(frame);
      if (message === undefined) continue;
      if (message.opcode === OPCODE.ping) {
        replies.push(this.#sent({ ...message, opcode: OPCODE.pong }));
        pinged = true;
      } else if (message.opcode === OPCODE.close) over = true;
      else if (message.opcode !== OPCODE.pong) held.push(message.payload);
    }
    const inner = this.#spdy.read(held.length === 0 ? NOTHING : Buffer.concat(held));
    if (inner.reply !== undefined) replies.push(this.#held(inner.reply));
    return {
      pieces: inner.pieces,
      reply: replies.length === 0 ? undefined : Buffer.concat(replies),
      pinged: pinged || inner.pinged,
      over: over || inner.over,
    };
  }

  write(pieces: readonly StreamPiece[]): Buffer {
    const bytes = this.#spdy.write(pieces);
    return bytes.length === 0 ? bytes : this.#held(bytes);
  }

  ping(): Buffer {
    return this.#sent({ fin: true, opcode: OPCODE.ping, payload: NOTHING });
  }

  bye(): Buffer {
    const close = this.#sent({ fin: true, opcode: OPCODE.close, payload: ORDINARY });
    return Buffer.concat([this.#held(this.#spdy.bye()), close]);
  }

  #held(bytes: Buffer): Buffer {
    return this.#sent({ fin: true, opcode: OPCODE.binary, payload: bytes });
  }

  #sent(frame: Frame): Buffer {
    return this.#facing === 'client' ? frameBytes(frame) : frameBytes(frame, randomBytes(4));
  }
}

/** RFC 6455, 7.4.1. */
const ORDINARY = Buffer.from([1000 >> 8, 1000 & 0xff]);
