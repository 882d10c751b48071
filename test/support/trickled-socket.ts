import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** A socket whose writes can be cut to bytes, one in each turn of the event loop, and whose reading can be stopped. */
export class TrickledSocket extends Duplex {
  slow = false;
  readonly #socket: Socket;
  #held = false;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      if (!this.push(bytes) || this.#held) socket.pause();
    });
    socket.on('end', () => this.push(null));
    // Whoever reads is told by its end.
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.destroy());
  }

  hold(): void {
    this.#held = true;
    this.#socket.pause();
  }

  release(): void {
    this.#held = false;
    this.#socket.resume();
  }

  override _read(): void {
    if (!this.#held) this.#socket.resume();
  }

  override _write(bytes: Buffer, _encoding: string, done: (fault?: Error | null) => void): void {
    if (!this.slow) this.#socket.write(bytes, done);
    else void this.#trickle(bytes).then(() => done(), done);
  }

  override _final(done: () => void): void {
    if (this.#socket.writableEnded) done();
    else this.#socket.end(done);
  }

  override _destroy(fault: Error | null, done: (fault: Error | null) => void): void {
    this.#socket.destroy();
    done(fault);
  }

  async #trickle(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#socket.destroyed; at++) {
      this.#socket.write(bytes.subarray(at, at + 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
