/** The records of a zip archive (APPNOTE.TXT, section 4.3), each accepted in one form alone. */
import type { ByteSource } from './engine.ts';

export interface ZipEntry {
  readonly path: string;
  readonly bytes: number;
  readonly crc: number;
  /** Of its local header. */
  readonly offset: number;
  readonly flags: number;
  /** DOS time and date, as one number. */
  readonly time: number;
  readonly host: number;
  readonly attributes: number;
  /** Of the extra field of its local header: nothing, or what zip64 needs. */
  readonly localExtraBytes: number;
  /** Of its record in the list of files. */
  readonly recordBytes: number;
}

export interface ZipEnd {
  readonly entries: number;
  readonly directoryStart: number;
  readonly directoryBytes: number;
}

export const LOCAL_BYTES = 30;
export const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const MAX_16 = 0xffff;
const MAX_32 = 0xffffffff;
const ZIP64 = 1;
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const VERSION = 20;
const VERSION_64 = 45;
/** The name is UTF-8, which an ASCII name is in any case. */
const UTF8_FLAG = 0x0800;
const UNIX = 3;
/** A regular file of mode 0644; the DOS half says nothing. */
const REGULAR_FILE = (0o100644 << 16) >>> 0;

/** Reads the end of the archive, which must be its last bytes; a text of what is wrong with it. */
export async function readEnd(source: ByteSource): Promise<ZipEnd | string> {
  const endAt = source.size - END_BYTES;
  const end = viewOf(await source.read(endAt, source.size));
  if (end.getUint32(0, true) !== END || end.getUint16(20, true) !== 0) {
    return 'the file does not end as a zip archive without a comment does';
  }
  if (end.getUint16(4, true) !== 0 || end.getUint16(6, true) !== 0) return 'the archive is in several parts';
  const entries = end.getUint16(10, true);
  const directoryBytes = end.getUint32(12, true);
  const directoryStart = end.getUint32(16, true);
  if (end.getUint16(8, true) !== entries) return 'the archive is in several parts';
  const short = { entries, directoryStart, directoryBytes };
  if (entries !== MAX_16 && directoryBytes !== MAX_32 && directoryStart !== MAX_32) {
    return directoryStart + directoryBytes === endAt ? short : GAP;
  }
  return await readEnd64(source, endAt - LOCATOR_BYTES, short);
}

const GAP = 'the list of its files does not end where the archive does';

async function readEnd64(source: ByteSource, locatorAt: number, short: ZipEnd): Promise<ZipEnd | string> {
  const recordAt = locatorAt - END64_BYTES;
  if (recordAt < 0) return 'the archive needs zip64 records and has none';
  const bytes = viewOf(await source.read(recordAt, locatorAt + LOCATOR_BYTES));
  const record = [bytes.getUint32(0, true), number64(bytes, 4), bytes.getUint16(12, true), bytes.getUint16(14, true)];
  const parts = [bytes.getUint32(16, true), bytes.getUint32(20, true), number64(bytes, 24)];
  const entries = number64(bytes, 32);
  const directoryBytes = number64(bytes, 40);
  const directoryStart = number64(bytes, 48);
  const locator = [
    bytes.getUint32(END64_BYTES, true),
    bytes.getUint32(END64_BYTES + 4, true),
    number64(bytes, END64_BYTES + 8),
    bytes.getUint32(END64_BYTES + 16, true),
  ];
  const expected = [END64, END64_BYTES - 12, (UNIX << 8) | VERSION_64, VERSION_64, 0, 0, entries];
  if (!same([...record, ...parts], expected) || !same(locator, [LOCATOR, 0, recordAt, 1])) {
    return 'the zip64 records of the archive are not as they must be';
  }
  const fits = [
    short.entries === Math.min(entries, MAX_16),
    short.directoryBytes === Math.min(directoryBytes, MAX_32),
    short.directoryStart === Math.min(directoryStart, MAX_32),
  ];
  if (fits.includes(false)) return 'the two ends of the archive disagree';
  return directoryStart + directoryBytes === recordAt ? { entries, directoryStart, directoryBytes } : GAP;
}

/** Reads the record of a file in the list; a text of what is wrong with it. */
export function readCentral(directory: Uint8Array, at: number): ZipEntry | string {
  if (at + CENTRAL_BYTES > directory.length) return 'the list of its files is cut';
  const record = viewOf(directory.subarray(at));
  const nameBytes = record.getUint16(28, true);
  const extraBytes = record.getUint16(30, true);
  const recordBytes = CENTRAL_BYTES + nameBytes + extraBytes;
  if (record.getUint32(0, true) !== CENTRAL || at + recordBytes > directory.length)
    return 'the list of its files is cut';
  const path = latin1(directory.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes));
  const shown = JSON.stringify(path.slice(0, 80));
  const flags = record.getUint16(8, true);
  if ((flags & ~UTF8_FLAG) !== 0) return `${shown} is encrypted, or its size stands behind it (flags ${flags})`;
  if (record.getUint16(10, true) !== 0) return `${shown} is compressed; a bundle holds its files as they are`;
  const size = record.getUint32(24, true);
  const offset = record.getUint32(42, true);
  if (record.getUint32(20, true) !== size) return `${shown} has two sizes`;
  if (record.getUint16(32, true) !== 0) return `${shown} has a comment`;
  if (record.getUint16(34, true) !== 0 || record.getUint16(36, true) !== 0) return `${shown} stands in another part`;
  const wide = readZip64(record, CENTRAL_BYTES + nameBytes, extraBytes, { size, offset });
  if (wide === undefined) return `${shown} has an extra field that is not needed`;
  const version = record.getUint16(6, true);
  const madeBy = record.getUint16(4, true);
  const big = size === MAX_32;
  if (version !== (extraBytes > 0 ? VERSION_64 : VERSION) || (madeBy & 0xff) !== VERSION_64) {
    return `${shown} asks for another version of zip than its form needs`;
  }
  return {
    ...wide,
    path,
    crc: record.getUint32(16, true),
    flags,
    time: record.getUint32(12, true),
    host: madeBy >> 8,
    attributes: record.getUint32(38, true),
    localExtraBytes: big ? 20 : 0,
    recordBytes,
  };
}

/** The sizes that do not fit 32 bits, in the order of section 4.5.3; undefined for any other extra field. */
function readZip64(
  record: DataView,
  at: number,
  extraBytes: number,
  short: { readonly size: number; readonly offset: number },
): { bytes: number; offset: number } | undefined {
  const needed = (short.size === MAX_32 ? 16 : 0) + (short.offset === MAX_32 ? 8 : 0);
  if (extraBytes !== (needed === 0 ? 0 : needed + 4)) return undefined;
  if (needed === 0) return { bytes: short.size, offset: short.offset };
  if (record.getUint16(at, true) !== ZIP64 || record.getUint16(at + 2, true) !== needed) return undefined;
  let next = at + 4;
  let { size: bytes, offset } = short;
  if (bytes === MAX_32) {
    bytes = number64(record, next);
    if (number64(record, next + 8) !== bytes || bytes < MAX_32) return undefined;
    next += 16;
  }
  if (offset === MAX_32) {
    offset = number64(record, next);
    if (offset < MAX_32) return undefined;
  }
  return { bytes, offset };
}

/** What is wrong with a local header, which must repeat what the list says; undefined where it does. */
export function readLocal(bytes: Uint8Array, entry: ZipEntry): string | undefined {
  const header = viewOf(bytes);
  const size = Math.min(entry.bytes, MAX_32);
  const said = [
    header.getUint32(0, true),
    header.getUint16(6, true),
    header.getUint16(8, true),
    header.getUint32(10, true),
    header.getUint32(14, true),
    header.getUint32(18, true),
    header.getUint32(22, true),
    header.getUint16(26, true),
    header.getUint16(28, true),
  ];
  const expected = [LOCAL, entry.flags, 0, entry.time, entry.crc, size, size, entry.path.length, entry.localExtraBytes];
  const version = header.getUint16(4, true);
  const named = latin1(bytes.subarray(LOCAL_BYTES, LOCAL_BYTES + entry.path.length)) === entry.path;
  const versioned = version === (entry.localExtraBytes > 0 ? VERSION_64 : VERSION);
  if (!same(said, expected) || !named || !versioned) return `${entry.path} says something else than the list of files`;
  if (entry.localExtraBytes === 0) return undefined;
  const extra = LOCAL_BYTES + entry.path.length;
  const wide = [header.getUint16(extra, true), header.getUint16(extra + 2, true)];
  const sizes = [number64(header, extra + 4), number64(header, extra + 12)];
  return same([...wide, ...sizes], [ZIP64, 16, entry.bytes, entry.bytes])
    ? undefined
    : `${entry.path} says something else than the list of files`;
}

/** False for links, folders and devices. */
export function isRegularFile({ host, attributes }: ZipEntry): boolean {
  return host === UNIX && attributes === REGULAR_FILE;
}

/** A 64-bit number; one that is not exact as a double comes out as Infinity, which fits nothing. */
function number64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.POSITIVE_INFINITY;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function same(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, i) => value === right[i]);
}
