import zlib from 'node:zlib';
import { listOf } from '../grammar.ts';
import type { Fields } from '../message.ts';

const { constants } = zlib;
/** What compresses about as fast as it is read; the zstd default is such a level. */
const GZIP = { level: 4 };
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 19 } };

interface Coder {
  readonly make: () => zlib.Gzip | zlib.Deflate | zlib.BrotliCompress | zlib.ZstdCompress;
  /** What a reader can decode all of, and what follows goes on from. */
  readonly flush: number;
}

const CODERS: ReadonlyMap<string, Coder> = new Map<string, Coder>([
  ['gzip', { make: () => zlib.createGzip(GZIP), flush: constants.Z_SYNC_FLUSH }],
  ['deflate', { make: () => zlib.createDeflate(GZIP), flush: constants.Z_SYNC_FLUSH }],
  ['br', { make: () => zlib.createBrotliCompress(BROTLI), flush: constants.BROTLI_OPERATION_FLUSH }],
  ['zstd', { make: () => zlib.createZstdCompress(), flush: constants.ZSTD_e_flush }],
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
  readonly #stream: ReturnType<Coder['make']>;
  readonly #flush: number;
  #coded: Buffer[] = [];

  /** `coding` is one that `codingFor` gave. */
  constructor(coding: string) {
    const coder = CODERS.get(coding);
    if (coder === undefined) throw new RangeError('a content coding that is not known');
    this.coding = coding;
    this.#stream = coder.make();
    this.#flush = coder.flush;
    this.#stream.on('data', (bytes: Buffer) => void this.#coded.push(bytes));
  }

  push(bytes: Buffer): Promise<Buffer> {
    if (bytes.length === 0) return Promise.resolve(bytes);
    return this.#when((done) => {
      this.#stream.write(bytes);
      this.#stream.flush(this.#flush, () => {
        // What it holds back for a reader that is slower is told by `data` as well.
        while (this.#stream.read() !== null);
        done();
      });
    });
  }

  /** With the last bytes. */
  end(bytes: Buffer): Promise<Buffer> {
    return this.#when((done) => {
      this.#stream.once('end', done);
      this.#stream.end(bytes);
    });
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #when(start: (done: () => void) => void): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const onBroken = (fault?: Error): void => reject(fault ?? new Error('the coding of a reply was given up'));
      this.#stream.once('error', onBroken).once('close', onBroken);
      start(() => {
        this.#stream.off('error', onBroken).off('close', onBroken);
        resolve(Buffer.concat(this.#coded));
        this.#coded = [];
      });
    });
  }
}
