import { randomBytes } from 'node:crypto';
import type { FieldMasker, Part } from '../../model/reply.ts';
import type { ByteStream } from '../../wire/byte-stream.ts';
import { fieldOf } from './forwarded-head.ts';
import { BodyRewriter } from './mask/rewrite.ts';
import { FRAMES } from './mask/shape.ts';
import type { IncomingReply, IncomingRequest, OutgoingRequest, ReplyHead } from './message.ts';
import { MalformedHttp } from './message.ts';
import type { Relay, RelayedInput } from './relay.ts';
import { FrameReader, frameBytes, MessageJoiner } from './websocket-frames.ts';

/**
 * A WebSocket through the gateway (RFC 6455, 8441): an upgrade of each side of its own, and whole frames between them, as
 * they are without the masks that clients must put on.
 */
export class WebSocketRelay implements Relay {
  readonly #incoming: IncomingRequest;
  readonly #rewriter = new BodyRewriter(FRAMES);
  readonly #accepted = Promise.withResolvers<ByteStream>();
  readonly #over = Promise.withResolvers<null>();
  #client: ByteStream | undefined;

  constructor(incoming: IncomingRequest) {
    this.#incoming = incoming;
    // Where the target says no, nobody waits for it.
    this.#accepted.promise.catch(() => undefined);
  }

  /** The request as a WebSocket is asked for. No extension is offered. */
  offer(request: OutgoingRequest): OutgoingRequest {
    return { ...request, length: 'none', fields: [...request.fields, ['sec-websocket-version', '13']] };
  }

  /** The head for the client. Throws `MalformedHttp` where the target agreed to what it was not asked for. */
  agreed({ head: { fields } }: IncomingReply): ReplyHead {
    if (fieldOf(fields, 'sec-websocket-extensions') !== undefined) {
      throw new MalformedHttp(502, 'an extension of a WebSocket that was not offered');
    }
    return { status: 101, fields };
  }

  accept(head: ReplyHead): void {
    this.#client = this.#incoming.accept(head);
    this.#accepted.resolve(this.#client);
  }

  /** To the client. */
  write(frames: Buffer): Promise<void> | undefined {
    return this.#client?.write(frames);
  }

  /** Nothing more is forwarded: whoever reads from the client reads no longer. */
  over(): void {
    this.#over.resolve(null);
  }

  end(): Promise<void> | undefined {
    return this.#client?.end();
  }

  /** What the client sends, as whole frames without masks. */
  async *input(): AsyncGenerator<RelayedInput> {
    const client = await this.#accepted.promise;
    const reader = new FrameReader({ masked: true });
    const read = (): Promise<Buffer | null> => Promise.race([client.read(), this.#over.promise]);
    for (let bytes = await read(); bytes !== null; bytes = await read()) {
      const frames = reader.push(bytes);
      if (frames.length > 0) yield { wire: Buffer.concat(frames.map((frame) => frameBytes(frame))) };
    }
  }

  send(input: AsyncIterable<Part>, upstream: ByteStream): Promise<void> {
    return sendFrames(input, upstream);
  }

  receive(upstream: ByteStream, whole: boolean): AsyncGenerator<Buffer> {
    return framesOf(upstream, whole);
  }

  rewrite(frames: Buffer, isLast: boolean, masker: FieldMasker): Buffer {
    return this.#rewriter.rewrite(frames, isLast, masker);
  }
}

/** What the target sends, as whole frames; as whole messages where they may be masked. */
async function* framesOf(upstream: ByteStream, whole: boolean): AsyncGenerator<Buffer> {
  const reader = new FrameReader({ masked: false });
  const joiner = new MessageJoiner();
  for (let bytes = await upstream.read(); bytes !== null; bytes = await upstream.read()) {
    const frames = reader.push(bytes).flatMap((frame) => (whole ? (joiner.push(frame) ?? []) : frame));
    if (frames.length > 0) yield Buffer.concat(frames.map((frame) => frameBytes(frame)));
  }
}

/** Sends the client's frames on, each under a key of its own (RFC 6455, 5.3), until there are no more. */
async function sendFrames(input: AsyncIterable<Part>, upstream: ByteStream): Promise<void> {
  for await (const { wire } of input) {
    const frames = new FrameReader({ masked: false }).push(wire);
    const slow = upstream.write(Buffer.concat(frames.map((frame) => frameBytes(frame, randomBytes(4)))));
    if (slow !== undefined) await slow;
  }
  await upstream.end();
}
