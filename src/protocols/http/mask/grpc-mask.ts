import { gunzipSync, inflateSync } from 'node:zlib';
import type { GrpcMethod, GrpcServices } from '../../../grpc/descriptors.ts';
import { frameOf, type GrpcFrame, GrpcFrames } from '../../../grpc/frames.ts';
import { maskedMessage } from '../../../grpc/masked-message.ts';
import { LIMITS } from '../../../model/limits.ts';
import { Refused } from '../../../model/refusal.ts';
import type { BodyMasker, MessageMasks } from '../../../model/reply.ts';
import { maskWhole } from './mask-whole.ts';
import { unmaskable } from './unmaskable.ts';

export interface GrpcReply {
  readonly services: GrpcServices;
  readonly method: GrpcMethod;
  /** `grpc-encoding` of the reply. */
  readonly coding: string;
}

const NOTHING = Buffer.alloc(0);

/** Masks the messages that a method of gRPC answers with, each once it has come whole. */
export class GrpcMask implements BodyMasker {
  readonly #reply: GrpcReply;
  readonly #masks: MessageMasks;
  readonly #frames = new GrpcFrames(LIMITS.maxMaskedHttpBytes);

  constructor(reply: GrpcReply, masks: MessageMasks) {
    this.#reply = reply;
    this.#masks = masks;
  }

  push(bytes: Buffer): Buffer {
    const { frames, tooLong } = this.#frames.push(bytes);
    if (tooLong) throw unmaskable('a message of it is too long');
    return frames.length === 0 ? NOTHING : Buffer.concat(frames.map((frame) => frameOf(this.#masked(frame))));
  }

  end(): Buffer {
    if (this.#frames.heldBytes > 0) throw unmaskable('its last message is cut off');
    return NOTHING;
  }

  /** Written without compression, which a message may always do without. */
  #masked(frame: GrpcFrame): GrpcFrame {
    const { services, method } = this.#reply;
    const masks = this.#masks;
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
