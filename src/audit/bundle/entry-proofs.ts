/** Proves entries of the log on disk against a checkpoint, which may be older than what the log holds by now. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../model/fault.ts';
import { encodeProof } from '../c2sp/proof-text.ts';
import { consistencyProof, type SubtreeReader } from '../log/merkle.ts';
import { perfectRoot } from '../log/tile-log.ts';
import { TILE_WIDTH, tilePath } from '../log/tile-path.ts';
import { proveEntry } from '../log/tlog-proof.ts';

/** Tiles kept in memory while proofs are made: 256 KiB of them. */
const TILES_KEPT = 32;

/** Makes C2SP tlog-proofs against one checkpoint, which is a signed note. Throws a `Fault` where a tile is missing. */
export class EntryProofs {
  readonly #log: string;
  readonly #checkpoint: string;
  readonly #size: number;
  readonly #read: SubtreeReader;
  readonly #tiles = new Map<string, Buffer>();

  /** `log` is the folder of the tiles. */
  constructor(log: string, checkpoint: string) {
    this.#log = log;
    this.#checkpoint = checkpoint;
    this.#size = Number(checkpoint.split('\n')[1]);
    this.#read = (level, index) => this.#subtree(level, index);
  }

  /** The proof of entry `index`, as a file holds it. */
  prove(index: number): string {
    return encodeProof(proveEntry(this.#read, index, this.#size, this.#checkpoint));
  }

  /** That the checkpoint's tree goes on from the one of its first `old` entries (RFC 9162, section 2.1.4.1). */
  consistency(old: number): readonly string[] {
    return consistencyProof(this.#read, old, this.#size);
  }

  /** The roots of the perfect subtrees over the first `size` entries, the largest first. */
  subtrees(size: number): readonly string[] {
    const roots: string[] = [];
    let start = 0;
    for (let level = Math.floor(Math.log2(Math.max(1, size))); level >= 0; level--) {
      const width = 2 ** level;
      if (size - start < width) continue;
      roots.push(this.#read(level, start / width));
      start += width;
    }
    return roots;
  }

  #subtree(level: number, index: number): string {
    const tileLevel = Math.floor(level / 8);
    const width = 2 ** (level % 8);
    const first = index * width;
    const tile = Math.floor(first / TILE_WIDTH);
    const held = Math.floor(this.#size / TILE_WIDTH ** tileLevel) - tile * TILE_WIDTH;
    const bytes = this.#tile(tileLevel, tile, Math.min(TILE_WIDTH, held));
    const start = first - tile * TILE_WIDTH;
    if ((start + width) * 32 > bytes.length) throw short(tileLevel, tile);
    return perfectRoot(
      Array.from({ length: width }, (_, at) => bytes.toString('hex', (start + at) * 32, (start + at + 1) * 32)),
    );
  }

  /** A tile only grows: once a full one is there, those of fewer hashes may be gone, and it begins with the same. */
  #tile(level: number, index: number, width: number): Buffer {
    const known = this.#tiles.get(`${level}/${index}`);
    if (known !== undefined) return known;
    const paths = [tilePath(level, index, width), tilePath(level, index, TILE_WIDTH)];
    const path = paths.map((one) => join(this.#log, one)).find((one) => existsSync(one));
    if (path === undefined) throw short(level, index);
    const bytes = readFileSync(path);
    if (this.#tiles.size >= TILES_KEPT) this.#tiles.delete(this.#tiles.keys().next().value ?? '');
    this.#tiles.set(`${level}/${index}`, bytes);
    return bytes;
  }
}

function short(level: number, index: number): Fault {
  return new Fault('log-corrupt', `tile ${level}/${index} of the log does not hold what was signed`);
}
