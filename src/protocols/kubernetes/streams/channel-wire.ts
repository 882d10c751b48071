import { randomBytes } from 'node:crypto';
import { MalformedHttp } from '../../http/message.ts';
import { type Frame, FrameReader, frameBytes, MessageJoiner, OPCODE } from '../../http/websocket-frames.ts';
import { type Facing, maySpeak, type StreamPiece, type StreamRead, type StreamWire } from './stream-wire.ts';

/** Which of the forms of `channel.k8s.io` was agreed on. */
export interface ChannelForm {
  /** Messages are text: a digit for the channel, and base64. */
  readonly base64: boolean;
  /** There is a message that closes a channel (v5). */
  readonly closes: boolean;
}

const CLOSE = 255;
const NOTHING = Buffer.alloc(0);

/**
 * Messages of a WebSocket whose first byte is a channel (Kubernetes, k8s.io/apimachinery/pkg/util/remotecommand and
 * httpstream/wsstream): of a command 0 to 4, of forwarded ports two each.
 */
export class ChannelWire implements StreamWire {
  readonly #facing: Facing;
  readonly #form: ChannelForm;
  readonly #channels: readonly string[];
  readonly #frames: FrameReader;
  readonly #joiner = new MessageJoiner();

  /** `channels` in the order of their numbers. */
  constructor(facing: Facing, form: ChannelForm, channels: readonly string[]) {
    this.#facing = facing;
    this.#form = form;
    this.#channels = channels;
    this.#frames = new FrameReader({ masked: facing === 'client' });
  }

  read(bytes: Buffer): StreamRead {
    const pieces: StreamPiece[] = [];
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
      else if (message.opcode !== OPCODE.pong) pieces.push(...this.#piecesOf(message.payload));
    }
    return { pieces, reply: replies.length === 0 ? undefined : Buffer.concat(replies), pinged, over };
  }

  write(pieces: readonly StreamPiece[]): Buffer {
    return Buffer.concat(pieces.map((piece) => this.#messageOf(piece)));
  }

  ping(): Buffer {
    return this.#sent({ fin: true, opcode: OPCODE.ping, payload: NOTHING });
  }

  bye(): Buffer {
    return this.#sent({ fin: true, opcode: OPCODE.close, payload: ORDINARY });
  }

  #piecesOf(message: Buffer): readonly StreamPiece[] {
    if (message.length === 0) return [];
    const payload = this.#form.base64 ? decoded(message.subarray(1)) : message.subarray(1);
    const number = (message[0] ?? 0) - (this.#form.base64 ? ZERO : 0);
    if (number === CLOSE && this.#form.closes) {
      return [{ channel: this.#channel(payload[0]), event: 'end', bytes: NOTHING }];
    }
    const channel = this.#channel(number);
    if (payload.length > 0 && !maySpeak(this.#facing, channel)) {
      throw malformed(`something is said on ${channel} by who listens there`);
    }
    return [{ channel, event: 'data', bytes: payload }];
  }

  #channel(number: number | undefined): string {
    const channel = this.#channels[number ?? -1];
    if (channel === undefined) throw malformed('a message of a channel that there is not');
    return channel;
  }

  /** What this form has no message for shows with the end of the connection. */
  #messageOf({ channel, event, bytes }: StreamPiece): Buffer {
    const number = this.#channels.indexOf(channel);
    if (number < 0) throw new RangeError(`a channel that was not agreed on: ${channel}`);
    // Clients in use know no channel that is closed to them.
    if (event === 'end' && this.#form.closes && this.#facing === 'target')
      return this.#message(CLOSE, Buffer.from([number]));
    return event === 'data' ? this.#message(number, bytes) : NOTHING;
  }

  #message(number: number, bytes: Buffer): Buffer {
    if (!this.#form.base64) {
      return this.#sent({ fin: true, opcode: OPCODE.binary, payload: Buffer.concat([Buffer.from([number]), bytes]) });
    }
    const payload = Buffer.from(`${number}${bytes.toString('base64')}`, 'latin1');
    return this.#sent({ fin: true, opcode: OPCODE.text, payload });
  }

  #sent(frame: Frame): Buffer {
    return this.#facing === 'client' ? frameBytes(frame) : frameBytes(frame, randomBytes(4));
  }
}

const ZERO = 0x30;
/** RFC 6455, 7.4.1. */
const ORDINARY = Buffer.from([1000 >> 8, 1000 & 0xff]);

function decoded(text: Buffer): Buffer {
  const base64 = text.toString('latin1');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) {
    throw malformed('a message that is no base64');
  }
  return Buffer.from(base64, 'base64');
}

function malformed(message: string): MalformedHttp {
  return new MalformedHttp(400, message);
}
