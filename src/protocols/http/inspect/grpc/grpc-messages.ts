import { frameOf, type GrpcFrame, GrpcFrames, PREFIX_BYTES } from '../../../../grpc/frames.ts';
import { messageFields } from '../../../../grpc/message-fields.ts';
import type { HttpBodyFacts, HttpFacts } from '../../../../model/http.ts';
import { LIMITS } from '../../../../model/limits.ts';
import { Refused } from '../../../../model/refusal.ts';
import type { Operation } from '../../../../model/request.ts';
import type { LaterMessage, LaterMessages } from '../../inspector.ts';
import { decodedBody } from '../decoded-body.ts';
import { type GrpcCall, isClientStream } from './grpc-call.ts';

export interface FirstMessages {
  readonly operations: readonly Operation[];
  readonly isRead: boolean;
}

export interface MessagesParts {
  readonly call: GrpcCall;
  /** Of the call, as far as its head tells. */
  readonly facts: HttpFacts;
  readonly operationOf: (facts: HttpFacts) => Operation;
}

/** What the messages of a call say to rules: each is an operation of its own, with its fields as a body. */
export class GrpcMessages implements LaterMessages {
  readonly #parts: MessagesParts;
  readonly #frames = new GrpcFrames(LIMITS.maxInspectedBodyBytes);
  /** Of the message that is held, how much went on before it was whole. */
  #forwarded = 0;

  constructor(parts: MessagesParts) {
    this.#parts = parts;
  }

  /** Of what was read before the call is decided; `complete` where no more follows. `isRead` where `push` can go on. */
  async first(bytes: Buffer, complete: boolean): Promise<FirstMessages> {
    const { method } = this.#parts.call;
    const isStream = isClientStream(method);
    const { frames, tooLong } = this.#frames.push(bytes);
    this.#forwarded = this.#frames.heldBytes;
    const unread = (why: string): FirstMessages => {
      return { operations: [this.#operation(unknown(why))], isRead: false };
    };
    if (tooLong || (!isStream && !complete)) return unread(TOO_LONG);
    if (complete && this.#frames.heldBytes > 0) return unread('its last message is cut off');
    if (!isStream && frames.length !== 1) return unread('it has not one message');
    if (frames.length === 0) return { operations: [this.#operation({ kind: 'none' })], isRead: true };
    return { operations: await Promise.all(frames.map((frame) => this.#asked(frame))), isRead: true };
  }

  async push(bytes: Buffer): Promise<readonly LaterMessage[]> {
    const { frames, tooLong } = this.#frames.push(bytes);
    const messages = await Promise.all(
      frames.map(async (frame, index) => {
        const whole = frameOf(frame);
        const wire = index === 0 ? whole.subarray(this.#forwarded) : whole;
        return { wire, operations: [await this.#asked(frame)] };
      }),
    );
    if (frames.length > 0) this.#forwarded = 0;
    if (tooLong) throw new Refused(MESSAGE_TOO_LONG);
    return messages;
  }

  async #asked({ flag, payload }: GrpcFrame): Promise<Operation> {
    return this.#operation(await this.#fields(flag, payload));
  }

  async #fields(flag: number, payload: Buffer): Promise<HttpBodyFacts> {
    const { call, facts } = this.#parts;
    if (call.method === undefined) return unknown('its method is in no descriptor');
    if (flag > 1) return unknown('it has a flag that nobody knows');
    const coding = facts.headers['grpc-encoding'] ?? 'identity';
    const decoded =
      flag === 0 ? { bytes: payload } : await decodedBody(payload, [coding], LIMITS.maxInspectedBodyBytes);
    if ('why' in decoded) return unknown(decoded.why);
    if (flag === 1 && coding === 'identity') return unknown('it is compressed, and does not say how');
    const read = messageFields(call.method.input, call.services.registry, decoded.bytes);
    return 'why' in read ? unknown(read.why) : { kind: 'fields', value: read.value };
  }

  #operation(body: HttpBodyFacts): Operation {
    const { facts, operationOf } = this.#parts;
    return operationOf({ ...facts, body });
  }
}

/** True once one message has come whole. */
export function hasMessage(bytes: Buffer): boolean {
  return bytes.length >= PREFIX_BYTES && bytes.length >= PREFIX_BYTES + bytes.readUInt32BE(1);
}

const TOO_LONG = 'a message of it is too long to be read';
const MESSAGE_TOO_LONG = {
  code: 'too-large',
  message: 'a message of the stream is longer than rules about its fields can be asked for',
} as const;

function unknown(why: string): HttpBodyFacts {
  return { kind: 'unknown', why };
}
