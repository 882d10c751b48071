/** Checks the log: the checkpoint's signature, every entry, every tile, and the root that they make. */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { AuditPaths } from '../audit-paths.ts';
import type { Checkpoint } from '../c2sp/checkpoint-text.ts';
import { filesBelow } from '../files-below.ts';
import { openCheckpoint } from '../log/checkpoint.ts';
import { LogIndex } from '../log/log-index.ts';
import { CompactRange, leafHash } from '../log/merkle.ts';
import type { NoteVerifier } from '../log/signed-note.ts';
import { perfectRoot } from '../log/tile-log.ts';
import { parseBundle, parseTilePath, TILE_WIDTH, type TileLevel, tilePath } from '../log/tile-path.ts';
import type { Findings } from './verify-report.ts';

export interface LogCheck {
  readonly paths: AuditPaths;
  readonly findings: Findings;
  readonly verifier: NoteVerifier;
  /** True where what lies beyond the checkpoint may be there without being signed: a gateway runs, or fell. */
  readonly unsigned: boolean;
}

const FILE = 'log/checkpoint';

/** Opens the checkpoint; undefined, with a finding, where it is missing or not signed by this log. */
export function verifyCheckpoint({ paths, findings, verifier }: LogCheck): Checkpoint | undefined {
  if (!existsSync(paths.checkpoint)) {
    findings.fail(FILE, 'the checkpoint is missing: nothing here is signed');
    return undefined;
  }
  const checkpoint = openCheckpoint(readFileSync(paths.checkpoint, 'utf8'), verifier.name, [verifier]);
  if (checkpoint === undefined) findings.fail(FILE, `the checkpoint is not one that ${verifier.name} signed`);
  return checkpoint;
}

/** Reads every entry under the checkpoint, in order, and compares every tile file with what they make. */
export function verifyLog(check: LogCheck, checkpoint: Checkpoint): LogIndex {
  const { findings, paths } = check;
  const index = new LogIndex(findings);
  const tree = new CompactRange();
  const files = tileFiles(check);
  let level: string[] = [];
  for (let bundle = 0; bundle * TILE_WIDTH < checkpoint.size; bundle++) {
    const first = bundle * TILE_WIDTH;
    const width = Math.min(TILE_WIDTH, checkpoint.size - first);
    const { path, entries } = readBundle(paths, bundle, width);
    if (entries === undefined) {
      findings.fail(`log/${path}`, `entries ${first} to ${first + width - 1} of the log are missing or cut`);
      return index;
    }
    const hashes = entries.map(leafHash);
    for (const [i, entry] of entries.entries()) {
      index.take(first + i, entry, `log/${path}`);
      tree.append(hashes[i] as string);
    }
    compareEntries(check, files, bundle, entries);
    compareHashes(check, files, 0, bundle, hashes);
    if (width === TILE_WIDTH) level.push(perfectRoot(hashes));
  }
  for (let number = 1; level.length > 0; number++) {
    const above: string[] = [];
    for (let tile = 0; tile * TILE_WIDTH < level.length; tile++) {
      const hashes = level.slice(tile * TILE_WIDTH, (tile + 1) * TILE_WIDTH);
      compareHashes(check, files, number, tile, hashes);
      if (hashes.length === TILE_WIDTH) above.push(perfectRoot(hashes));
    }
    level = above;
  }
  if (tree.root() !== checkpoint.root)
    findings.fail(FILE, 'the entries of the log do not make the root that was signed');
  for (const file of [...files.values()].flat()) leftOver(check, file.path);
  findings.totals.logEntries = tree.size;
  return index;
}

interface TileFile {
  readonly path: string;
  readonly width: number;
}

/** The tile files there are, by level and index. */
function tileFiles({ paths, findings }: LogCheck): Map<string, TileFile[]> {
  const files = new Map<string, TileFile[]>();
  for (const file of filesBelow(paths.log)) {
    const path = relative(paths.log, file);
    if (path === 'checkpoint' || path === 'witnessed') continue;
    const tile = parseTilePath(path);
    if (tile === undefined) {
      findings.fail(`log/${path}`, 'this file is no part of a log');
      continue;
    }
    const key = `${tile.level}/${tile.index}`;
    files.set(key, [...(files.get(key) ?? []), { path, width: tile.width }]);
  }
  return files;
}

function readBundle(paths: AuditPaths, bundle: number, width: number): { path: string; entries: Buffer[] | undefined } {
  for (const path of [tilePath('entries', bundle, width), tilePath('entries', bundle, TILE_WIDTH)]) {
    const file = join(paths.log, path);
    const entries = existsSync(file) ? parseBundle(readFileSync(file)) : undefined;
    if (entries !== undefined && entries.length >= width) return { path, entries: entries.slice(0, width) };
  }
  return { path: tilePath('entries', bundle, width), entries: undefined };
}

function compareEntries(
  check: LogCheck,
  files: Map<string, TileFile[]>,
  index: number,
  entries: readonly Buffer[],
): void {
  for (const { path, width } of takeFiles(check, files, 'entries', index, entries.length)) {
    const bytes = readTaken(check, path);
    if (bytes === undefined && replaced(check, 'entries', index)) continue;
    const found = bytes && parseBundle(bytes);
    const same =
      found?.length === width && entries.slice(0, width).every((entry, i) => found[i]?.equals(entry) === true);
    if (!same) check.findings.fail(`log/${path}`, 'this bundle does not hold the entries of the log');
  }
}

function compareHashes(
  check: LogCheck,
  files: Map<string, TileFile[]>,
  level: number,
  index: number,
  hashes: readonly string[],
): void {
  const taken = takeFiles(check, files, level, index, hashes.length);
  if (!taken.some(({ width }) => width >= hashes.length)) {
    check.findings.fail(`log/${tilePath(level, index, hashes.length)}`, 'this tile is missing');
  }
  for (const { path, width } of taken) {
    const bytes = readTaken(check, path);
    if (bytes === undefined && replaced(check, level, index)) continue;
    const found = bytes?.toString('hex') ?? '';
    if (found.length !== width * 64 || !found.startsWith(hashes.slice(0, width).join(''))) {
      check.findings.fail(`log/${path}`, 'this tile does not hold the hashes of the entries');
    }
  }
}

/** Undefined where it has gone since it was listed. */
function readTaken({ paths }: LogCheck, path: string): Buffer | undefined {
  const file = join(paths.log, path);
  try {
    return readFileSync(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

/** A log that is written meanwhile removes partial tiles once the full one, which holds the same, is there. */
function replaced({ paths }: LogCheck, level: TileLevel, index: number): boolean {
  return existsSync(join(paths.log, tilePath(level, index, TILE_WIDTH)));
}

/** Takes the files of one tile out of the list. Of those wider than what is signed, only that much is compared. */
function takeFiles(
  check: LogCheck,
  files: Map<string, TileFile[]>,
  level: TileLevel,
  index: number,
  width: number,
): TileFile[] {
  const key = `${level}/${index}`;
  const all = files.get(key) ?? [];
  files.delete(key);
  for (const file of all) if (file.width > width) leftOver(check, file.path);
  return all;
}

function leftOver({ findings, unsigned }: LogCheck, path: string): void {
  if (!unsigned) findings.fail(`log/${path}`, 'this tile holds more than was signed');
}
