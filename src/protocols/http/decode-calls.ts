import { gunzipSync, inflateSync } from 'node:zlib';
import { type GrpcMethod, type GrpcServices, loadedServices } from '../../grpc/descriptors.ts';
import { type GrpcFrame, GrpcFrames } from '../../grpc/frames.ts';
import { messageFields } from '../../grpc/message-fields.ts';
import { WebText } from '../../grpc/web-text.ts';
import type { DecodedMessages, MessageDecoder } from '../../model/decoded-reply.ts';
import type { GrpcSource } from '../../model/http.ts';
import { type HttpMessage, readHttpMessage } from '../../model/http-message.ts';
import { LIMITS } from '../../model/limits.ts';
import { mediaTypeOf } from './forwarded-head.ts';
import { framingOf, type GrpcFraming } from './inspect/grpc/grpc-call.ts';

/**
 * Reads the messages of recorded calls by the target's descriptors, in the order of their session: masked as they are on
 * record. Undefined where the target has none. Never throws.
 */
export function callDecoder(source: GrpcSource | undefined): MessageDecoder | undefined {
  const services = loadedServices(source);
  return services && new CallDecoder(services);
}

class CallDecoder implements MessageDecoder {
  readonly #services: GrpcServices;
  #method: GrpcMethod | undefined;
  #asked: Messages | undefined;

  constructor(services: GrpcServices) {
    this.#services = services;
  }

  messages(kind: 'request' | 'input' | 'reply', wire: Uint8Array): DecodedMessages | undefined {
    if (kind === 'input') return this.#read(this.#asked, Buffer.from(wire), 'input');
    const message = readHttpMessage(wire);
    if (kind === 'request') {
      const [, path = ''] = (message.start ?? '').split(' ');
      this.#method = this.#services.methods.get(path);
      this.#asked = messagesOf(message);
      return this.#read(this.#asked, message.body, 'input');
    }
    return this.#read(messagesOf(message), message.body, 'output');
  }

  #read(messages: Messages | undefined, body: Buffer, of: 'input' | 'output'): DecodedMessages | undefined {
    const method = this.#method;
    if (messages === undefined || method === undefined) return undefined;
    const type = method[of];
    const frames = messages.push(body);
    const shown = frames.slice(0, LIMITS.decodedRows).map((frame) => {
      if (frame.flag === TRAILERS) return { text: frame.payload.toString('latin1').trim() };
      const plain = messages.plain(frame);
      const read = plain === undefined ? UNREADABLE : messageFields(type, this.#services.registry, plain);
      return 'why' in read ? { why: read.why } : { text: JSON.stringify(read.value, undefined, 2) };
    });
    return { type: type.typeName, messages: shown, more: frames.length - shown.length };
  }
}

const UNREADABLE = { why: 'it is compressed in a way that cannot be taken off' };
const TRAILERS = 0x80;

/** Undefined of what is no call. */
function messagesOf({ fields }: HttpMessage): Messages | undefined {
  const valueOf = (wanted: string): string | undefined => fields.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const framing = framingOf(mediaTypeOf(valueOf('content-type')));
  return framing && new Messages(framing, valueOf('grpc-encoding') ?? 'identity');
}

/** What is cut off, or behind what is no message, is not there. */
class Messages {
  readonly #frames = new GrpcFrames(LIMITS.maxMaskedHttpBytes);
  readonly #text: WebText | undefined;
  readonly #coding: string;

  constructor(framing: GrpcFraming, coding: string) {
    this.#text = framing === 'web-text' ? new WebText() : undefined;
    this.#coding = coding;
  }

  push(bytes: Buffer): readonly GrpcFrame[] {
    const plain = this.#text === undefined ? bytes : (this.#text.push(bytes) ?? Buffer.alloc(0));
    return this.#frames.push(plain).frames;
  }

  plain({ flag, payload }: GrpcFrame): Buffer | undefined {
    if (flag === 0) return payload;
    const decode = flag === 1 ? DECODERS.get(this.#coding) : undefined;
    try {
      return decode?.(payload, { maxOutputLength: LIMITS.maxMaskedHttpBytes });
    } catch {
      // Cut off, too long, or not what it says: said instead of shown.
      return undefined;
    }
  }
}

const DECODERS: ReadonlyMap<string, (bytes: Buffer, options: { readonly maxOutputLength: number }) => Buffer> = new Map(
  [
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
  ],
);
