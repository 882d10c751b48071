/** C2SP tlog-proof (https://c2sp.org/tlog-proof): an entry's inclusion and the checkpoint it is included in, in one file. */
import { type Bytes, fromBase64, fromHex, toBase64, toHex } from './bytes.ts';

export interface TlogProof {
  readonly index: number;
  /** The inclusion path, hex. */
  readonly path: readonly string[];
  /** The signed note. */
  readonly checkpoint: string;
  /** Bytes that the proof carries along and nothing vouches for. */
  readonly extra?: Bytes;
}

const HEADER = 'c2sp.org/tlog-proof@v1';
const MAX_PATH = 63;

/** Throws a `RangeError` where a step of the path is not hex. */
export function encodeProof({ index, path, checkpoint, extra }: TlogProof): string {
  const lines = [HEADER];
  if (extra !== undefined) lines.push(`extra ${toBase64(extra)}`);
  lines.push(`index ${index}`);
  for (const step of path) {
    const bytes = fromHex(step);
    if (bytes === undefined) throw new RangeError(`a step of a path is hex, and not ${step}`);
    lines.push(toBase64(bytes));
  }
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** Reads a proof; undefined where it is not one as the specification writes it. */
export function parseProof(text: string): TlogProof | undefined {
  const split = text.indexOf('\n\n');
  if (split < 0) return undefined;
  const lines = text.slice(0, split).split('\n');
  if (lines.shift() !== HEADER) return undefined;
  const encoded = lines[0]?.startsWith('extra ') === true ? lines.shift()?.slice('extra '.length) : undefined;
  const extra = encoded === undefined ? undefined : fromBase64(encoded);
  if (encoded !== undefined && extra === undefined) return undefined;
  const index = Number(/^index (0|[1-9][0-9]{0,15})$/u.exec(lines.shift() ?? '')?.[1] ?? Number.NaN);
  const path = lines.map((line) => fromBase64(line));
  if (!Number.isSafeInteger(index) || path.length > MAX_PATH) return undefined;
  if (!path.every((step) => step?.length === 32)) return undefined;
  const proof = { index, path: path.map((step) => toHex(step as Bytes)), checkpoint: text.slice(split + 2) };
  return extra === undefined ? proof : { ...proof, extra };
}
