/** Reads a log's tiles (https://c2sp.org/tlog-tiles) from whoever serves them; whoever uses them checks them. */
import type { Bytes } from '../../../src/audit/c2sp/bytes.ts';
import { nodeHash } from './merkle.ts';
import type { SubtreeReader } from './proofs.ts';
import { Unreadable } from './report.ts';

export const TILE_WIDTH = 256;
const HASH_BYTES = 32;
const TILE_LEVELS = 8;

/** Gets a file by its path, such as `tile/0/000`; undefined where there is none. */
export type TileFetch = (path: string) => Promise<Bytes | undefined>;

/** `tile/<L>/<N>[.p/<W>]`, N in groups of three digits: 1234067 is `x001/x234/067`. */
export function tilePath(level: number | 'entries', index: number, width: number): string {
  const groups: string[] = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`${groups.length === 0 ? '' : 'x'}${String(rest % 1000).padStart(3, '0')}`);
  }
  return `tile/${level}/${groups.join('/')}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** Reads subtrees of the log of `size` entries from its tiles, each of which is fetched once. */
export function subtreeReader(fetch: TileFetch, size: number): SubtreeReader {
  const tiles = new Map<string, Promise<Bytes>>();
  const tile = (level: number, index: number) => {
    const key = `${level}/${index}`;
    let found = tiles.get(key);
    if (found === undefined) {
      found = fetchTile(fetch, level, index, size);
      tiles.set(key, found);
    }
    return found;
  };
  const read: SubtreeReader = async (level, index) => {
    // Between the levels that tiles hold, a hash is made of the two below it.
    if (level % TILE_LEVELS !== 0)
      return await nodeHash(await read(level - 1, 2 * index), await read(level - 1, 2 * index + 1));
    const bytes = await tile(level / TILE_LEVELS, Math.floor(index / TILE_WIDTH));
    const at = (index % TILE_WIDTH) * HASH_BYTES;
    return bytes.slice(at, at + HASH_BYTES);
  };
  return read;
}

/** The entries of a bundle; every one that the log of `size` entries has in it. */
export async function fetchEntries(fetch: TileFetch, bundle: number, size: number): Promise<Bytes[]> {
  const width = Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH);
  const entries = parseBundle(await fetchEither(fetch, 'entries', bundle, width));
  if (entries === undefined || entries.length < width) {
    throw new Unreadable(`The entries from ${bundle * TILE_WIDTH} on are missing or cut.`);
  }
  return entries.slice(0, width);
}

async function fetchTile(fetch: TileFetch, level: number, index: number, size: number): Promise<Bytes> {
  const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);
  const bytes = await fetchEither(fetch, level, index, width);
  if (bytes.length < width * HASH_BYTES)
    throw new Unreadable(`The file ${tilePath(level, index, width)} of the log is cut.`);
  return bytes;
}

/** The tile of that width, or the full one that has replaced it since. */
async function fetchEither(fetch: TileFetch, level: number | 'entries', index: number, width: number): Promise<Bytes> {
  const path = tilePath(level, index, width);
  const bytes = (await fetch(path)) ?? (await fetch(tilePath(level, index, TILE_WIDTH)));
  if (bytes === undefined) throw new Unreadable(`The file ${path} of the log is missing.`);
  return bytes;
}

/** Entries, each after its length in two bytes; undefined where the framing is broken. */
function parseBundle(bytes: Bytes): Bytes[] | undefined {
  const entries: Bytes[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 2 > bytes.length) return undefined;
    const end = at + 2 + (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    if (end > bytes.length) return undefined;
    entries.push(bytes.slice(at + 2, end));
    at = end;
  }
  return entries;
}
