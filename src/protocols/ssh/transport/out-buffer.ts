/** What waits to be written to one stream, in buffers that are used again once they were taken. */
export class OutBuffer {
  readonly #full: Buffer[] = [];
  #current: Buffer | undefined;
  #filled = 0;

  /** Copies the bytes. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      this.#current ??= FREE.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
      const end = Math.min(bytes.length, at + BUFFER_BYTES - this.#filled);
      this.#current.set(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end), this.#filled);
      this.#filled += end - at;
      at = end;
      if (this.#filled === BUFFER_BYTES) this.#full.push(this.#end(this.#current));
    }
  }

  /** The bytes that wait longest; they are the taker's until it gives them back. */
  take(): Buffer | undefined {
    return this.#full.shift() ?? (this.#current === undefined ? undefined : this.#end(this.#current));
  }

  /** Nobody reads them any more. */
  giveBack(bytes: Buffer): void {
    if (FREE.length < MOST_FREE) FREE.push(Buffer.from(bytes.buffer));
  }

  #end(current: Buffer): Buffer {
    const bytes = current.subarray(0, this.#filled);
    this.#current = undefined;
    this.#filled = 0;
    return bytes;
  }
}

const BUFFER_BYTES = 128 * 1024;
/** Kept for all connections of the process. */
const MOST_FREE = 16;
const FREE: Buffer[] = [];
