/**
 * Erasure of a run's bodies by the end of its key (docs/security/erasure.md). Its steps survive a crash: a mark says
 * what is to be erased, an entry of the log says it to everybody, and only then the key goes; the mark goes last.
 */
import { closeSync, existsSync, fdatasyncSync, fstatSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../model/fault.ts';
import type { AuditPaths } from './audit-paths.ts';
import { replaceFile, syncDirectory, writeFully } from './durable-files.ts';
import { readLogEntries, readLogHead } from './read/read-log.ts';

/** What the log says of an erasure; each member is one that log-note.ts allows. */
export interface ErasureDetail {
  readonly run: string;
  readonly erasure: string;
  /** A person, a token, or the gateway. */
  readonly by: string;
  /** Of `ERASURE_REASONS`. */
  readonly reason: string;
  /** The retention rule that asked for it, where none of the people did. */
  readonly rule?: string;
}

/** `erased` now; `absent` where there is no key of the run here; `open` where the log has the run open. */
export type Erased = 'erased' | 'absent' | 'open';

/** An erasure under way: what is to be said of it, and how many entries the log had before it was. */
export interface ErasureMark {
  readonly detail: ErasureDetail;
  readonly logSize: number;
}

export const MARK_ENDING = '.erasing';

export function markPath(paths: AuditPaths, run: string): string {
  return join(paths.keys, 'runs', `${run}${MARK_ENDING}`);
}

/** Marks that a run is being erased, durably; where it was marked before, that mark stands. */
export async function markErasure(paths: AuditPaths, detail: ErasureDetail): Promise<ErasureMark> {
  const known = readMarks(paths).find((mark) => mark.detail.run === detail.run);
  if (known !== undefined) return known;
  const { size = 0 } = (await readLogHead(paths.root)) ?? {};
  const mark: ErasureMark = { detail, logSize: size };
  replaceFile(markPath(paths, detail.run), `${JSON.stringify(mark)}\n`);
  return mark;
}

/** The marks that a life of the gateway before this one left. Throws where one is not as it was written. */
export function readMarks(paths: AuditPaths): readonly ErasureMark[] {
  const directory = join(paths.keys, 'runs');
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory).filter((name) => name.endsWith(MARK_ENDING));
  return names.sort().map((name) => {
    const mark = parseMark(readFileSync(join(directory, name), 'utf8'));
    if (mark === undefined || `${mark.detail.run}${MARK_ENDING}` !== name) {
      throw new Fault('log-corrupt', `${join(directory, name)} is not the mark of an erasure`);
    }
    return mark;
  });
}

/** Whether the log says the erasure already, from where it stood when the mark was made. */
export async function isSaid(paths: AuditPaths, { detail, logSize }: ErasureMark): Promise<boolean> {
  for (let from = logSize; ; from += ENTRIES_AT_ONCE) {
    const entries = await readLogEntries(paths.root, from, ENTRIES_AT_ONCE);
    if (entries.some(({ text }) => saysErasure(text, detail))) return true;
    if (entries.length < ENTRIES_AT_ONCE) return false;
  }
}

const ENTRIES_AT_ONCE = 1_024;

/** Overwrites the key's file, removes it and then the mark; each is durable before the next. */
export function destroyKey(paths: AuditPaths, run: string, random: (bytes: number) => Uint8Array): void {
  const directory = join(paths.keys, 'runs');
  const key = join(directory, `${run}.key`);
  if (existsSync(key)) {
    overwrite(key, random);
    rmSync(key);
    syncDirectory(directory);
  }
  rmSync(markPath(paths, run), { force: true });
  syncDirectory(directory);
}

/** In place: a new file would leave the old bytes to the file system. */
function overwrite(path: string, random: (bytes: number) => Uint8Array): void {
  const fd = openSync(path, 'r+');
  try {
    writeFully(fd, random(fstatSync(fd).size), 0);
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function saysErasure(text: string, { run, erasure }: ErasureDetail): boolean {
  const entry = JSON.parse(text) as { kind?: unknown; detail?: { run?: unknown; erasure?: unknown } };
  return entry.kind === 'bodies.erased' && entry.detail?.run === run && entry.detail.erasure === erasure;
}

function parseMark(text: string): ErasureMark | undefined {
  try {
    const mark = JSON.parse(text) as Partial<ErasureMark>;
    const isWhole = typeof mark.detail?.run === 'string' && Number.isSafeInteger(mark.logSize);
    return isWhole ? (mark as ErasureMark) : undefined;
  } catch {
    return undefined; // the caller says which file
  }
}
