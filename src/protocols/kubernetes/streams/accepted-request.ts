import type { ByteStream } from '../../../wire/byte-stream.ts';
import type { BodyLength, IncomingRequest, MessageBody, ReplyHead, RequestHead } from '../../http/message.ts';
import type { BegunStream } from './begun-stream.ts';

/** What is kept of an answer, for the one line that a client shows of it. */
const MOST_TOLD_BYTES = 64 * 1024;

/** A request whose client was let begin: what would answer it is said where its streams tell of errors. */
export class AcceptedRequest implements IncomingRequest {
  readonly #incoming: IncomingRequest;
  readonly #begun: BegunStream;
  readonly #told: Buffer[] = [];
  #bytes = 0;

  constructor(incoming: IncomingRequest, begun: BegunStream) {
    this.#incoming = incoming;
    this.#begun = begun;
  }

  get head(): RequestHead {
    return this.#incoming.head;
  }

  get body(): MessageBody {
    return this.#incoming.body;
  }

  get expectsContinue(): boolean {
    return this.#incoming.expectsContinue;
  }

  get signal(): AbortSignal {
    return this.#incoming.signal;
  }

  respond(_head: ReplyHead, length: BodyLength): Promise<void> | undefined {
    return length === 'none' ? this.end() : undefined;
  }

  write(bytes: Buffer): undefined {
    this.#bytes += bytes.length;
    if (this.#bytes <= MOST_TOLD_BYTES) this.#told.push(Buffer.from(bytes));
  }

  async end(): Promise<void> {
    const { stream, wire, pieces } = this.#begun;
    const bytes = Buffer.from(wordsOf(Buffer.concat(this.#told)));
    const errors = pieces.filter(({ channel, event }) => event === 'open' && channel.startsWith('error:'));
    const told = errors.flatMap(({ channel }) => [
      { channel, event: 'data', bytes } as const,
      { channel, event: 'end', bytes: Buffer.alloc(0) } as const,
    ]);
    await stream.write(Buffer.concat([wire.write(told), wire.bye()]));
    await stream.end();
  }

  abort(): void {
    this.#begun.stream.destroy();
  }

  accept(): ByteStream {
    return this.#begun.stream;
  }
}

/** The message of a `Status`, or what is said without one. */
function wordsOf(body: Buffer): string {
  try {
    const { message } = JSON.parse(body.toString('utf8')) as { readonly message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // No JSON: it is said as it came.
  }
  return body.toString('utf8') || 'the cluster did not open the stream';
}
