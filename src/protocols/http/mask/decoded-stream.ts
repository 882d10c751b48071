import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { LIMITS } from '../../../model/limits.ts';
import type { MessageBody } from '../message.ts';
import { unmaskable } from './unmaskable.ts';

/** More than one on top of another is a bomb, not a saving. */
const MAX_CODINGS = 2;
/** Of so little it does not matter how much it was compressed. */
const SMALL_BYTES = 1024 * 1024;
/** zstd's window as RFC 9659 bounds it: 8 MiB. */
const ZSTD = { params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } };

const DECODERS: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ['gzip', () => zlib.createGunzip()],
  ['x-gzip', () => zlib.createGunzip()],
  ['deflate', () => zlib.createInflate()],
  ['br', () => zlib.createBrotliDecompress()],
  ['zstd', () => zlib.createZstdDecompress(ZSTD)],
]);

/**
 * A body without its content codings (RFC 9110, 8.4), as it comes. `read` rejects with `Refused` where it cannot be decoded,
 * or grows more than `maxHttpInflateRatio` times.
 */
export class DecodedStream implements MessageBody {
  readonly length = 'unknown';
  readonly #inner: MessageBody;
  readonly #decoders: readonly Transform[];
  #decoded: AsyncIterator<Buffer> | undefined;
  #taken = 0;
  #given = 0;
  /** Why the body broke off before it was decoded. */
  #fault: { readonly cause: unknown } | undefined;

  /** `codings` in the order in which they were put on, lower case. Throws `Refused` where one is not known. */
  constructor(inner: MessageBody, codings: readonly string[]) {
    if (codings.length > MAX_CODINGS) throw unmaskable(`it has more than ${MAX_CODINGS} content codings`);
    this.#inner = inner;
    this.#decoders = codings.toReversed().map((coding) => {
      const make = DECODERS.get(coding);
      if (make === undefined) throw unmaskable('its content coding is not known');
      return make();
    });
  }

  get trailers(): MessageBody['trailers'] {
    return this.#inner.trailers;
  }

  get isWhole(): boolean {
    return this.#inner.isWhole === true;
  }

  async read(): Promise<Buffer | null> {
    this.#decoded ??= this.#begin();
    const next = await this.#next(this.#decoded);
    if (next.done === true) return null;
    this.#given += next.value.length;
    if (this.#given > SMALL_BYTES && this.#given > this.#taken * LIMITS.maxHttpInflateRatio) {
      for (const decoder of this.#decoders) decoder.destroy();
      throw unmaskable('it grows too much when it is decoded');
    }
    return next.value;
  }

  async #next(decoded: AsyncIterator<Buffer>): Promise<IteratorResult<Buffer>> {
    try {
      return await decoded.next();
    } catch {
      if (this.#fault !== undefined) throw this.#fault.cause;
      throw unmaskable('it cannot be decoded');
    }
  }

  #begin(): AsyncIterator<Buffer> {
    const streams = [Readable.from(this.#source(), { objectMode: false }), ...this.#decoders];
    // Told where it is read.
    pipeline(streams).catch(() => undefined);
    const last = this.#decoders.at(-1);
    if (last === undefined) throw unmaskable('it has no content coding');
    return (last as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  async *#source(): AsyncGenerator<Buffer> {
    try {
      for (let bytes = await this.#inner.read(); bytes !== null; bytes = await this.#inner.read()) {
        this.#taken += bytes.length;
        // A decoder may still hold it when the next bytes are asked for.
        yield Buffer.from(bytes);
      }
    } catch (cause) {
      this.#fault = { cause };
      throw cause;
    }
  }
}
