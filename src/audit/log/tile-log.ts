/** The writer's side of a tiled log (https://c2sp.org/tlog-tiles): appends entries, and writes their tiles. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault } from '../../model/fault.ts';
import { ensureDirectory, syncDirectory, writeFileDurably } from '../durable-files.ts';
import { CompactRange, leafHash, nodeHash, rangeRoot, type SubtreeReader } from './merkle.ts';
import { parseBundle, TILE_WIDTH, type TileLevel, tilePath } from './tile-path.ts';

const MAX_ENTRY_BYTES = 65_535;

interface Tile {
  readonly level: TileLevel;
  readonly index: number;
  /** How many hashes or entries it holds. */
  readonly width: number;
  readonly bytes: Buffer;
}

export class TileLog {
  readonly #directory: string;
  readonly #range: CompactRange;
  /** The hashes of the incomplete tile of each level, and the entries of the incomplete bundle. */
  readonly #levels: string[][];
  readonly #entries: Buffer[];
  #full: Tile[] = [];
  /** Tiles that became full, whose partial files stay for as long as a checkpoint of a partial size is the newest. */
  #replaced: Pick<Tile, 'level' | 'index'>[] = [];
  #flushed: number;
  /** The partial tile of each level on disk. It never changes: one of another width is another file. */
  readonly #kept = new Map<TileLevel, string>();

  /** Takes up the log in `directory` at `size` entries, which its tiles on disk must hold. */
  constructor(directory: string, size: number) {
    this.#directory = directory;
    this.#flushed = size;
    this.#levels = readLevels(directory, size);
    this.#entries = readEntries(directory, size);
    this.#range = new CompactRange(size, subtrees(this.#levels));
    for (const { level, index, width } of this.#partial()) this.#kept.set(level, tilePath(level, index, width));
  }

  get size(): number {
    return this.#range.size;
  }

  root(): string {
    return this.#range.root();
  }

  /** Appends an entry, and returns its index. Nothing is written before `flush`. */
  append(entry: Buffer): number {
    if (entry.length > MAX_ENTRY_BYTES) throw new Fault('internal', `a log entry of ${entry.length} bytes is too long`);
    const index = this.size;
    const leaf = leafHash(entry);
    this.#entries.push(entry);
    if (this.#entries.length === TILE_WIDTH) {
      const bytes = bundle(this.#entries);
      this.#full.push({ level: 'entries', index: Math.floor(index / TILE_WIDTH), width: TILE_WIDTH, bytes });
      this.#entries.length = 0;
    }
    this.#range.append(leaf);
    this.#push(0, leaf);
    return index;
  }

  /** Makes the tiles of all entries durable, full ones and the partial ones of this size. */
  flush(): void {
    if (this.#flushed === this.size) return;
    const directories = new Set<string>();
    for (const { level, index, width, bytes } of [...this.#full, ...this.#partial()]) {
      const name = tilePath(level, index, width);
      // Written again it would be cut to nothing first, under the eyes of whoever reads the log.
      if (this.#kept.get(level) === name) continue;
      const path = join(this.#directory, name);
      ensureDirectory(dirname(path));
      writeFileDurably(path, bytes);
      if (width < TILE_WIDTH) this.#kept.set(level, name);
      directories.add(dirname(path));
    }
    for (const directory of directories) syncDirectory(directory);
    this.#flushed = this.size;
    this.#replaced.push(...this.#full.map(({ level, index }) => ({ level, index })));
    this.#full = [];
  }

  /** Removes the partial tiles that full ones replaced, of tiles that lie below a published checkpoint's size. */
  tidy(published: number): void {
    this.#replaced = this.#replaced.filter(({ level, index }) => {
      const end = (index + 1) * TILE_WIDTH ** (level === 'entries' ? 1 : level + 1);
      if (end > published) return true;
      rmSync(join(this.#directory, `${tilePath(level, index, TILE_WIDTH)}.p`), { recursive: true, force: true });
      return false;
    });
  }

  #push(level: number, hashed: string): void {
    const hashes = (this.#levels[level] ??= []);
    hashes.push(hashed);
    if (hashes.length < TILE_WIDTH) return;
    const index = Math.floor((this.size - 1) / TILE_WIDTH ** (level + 1));
    this.#full.push({ level, index, width: TILE_WIDTH, bytes: Buffer.from(hashes.join(''), 'hex') });
    const root = perfectRoot(hashes);
    hashes.length = 0;
    this.#push(level + 1, root);
  }

  #partial(): Tile[] {
    const tiles: Tile[] = [];
    for (const [level, hashes] of this.#levels.entries()) {
      if (hashes.length === 0) continue;
      const index = Math.floor(this.size / TILE_WIDTH ** (level + 1));
      tiles.push({ level, index, width: hashes.length, bytes: Buffer.from(hashes.join(''), 'hex') });
    }
    if (this.#entries.length > 0) {
      const index = Math.floor(this.size / TILE_WIDTH);
      tiles.push({ level: 'entries', index, width: this.#entries.length, bytes: bundle(this.#entries) });
    }
    return tiles;
  }
}

/** Removes tiles that hold more than `size` entries: what a crash left, of which nothing was signed. */
export function truncateTiles(directory: string, size: number): void {
  for (const level of existsSync(join(directory, 'tile')) ? readdirSync(join(directory, 'tile')) : []) {
    const name = level === 'entries' ? 'entries' : Number(level);
    const items = name === 'entries' ? size : Math.floor(size / TILE_WIDTH ** name);
    const last = Math.floor(items / TILE_WIDTH);
    // A crash leaves at most what one flush wrote; flushes write consecutive tiles.
    for (let index = last; ; index++) {
      const full = join(directory, tilePath(name, index, TILE_WIDTH));
      const partial = `${full}.p`;
      if (index > last && !existsSync(full) && !existsSync(partial)) break;
      rmSync(full, { force: true });
      const keep = index === last ? items % TILE_WIDTH : 0;
      for (const width of existsSync(partial) ? readdirSync(partial) : []) {
        if (Number(width) > keep) rmSync(join(partial, width), { force: true });
      }
    }
  }
}

function readLevels(directory: string, size: number): string[][] {
  const levels: string[][] = [];
  for (let level = 0, items = size; items > 0; level++, items = Math.floor(items / TILE_WIDTH)) {
    const width = items % TILE_WIDTH;
    const bytes = width === 0 ? Buffer.alloc(0) : readTile(directory, level, Math.floor(items / TILE_WIDTH), width);
    if (bytes.length !== width * 32)
      throw new Fault('log-corrupt', `tile ${level} of the log does not hold ${width} hashes`);
    levels.push(Array.from({ length: width }, (_, i) => bytes.toString('hex', i * 32, i * 32 + 32)));
  }
  return levels;
}

function readEntries(directory: string, size: number): Buffer[] {
  const width = size % TILE_WIDTH;
  if (width === 0) return [];
  const entries = parseBundle(readTile(directory, 'entries', Math.floor(size / TILE_WIDTH), width));
  if (entries?.length !== width) throw new Fault('log-corrupt', `the log's last bundle does not hold ${width} entries`);
  return entries;
}

function readTile(directory: string, level: TileLevel, index: number, width: number): Buffer {
  try {
    return readFileSync(join(directory, tilePath(level, index, width)));
  } catch (cause) {
    throw new Fault('log-corrupt', `the log's tile ${tilePath(level, index, width)} is missing`, { cause });
  }
}

/** At least `width` hashes of a tile: where the partial one is gone, the full one holds them too. */
function readHashes(directory: string, level: TileLevel, index: number, width: number): Buffer {
  try {
    return readTile(directory, level, index, width);
  } catch (fault) {
    if (width === TILE_WIDTH || !existsSync(join(directory, tilePath(level, index, TILE_WIDTH)))) throw fault;
    return readTile(directory, level, index, TILE_WIDTH);
  }
}

/** The roots of the perfect subtrees, largest first, that the incomplete tiles stand for. */
function subtrees(levels: readonly string[][]): string[] {
  const roots: string[] = [];
  for (const hashes of levels.toReversed()) {
    for (let start = 0; start < hashes.length; ) {
      let width = 1;
      while (width * 2 <= hashes.length - start) width *= 2;
      roots.push(perfectRoot(hashes.slice(start, start + width)));
      start += width;
    }
  }
  return roots;
}

/** The root of 2^n hashes. */
export function perfectRoot(hashes: readonly string[]): string {
  let row = [...hashes];
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, i) => nodeHash(row[i * 2] as string, row[i * 2 + 1] as string));
  }
  return row[0] as string;
}

function bundle(entries: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(entry.length);
    parts.push(length, entry);
  }
  return Buffer.concat(parts);
}

/** The root at `signed` entries of the log on disk, which has `size`. */
export function logRoot(directory: string, size: number, signed: number): string {
  return rangeRoot(subtreeReader(directory, size), 0, signed);
}

/** Reads the roots of perfect subtrees of the log on disk from its tiles. */
export function subtreeReader(directory: string, size: number): SubtreeReader {
  return (level, index) => {
    const tileLevel = Math.floor(level / 8);
    const width = 2 ** (level % 8);
    const first = index * width;
    const tile = Math.floor(first / TILE_WIDTH);
    const items = Math.floor(size / TILE_WIDTH ** tileLevel);
    const tileWidth = Math.min(TILE_WIDTH, items - tile * TILE_WIDTH);
    const bytes = readHashes(directory, tileLevel, tile, tileWidth);
    const start = first - tile * TILE_WIDTH;
    if ((start + width) * 32 > bytes.length)
      throw new Fault('log-corrupt', `tile ${tileLevel}/${tile} of the log is too short`);
    return perfectRoot(
      Array.from({ length: width }, (_, i) => bytes.toString('hex', (start + i) * 32, (start + i + 1) * 32)),
    );
  };
}
