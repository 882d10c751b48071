import { Fault } from '../../../model/fault.ts';
import type { ByteStream } from '../../../wire/byte-stream.ts';
import type { Channel, ChannelListener } from './channel.ts';
import { LineReader } from './line-reader.ts';

/** A server at the other end of a stream of bytes, a message a line: a program that its run's wrapper has started. */
export class StreamChannel implements Channel {
  readonly #stream: ByteStream;
  readonly #maxMessageBytes: number;
  #closing: Promise<void> | undefined;
  #resumed: Promise<void> | undefined;
  #resume: (() => void) | undefined;

  constructor(stream: ByteStream, { maxMcpMessageBytes }: { readonly maxMcpMessageBytes: number }) {
    this.#stream = stream;
    this.#maxMessageBytes = maxMcpMessageBytes;
  }

  listen(listener: ChannelListener): void {
    this.#read(listener).then(
      () => listener.onEnd(this.#closing === undefined ? GONE() : undefined),
      (cause: unknown) => listener.onEnd(this.#closing === undefined ? faultOf(cause) : undefined),
    );
  }

  async send(message: string): Promise<void> {
    try {
      await this.#stream.write(Buffer.from(`${message}\n`));
    } catch (cause) {
      throw faultOf(cause);
    }
  }

  pause(): void {
    if (this.#resumed !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resumed = promise;
    this.#resume = resolve;
  }

  resume(): void {
    this.#resume?.();
    this.#resumed = undefined;
  }

  close(): Promise<void> {
    this.resume();
    this.#closing ??= this.#stream.end();
    return this.#closing;
  }

  async #read({ onMessage }: ChannelListener): Promise<void> {
    const lines = new LineReader(this.#maxMessageBytes);
    for (;;) {
      const bytes = await this.#stream.read();
      if (bytes === null) return;
      for (const line of lines.read(bytes)) {
        if (line === undefined) {
          const fault = new Fault('upstream-protocol', 'the MCP server wrote a line that is too long');
          this.#stream.destroy(fault);
          throw fault;
        }
        if (this.#resumed !== undefined) await this.#resumed;
        if (line.trim() !== '') onMessage(line);
      }
    }
  }
}

const GONE = (): Fault => new Fault('upstream-closed', 'the MCP server of the run has ended');

function faultOf(cause: unknown): Fault {
  return cause instanceof Fault
    ? cause
    : new Fault('upstream-closed', 'the MCP server of the run has ended', { cause });
}
