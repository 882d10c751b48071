/** Reads what a gateway's own log says: its checkpoint and its entries. It verifies nothing: `verify-directory.ts` does. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { auditPaths } from '../audit-paths.ts';
import { parseBundle, TILE_WIDTH, tilePath } from '../log/tile-path.ts';

export interface LogHead {
  readonly origin: string;
  /** Entries under the checkpoint. */
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** The signed note. */
  readonly checkpoint: string;
  /** When it was signed, milliseconds since 1970. */
  readonly signedAtMs: number;
}

/** Undefined where nothing was signed yet. */
export async function readLogHead(directory: string): Promise<LogHead | undefined> {
  const { checkpoint: path } = auditPaths(directory);
  const checkpoint = await readFile(path, 'utf8').catch(absent);
  if (checkpoint === undefined) return undefined;
  const [origin = '', size = '0', root = ''] = checkpoint.split('\n');
  const { mtimeMs } = await stat(path);
  const hex = Buffer.from(root, 'base64').toString('hex');
  return { origin, size: Number(size), root: hex, checkpoint, signedAtMs: mtimeMs };
}

/** The newest checkpoint that a quorum of witnesses cosigned; undefined where there is none. */
export async function readWitnessed(directory: string): Promise<string | undefined> {
  return await readFile(join(auditPaths(directory).log, 'witnessed'), 'utf8').catch(absent);
}

export interface ReadEntry {
  readonly index: number;
  /** Canonical JSON. */
  readonly text: string;
}

/** Entries from `start` on, under the checkpoint; fewer where their files are missing or cut. */
export async function readLogEntries(directory: string, start: number, limit: number): Promise<readonly ReadEntry[]> {
  const { size = 0 } = (await readLogHead(directory)) ?? {};
  const end = Math.min(size, start + limit);
  const entries: ReadEntry[] = [];
  for (let bundle = Math.floor(start / TILE_WIDTH); bundle * TILE_WIDTH < end; bundle++) {
    const first = bundle * TILE_WIDTH;
    const read = await readBundle(directory, bundle, Math.min(TILE_WIDTH, size - first));
    for (const [at, entry] of read.entries()) {
      const index = first + at;
      if (index >= start && index < end) entries.push({ index, text: entry.toString('utf8') });
    }
  }
  return entries;
}

async function readBundle(directory: string, bundle: number, width: number): Promise<readonly Buffer[]> {
  const { log } = auditPaths(directory);
  for (const path of [tilePath('entries', bundle, width), tilePath('entries', bundle, TILE_WIDTH)]) {
    const bytes = await readFile(join(log, path)).catch(absent);
    const entries = bytes && parseBundle(bytes);
    if (entries !== undefined) return entries;
  }
  return [];
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

/** The last entry under the checkpoint that `wanted` says yes to, searched from the end. */
export async function findLastEntry(
  directory: string,
  wanted: (text: string) => boolean,
): Promise<ReadEntry | undefined> {
  const { size = 0 } = (await readLogHead(directory)) ?? {};
  for (let end = size; end > 0; ) {
    const start = Math.floor((end - 1) / TILE_WIDTH) * TILE_WIDTH;
    const found = (await readLogEntries(directory, start, end - start)).findLast(({ text }) => wanted(text));
    if (found !== undefined) return found;
    end = start;
  }
  return undefined;
}
