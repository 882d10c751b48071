import zlib from 'node:zlib';

/** More than one on top of another is a bomb, not a saving. */
const MAX_CODINGS = 2;

/**
 * A body without its content codings (RFC 9110, 8.4.1), `maxBytes` at most; `codings` in the order in which they were put
 * on. What not every reader decodes to the same bytes (a stream cut short, bytes behind its end) is told as why.
 */
export async function decodedBody(
  bytes: Buffer,
  codings: readonly string[],
  maxBytes: number,
): Promise<{ readonly bytes: Buffer } | { readonly why: string }> {
  const put = codings.filter((coding) => coding !== 'identity');
  if (put.length > MAX_CODINGS) return { why: `it has more than ${MAX_CODINGS} content codings` };
  let found = bytes;
  for (const coding of put.toReversed()) {
    const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
    if (decode === undefined) return { why: 'its content coding is not known' };
    const outcome = await decode(found, maxBytes);
    if ('why' in outcome) return outcome;
    found = outcome.bytes;
  }
  return { bytes: found };
}

type Outcome = { readonly bytes: Buffer } | { readonly why: string };
type Decode = (bytes: Buffer, maxBytes: number) => Promise<Outcome>;

const GZIP = decoder((bytes, options, done) => zlib.gunzip(bytes, options, done));

/** Its length stands at its end (RFC 1952, 2.3.1); of several members one behind another some readers see the first alone. */
const gunzip: Decode = async (bytes, maxBytes) => {
  const outcome = await GZIP(bytes, maxBytes);
  if ('why' in outcome || bytes.readUInt32LE(bytes.length - 4) === outcome.bytes.length) return outcome;
  return { why: TRAILING };
};

/** zstd's window as RFC 9659 bounds it: 8 MiB. */
const ZSTD = { params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } };

const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: decoder((bytes, options, done) => zlib.inflate(bytes, options, done)),
  br: decoder((bytes, options, done) => zlib.brotliDecompress(bytes, options, done)),
  zstd: decoder((bytes, options, done) => zlib.zstdDecompress(bytes, { ...options, ...ZSTD }, done)),
};

const TRAILING = 'there is more behind the end of what is compressed';

interface Options {
  readonly maxOutputLength: number;
  readonly info: true;
}

/** With `info`, what zlib gives is the bytes and the engine that read them. */
type Decompress = (bytes: Buffer, options: Options, done: (fault: Error | null, found: unknown) => void) => void;

function decoder(decompress: Decompress): Decode {
  return (bytes, maxBytes) =>
    new Promise((resolve) => {
      decompress(bytes, { maxOutputLength: maxBytes, info: true }, (fault, found) => {
        if (fault !== null) {
          const isLong = 'code' in fault && fault.code === 'ERR_BUFFER_TOO_LARGE';
          resolve({ why: isLong ? 'it is too long once it is decompressed' : 'it cannot be decompressed' });
          return;
        }
        const { buffer, engine } = found as { readonly buffer: Buffer; readonly engine: { bytesWritten: number } };
        resolve(engine.bytesWritten === bytes.length ? { bytes: buffer } : { why: TRAILING });
      });
    });
}
