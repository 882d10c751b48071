/**
 * Reads a bundle's archive (APPNOTE.TXT, stored entries only), and refuses every one that two readers could see
 * differently: what a bundle may be is in docs/design/0004-evidence-bundle.md.
 */
import { fromUtf8 } from '../../c2sp/bytes.ts';
import type { ByteSource } from './engine.ts';
import {
  END_BYTES,
  isRegularFile,
  LOCAL_BYTES,
  readCentral,
  readEnd,
  readLocal,
  type ZipEntry,
} from './zip-records.ts';

export interface ArchiveFile {
  readonly path: string;
  readonly bytes: number;
  readonly crc: number;
  read(start: number, end: number): Promise<Uint8Array>;
}

export type Archive = ReadonlyMap<string, ArchiveFile>;

/** The most that the list of files may take: about a million files. */
const MAX_DIRECTORY_BYTES = 128 * 1024 * 1024;
const MAX_PATH_CHARACTERS = 240;
const SAFE_PATH = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]*\/){0,8}[A-Za-z0-9_][A-Za-z0-9._-]*$/u;

/** The files of an archive by path, in its order; a text of what is wrong where it is none that may be read. */
export async function openZip(source: ByteSource): Promise<Archive | string> {
  if (source.size < END_BYTES) return 'the file is no zip archive: it is too short';
  const end = await readEnd(source);
  if (typeof end === 'string') return end;
  if (end.directoryBytes > MAX_DIRECTORY_BYTES) return 'the list of its files is too large to be read';
  const directory = await source.read(end.directoryStart, end.directoryStart + end.directoryBytes);
  const entries = readEntries(directory, end.entries);
  if (typeof entries === 'string') return entries;
  return (
    namesProblem(entries) ?? (await layoutProblem(source, entries, end.directoryStart)) ?? toFiles(source, entries)
  );
}

function readEntries(directory: Uint8Array, count: number): ZipEntry[] | string {
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at < directory.length) {
    const entry = readCentral(directory, at);
    if (typeof entry === 'string') return entry;
    entries.push(entry);
    at += entry.recordBytes;
  }
  return entries.length === count ? entries : `it says that it has ${count} files, and lists ${entries.length}`;
}

/** Names are ASCII and small in kind, so that no file system takes two of them for one, or leaves its folder. */
function namesProblem(entries: readonly ZipEntry[]): string | undefined {
  const seen = new Set<string>();
  const folders = new Set<string>();
  for (const entry of entries) {
    const { path } = entry;
    if (path.length > MAX_PATH_CHARACTERS || !SAFE_PATH.test(path)) {
      return `it holds a file whose name is not allowed: ${JSON.stringify(path.slice(0, MAX_PATH_CHARACTERS))}`;
    }
    if (!isRegularFile(entry)) return `${path} is no regular file (a link, a folder or a device)`;
    const folded = path.toLowerCase();
    if (seen.has(folded)) return `${path} stands in it twice (names that differ in case alone count as one)`;
    seen.add(folded);
    for (let slash = folded.indexOf('/'); slash > 0; slash = folded.indexOf('/', slash + 1)) {
      folders.add(folded.slice(0, slash));
    }
  }
  const both = entries.find(({ path }) => folders.has(path.toLowerCase()));
  return both === undefined ? undefined : `${both.path} is a file and a folder`;
}

/** Local headers must say what the list says, and the files must fill the archive without a gap or an overlap. */
async function layoutProblem(
  source: ByteSource,
  entries: readonly ZipEntry[],
  directoryStart: number,
): Promise<string | undefined> {
  let at = 0;
  for (const entry of entries) {
    if (entry.offset !== at) return `${entry.path} does not begin where the file before it ends`;
    const headerEnd = at + LOCAL_BYTES + entry.path.length + entry.localExtraBytes;
    if (headerEnd + entry.bytes > directoryStart) return `${entry.path} reaches into the list of files`;
    const problem = readLocal(await source.read(at, headerEnd), entry);
    if (problem !== undefined) return problem;
    at = headerEnd + entry.bytes;
  }
  return at === directoryStart ? undefined : 'bytes that belong to no file stand before the list of files';
}

function toFiles(source: ByteSource, entries: readonly ZipEntry[]): Archive {
  return new Map(
    entries.map(({ path, bytes, crc, offset, localExtraBytes }) => {
      const start = offset + LOCAL_BYTES + path.length + localExtraBytes;
      const read = (from: number, to: number) => source.read(start + from, start + Math.min(to, bytes));
      return [path, { path, bytes, crc, read }];
    }),
  );
}

const WINDOW_BYTES = 1024 * 1024;

/** The bytes of a file in pieces of a megabyte. */
export async function* pieces(file: ArchiveFile): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.bytes; at += WINDOW_BYTES)
    yield await file.read(at, Math.min(file.bytes, at + WINDOW_BYTES));
}

/** The whole of a small file; undefined where it is larger than `mostBytes`. */
export async function readSmall(file: ArchiveFile, mostBytes: number): Promise<Uint8Array | undefined> {
  return file.bytes <= mostBytes ? await file.read(0, file.bytes) : undefined;
}

/** The text of a small file; undefined where it is larger, or no UTF-8. */
export async function readText(file: ArchiveFile, mostBytes: number): Promise<string | undefined> {
  const bytes = await readSmall(file, mostBytes);
  return bytes === undefined ? undefined : fromUtf8(bytes);
}

/**
 * A source that reads a window at a time: many small reads next to one another, such as headers, cost one of the
 * medium.
 */
export function windowed(source: ByteSource): ByteSource {
  let start = 0;
  let window = new Uint8Array();
  return {
    size: source.size,
    async read(from, to) {
      if (to - from >= WINDOW_BYTES) return await source.read(from, to);
      if (from < start || to > start + window.length) {
        start = from;
        window = new Uint8Array(await source.read(from, Math.min(source.size, from + WINDOW_BYTES)));
      }
      return window.subarray(from - start, to - start);
    },
  };
}
