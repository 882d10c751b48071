import zlib from 'node:zlib';
import { listOf } from '../grammar.ts';
import type { Fields } from '../message.ts';

const { constants } = zlib;
/** What compresses about as fast as it is read; the zstd default is such a level. */
const GZIP = { level: 4 };
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 19 } };

/** Coded in one go, which takes less than to hand it to another thread. */
const SHORT_BYTES = 16 * 1024;

interface Coder {
  readonly make: () => zlib.Gzip | zlib.Deflate | zlib.BrotliCompress | zlib.ZstdCompress;
  readonly atOnce: (bytes: Buffer) => Buffer;
  /** What a reader can decode all of, and what follows goes on from. */
  readonly flush: number;
}

const CODERS: ReadonlyMap<string, Coder> = new Map<string, Coder>([
  [
    'gzip',
    { make: () => zlib.createGzip(GZIP), atOnce: (bytes) => zlib.gzipSync(bytes, GZIP), flush: constants.Z_SYNC_FLUSH },
  ],
  [
    'deflate',
    {
      make: () => zlib.createDeflate(GZIP),
      atOnce: (bytes) => zlib.deflateSync(bytes, GZIP),
      flush: constants.Z_SYNC_FLUSH,
    },
  ],
  [
    'br',
    {
      make: () => zlib.createBrotliCompress(BROTLI),
      atOnce: (bytes) => zlib.brotliCompressSync(bytes, BROTLI),
      flush: constants.BROTLI_OPERATION_FLUSH,
    },
  ],
  [
    'zstd',
    {
      make: () => zlib.createZstdCompress(),
      atOnce: (bytes) => zlib.zstdCompressSync(bytes),
      flush: constants.ZSTD_e_flush,
    },
  ],
]);

/** An `Accept-Encoding` (RFC 9110, 12.5.3) with what of the client's the gateway can take off and put on again. */
export function knownCodings(fields: Fields): string {
  const known = accepted(fields).filter(([coding]) => CODERS.has(coding));
  return known.length === 0 ? 'identity' : known.map(([, said]) => said).join(', ');
}

/** The coding that a target used, where the client takes it and it can be put on again. */
export function codingFor(used: readonly string[], client: Fields): string | undefined {
  const [coding] = used;
  if (used.length !== 1 || coding === undefined || !CODERS.has(coding)) return undefined;
  return accepted(client).some(([one]) => one === coding) ? coding : undefined;
}

/** Names with what was said of each, without those that are not acceptable; `*` stands for nothing that is counted on. */
function accepted(fields: Fields): readonly (readonly [coding: string, said: string])[] {
  return fields
    .filter(([name]) => name === 'accept-encoding')
    .flatMap(([, value]) => listOf(value))
    .map((said) => [(said.split(';', 1)[0] ?? '').trim(), said] as const)
    .filter(([, said]) => !/;\s*q=0(?:\.0*)?\s*$/.test(said));
}

/** Puts a content coding on a body. What was pushed can be decoded at once, so that a stream stays live. */
export class ContentCoder {
  readonly coding: string;
  readonly #coder: Coder;
  /** Made when it is needed: for a short body it costs more than the body. */
  #made: ReturnType<Coder['make']> | undefined;
  #coded: Buffer[] = [];

  /** `coding` is one that `codingFor` gave. */
  constructor(coding: string) {
    const coder = CODERS.get(coding);
    if (coder === undefined) throw new RangeError('a content coding that is not known');
    this.coding = coding;
    this.#coder = coder;
  }

  push(bytes: Buffer): Promise<Buffer> {
    if (bytes.length === 0) return Promise.resolve(bytes);
    return this.#when((stream, done) => {
      stream.write(bytes);
      stream.flush(this.#coder.flush, () => {
        // What it holds back for a reader that is slower is told by `data` as well.
        while (stream.read() !== null);
        done();
      });
    });
  }

  /** With the last bytes. */
  end(bytes: Buffer): Promise<Buffer> {
    if (this.#made === undefined && bytes.length <= SHORT_BYTES) return Promise.resolve(this.#coder.atOnce(bytes));
    return this.#when((stream, done) => {
      stream.once('end', done);
      stream.end(bytes);
    });
  }

  destroy(): void {
    this.#made?.destroy();
  }

  #stream(): ReturnType<Coder['make']> {
    if (this.#made === undefined) {
      this.#made = this.#coder.make();
      this.#made.on('data', (bytes: Buffer) => void this.#coded.push(bytes));
    }
    return this.#made;
  }

  #when(start: (stream: ReturnType<Coder['make']>, done: () => void) => void): Promise<Buffer> {
    const stream = this.#stream();
    return new Promise((resolve, reject) => {
      const onBroken = (fault?: Error): void => reject(fault ?? new Error('the coding of a reply was given up'));
      stream.once('error', onBroken).once('close', onBroken);
      start(stream, () => {
        stream.off('error', onBroken).off('close', onBroken);
        resolve(Buffer.concat(this.#coded));
        this.#coded = [];
      });
    });
  }
}
