import type { ByteStream } from '../../wire/byte-stream.ts';
import type { Message, MessageDecoder } from './codec.ts';

/**
 * The client's messages, looked at before they are taken: whoever waits for one and is no longer wanted takes none
 * away from whoever comes next.
 */
export class ClientMessages {
  readonly #client: Pick<ByteStream, 'read'>;
  readonly #decoder: MessageDecoder;
  #head: Message | undefined;
  #reading: Promise<boolean> | undefined;

  constructor(client: Pick<ByteStream, 'read'>, decoder: MessageDecoder) {
    this.#client = client;
    this.#decoder = decoder;
  }

  /** The next message where one is already here; it stays until `take`. */
  peek(): Message | undefined {
    this.#head ??= this.#decoder.next();
    return this.#head;
  }

  take(): void {
    this.#head = undefined;
  }

  /** Resolves true when a message is here, false at the end of the stream. Throws `MalformedMessage`, `PeerLeft`. */
  available(): Promise<boolean> {
    if (this.peek() !== undefined) return HERE;
    this.#reading ??= this.#read();
    return this.#reading;
  }

  async #read(): Promise<boolean> {
    try {
      for (;;) {
        const bytes = await this.#client.read();
        if (bytes === null) return false;
        this.#decoder.push(bytes);
        if (this.peek() !== undefined) return true;
      }
    } finally {
      this.#reading = undefined;
    }
  }
}

const HERE = Promise.resolve(true);
