/** Bytes that are appended to, in one buffer that grows. */
export class ByteBuffer {
  #bytes: Buffer<ArrayBuffer>;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** A place for at most `bytes` more bytes; what was written there counts once `advance` says how many. */
  reserve(bytes: number): Buffer {
    const needed = this.#length + bytes;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    return this.#bytes;
  }

  advance(to: number): void {
    this.#length = to;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length).set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Appends what stands in `bytes` from `start` to `end`. */
  appendFrom(bytes: Buffer, start: number, end: number): void {
    this.#length += bytes.copy(this.reserve(end - start), this.#length, start, end);
  }

  /** A view of what was appended, valid until the next call. */
  view(start = 0): Buffer {
    return this.#bytes.subarray(start, this.#length);
  }
}
