/**
 * The buffers that sockets read into: one shared by all connections, for small reads that are copied out at once, and
 * a few large ones lent to connections that move bulk. Owned by the process; not for use across threads.
 */
export class ReadBuffers {
  readonly shared: Buffer;
  /** A read of this many bytes or more makes the next one a bulk read. */
  readonly bulkBytes: number;
  readonly #bytes: number;
  readonly #keep: number;
  readonly #free: Buffer[] = [];

  /** `bytes` is the size of each buffer; `keep` how many unused ones are kept for the next bulk transfer. */
  constructor(bytes: number, keep = 16) {
    this.#bytes = bytes;
    this.#keep = keep;
    this.bulkBytes = Math.min(16 * 1024, bytes >> 1);
    this.shared = Buffer.allocUnsafeSlow(bytes);
  }

  lease(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes);
  }

  giveBack(buffer: Buffer): void {
    if (this.#free.length < this.#keep) this.#free.push(buffer);
  }
}
