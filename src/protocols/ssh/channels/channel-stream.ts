import type { Duplex } from 'node:stream';
import { Fault } from '../../../model/fault.ts';
import { duplexOf } from '../../../wire/byte-duplex.ts';
import type { ByteStream } from '../../../wire/byte-stream.ts';
import { PeerLeft } from '../../../wire/peer-left.ts';
import type { Channel } from './channel.ts';

/** The bytes of a channel, as a connection inside of it sees them. */
export class ChannelStream implements ByteStream {
  readonly peer: string;
  readonly tls = false;
  readonly alpn = undefined;
  readonly #channel: Channel;
  readonly #gone = new AbortController();
  #ahead: Buffer[] = [];
  #ended = false;

  /** `peer` is that of the connection around it. */
  constructor(channel: Channel, peer: string) {
    this.#channel = channel;
    this.peer = peer;
    channel.signal.addEventListener('abort', () => this.#leave(new PeerLeft('the peer closed the channel')), {
      once: true,
    });
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  async read(): Promise<Buffer | null> {
    const ahead = this.#ahead.shift();
    if (ahead !== undefined) return ahead;
    while (!this.#ended) {
      const message = await this.#channel.next();
      if (message?.kind === 'data') return message.bytes;
      if (message?.kind === 'request') message.answer(false);
      else this.#ended = true;
    }
    this.#leave(new PeerLeft('the peer closed the channel'));
    return null;
  }

  unread(bytes: Buffer): void {
    this.#ahead.unshift(Buffer.from(bytes));
  }

  /** A channel stops by itself at its window. */
  onStall(): void {}

  write(bytes: Uint8Array): Promise<void> | undefined {
    return this.#channel.write(bytes);
  }

  startTls(): Promise<void> {
    return Promise.reject(new Fault('internal', 'there is no TLS inside of a channel'));
  }

  toDuplex(): Duplex {
    return duplexOf(this);
  }

  async end(): Promise<void> {
    this.#channel.eof();
    await this.#channel.close();
  }

  destroy(reason?: Error): void {
    this.#leave(reason ?? new PeerLeft('the connection was closed'));
    this.#channel.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  #leave(reason: Error): void {
    if (!this.#gone.signal.aborted) this.#gone.abort(reason);
  }
}
