import type { Socket } from 'node:net';
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';

export interface LoginMessage {
  /** The type byte as a character. */
  readonly type: string;
  readonly body: Buffer;
}

/**
 * Reads whole messages off a server's socket while its login lasts, `LIMITS.maxLoginBytes` in all; `release` pauses
 * the socket and gives back what was read beyond. Where the connection ends or fails, a read rejects with the fault
 * that `onEnd` makes of it. At most one read at a time.
 */
export class LoginReader {
  readonly #socket: Socket;
  readonly #onEnd: (cause: Error | undefined) => Fault;
  #bytes: Buffer = Buffer.alloc(0);
  #total = 0;
  #failed: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket, onEnd: (cause: Error | undefined) => Fault) {
    this.#socket = socket;
    this.#onEnd = onEnd;
    socket.on('data', this.#onData).on('error', this.#onError).on('end', this.#onClose).on('close', this.#onClose);
    socket.resume();
    if (socket.destroyed) this.#fail(onEnd(socket.errored ?? undefined));
  }

  /** True where the server sent nothing at all yet. */
  get silent(): boolean {
    return this.#total === 0;
  }

  /** The next byte, and how many more arrived with it. */
  async byte(): Promise<{ readonly value: number; readonly more: number }> {
    await this.#has(1);
    const value = this.#bytes.readUInt8(0);
    this.#bytes = this.#bytes.subarray(1);
    return { value, more: this.#bytes.length };
  }

  /** The next message, whose type must be one of the characters of `types`. */
  async message(types: string): Promise<LoginMessage> {
    await this.#has(1);
    const type = String.fromCharCode(this.#bytes.readUInt8(0));
    if (!types.includes(type)) {
      throw new Fault('upstream-protocol', `the server sent a message of type ${quoted(type)}, not one of ${types}`);
    }
    await this.#has(5);
    const length = this.#bytes.readUInt32BE(1);
    if (length < 4 || length > LIMITS.maxLoginBytes) {
      throw new Fault('upstream-protocol', `the server sent a message ${quoted(type)} of impossible length`);
    }
    await this.#has(1 + length);
    const body = this.#bytes.subarray(5, 1 + length);
    this.#bytes = this.#bytes.subarray(1 + length);
    return { type, body };
  }

  release(): Buffer {
    this.#socket.pause();
    this.#socket.off('data', this.#onData).off('error', this.#onError);
    this.#socket.off('end', this.#onClose).off('close', this.#onClose);
    return this.#bytes;
  }

  async #has(bytes: number): Promise<void> {
    while (this.#bytes.length < bytes) {
      if (this.#failed !== undefined) throw this.#failed;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#total += chunk.length;
    if (this.#total > LIMITS.maxLoginBytes) {
      this.#fail(new Fault('upstream-protocol', `the server sent more than ${LIMITS.maxLoginBytes} bytes at login`));
      this.#socket.destroy();
      return;
    }
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    this.#wake?.();
  };

  readonly #onError = (error: Error): void => this.#fail(this.#onEnd(error));

  readonly #onClose = (): void => this.#fail(this.#onEnd(undefined));

  #fail(error: Error): void {
    this.#failed ??= error;
    this.#wake?.();
  }
}

function quoted(type: string): string {
  return /^[\x20-\x7e]$/.test(type) ? `"${type}"` : `0x${type.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
