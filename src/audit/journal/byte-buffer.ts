const NOTHING: Buffer<ArrayBuffer> = Buffer.alloc(0);

/** Bytes that are appended to, in one buffer that grows. Its memory comes from a pool, and goes back with `clear`. */
export class ByteBuffer {
  #bytes = NOTHING;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A place for at most `bytes` more bytes; what was written there counts once `advance` says how many. */
  reserve(bytes: number): Buffer {
    const needed = this.#length + bytes;
    if (needed > this.#bytes.length) {
      const grown = take(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      if (this.#bytes !== NOTHING) give(this.#bytes);
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

  /** Forgets what was appended, and holds no memory until more is. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes !== NOTHING) give(this.#bytes);
    this.#bytes = NOTHING;
  }
}

/** Memory that was given back, by its size: a power of two. New memory for each pack would be mostly garbage to collect. */
const pool = new Map<number, Buffer<ArrayBuffer>[]>();
let pooled = 0;
const MAX_POOLED_BYTES = 8 * 1024 * 1024;

function take(bytes: number): Buffer<ArrayBuffer> {
  let size = 1024;
  while (size < bytes) size *= 2;
  const spare = pool.get(size)?.pop();
  if (spare === undefined) return Buffer.allocUnsafeSlow(size);
  pooled -= size;
  return spare;
}

function give(bytes: Buffer<ArrayBuffer>): void {
  if (pooled + bytes.length > MAX_POOLED_BYTES) return;
  pooled += bytes.length;
  const spares = pool.get(bytes.length);
  if (spares === undefined) pool.set(bytes.length, [bytes]);
  else spares.push(bytes);
}
