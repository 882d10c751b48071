import { gunzipSync, inflateSync } from 'node:zlib';
import type { GrpcMethod, GrpcServices } from '../../../grpc/descriptors.ts';
import { frameOf, type GrpcFrame, GrpcFrames } from '../../../grpc/frames.ts';
import { maskedMessage } from '../../../grpc/masked-message.ts';
import { WebText, webText } from '../../../grpc/web-text.ts';
import { LIMITS } from '../../../model/limits.ts';
import { Refused } from '../../../model/refusal.ts';
import type { BodyMasker, MessageMasks } from '../../../model/reply.ts';
import type { GrpcFraming } from '../inspect/grpc/grpc-call.ts';
import { maskWhole } from './mask-whole.ts';
import { maskedValue } from './rewrite.ts';
import { unmaskable } from './unmaskable.ts';

export interface GrpcReply {
  readonly services: GrpcServices;
  readonly method: GrpcMethod;
  /** `grpc-encoding` of the reply. */
  readonly coding: string;
  readonly framing: GrpcFraming;
}

const NOTHING = Buffer.alloc(0);
/** The flag of a frame of gRPC-Web that has no message. */
const TRAILERS = 0x80;

/** Masks the messages that a method of gRPC answers with, each once it has come whole. */
export class GrpcMask implements BodyMasker {
  readonly #reply: GrpcReply;
  readonly #masks: MessageMasks;
  readonly #frames = new GrpcFrames(LIMITS.maxMaskedHttpBytes);
  readonly #text: WebText | undefined;

  constructor(reply: GrpcReply, masks: MessageMasks) {
    this.#reply = reply;
    this.#masks = masks;
    this.#text = reply.framing === 'web-text' ? new WebText() : undefined;
  }

  push(bytes: Buffer): Buffer {
    const plain = this.#text === undefined ? bytes : this.#text.push(bytes);
    if (plain === undefined) throw unmaskable('it is not the base64 that it says');
    const { frames, tooLong } = this.#frames.push(plain);
    if (tooLong) throw unmaskable('a message of it is too long');
    if (frames.length === 0) return NOTHING;
    const masked = Buffer.concat(frames.map((frame) => frameOf(this.#masked(frame))));
    return this.#text === undefined ? masked : webText(masked);
  }

  end(): Buffer {
    if (this.#frames.heldBytes > 0 || this.#text?.isCut === true) throw unmaskable('its last message is cut off');
    return NOTHING;
  }

  /** Written without compression, which a message may always do without. */
  #masked(frame: GrpcFrame): GrpcFrame {
    const { services, method, framing } = this.#reply;
    const masks = this.#masks;
    if (framing !== 'grpc' && frame.flag === TRAILERS)
      return { flag: TRAILERS, payload: this.#trailers(frame.payload) };
    const payload = this.#plain(frame);
    try {
      const masked = maskedMessage(method.output, services.registry, payload, {
        json: (text) => maskWhole(masks.body('json'), text),
        words: (text) => masks.words(text),
      });
      return { flag: 0, payload: Buffer.from(masked) };
    } catch (cause) {
      if (cause instanceof Refused) throw cause;
      throw unmaskable('a message of it is not what the descriptors say');
    }
  }

  /** gRPC-Web, "Protocol differences": fields as HTTP/1.1 writes them, without the empty line. */
  #trailers(payload: Buffer): Buffer {
    const lines = payload.toString('latin1').split('\r\n');
    const masked = lines.map((line) => {
      const colon = line.indexOf(':');
      if (colon < 0 && line !== '') throw unmaskable('its trailers are no fields');
      const value = maskedValue(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim(), this.#masks);
      return line === '' || value === undefined ? line : `${line.slice(0, colon)}: ${value}`;
    });
    return Buffer.from(masked.join('\r\n'), 'latin1');
  }

  #plain({ flag, payload }: GrpcFrame): Buffer {
    if (flag === 0) return payload;
    const decode = flag === 1 ? DECODERS.get(this.#reply.coding) : undefined;
    if (decode === undefined) throw unmaskable('a message of it is compressed in a way that is not known');
    try {
      return decode(payload, { maxOutputLength: LIMITS.maxMaskedHttpBytes });
    } catch {
      throw unmaskable('a message of it cannot be decompressed, or is too long');
    }
  }
}

const DECODERS: ReadonlyMap<string, (bytes: Buffer, options: { readonly maxOutputLength: number }) => Buffer> = new Map(
  [
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
  ],
);
