/**
 * ZIP archives (PKWARE APPNOTE 6.3) of stored entries: nothing compressed, nothing that depends on when or where it is
 * made, and written as a stream whose length is known before. No library of JavaScript does the three together.
 */
import { crc32 } from 'node:zlib';

export interface ArchiveFile {
  /** With `/` between folders. */
  readonly path: string;
  /** The same bytes each time: they are read once for their length and checksum, and once to be sent. */
  open(): AsyncIterable<Uint8Array>;
}

export interface StoredZip {
  readonly bytes: number;
  /** Rejects where a file is not what it was when the archive was measured. */
  stream(): AsyncGenerator<Uint8Array>;
}

/** Reads every file once and lays the archive out, in the order given. */
export async function storedZip(files: readonly ArchiveFile[], signal?: AbortSignal): Promise<StoredZip> {
  const entries: Entry[] = [];
  let offset = 0;
  for (const file of files) {
    const entry = { name: Buffer.from(file.path), offset, file, ...(await measure(file, signal)) };
    entries.push(entry);
    offset += localHeader(entry).length + entry.bytes;
  }
  const directory = Buffer.concat(entries.map(centralHeader));
  const end = endOfArchive(entries.length, directory.length, offset);
  return {
    bytes: offset + directory.length + end.length,
    async *stream() {
      for (const entry of entries) {
        yield localHeader(entry);
        yield* unchanged(entry, signal);
      }
      yield directory;
      yield end;
    },
  };
}

interface Entry {
  readonly name: Buffer;
  readonly offset: number;
  readonly bytes: number;
  readonly crc: number;
  readonly file: ArchiveFile;
}

const MAX_32 = 0xff_ff_ff_ff;
const MAX_16 = 0xff_ff;
/** 1980-01-01: the first day that the format knows. */
const DATE = 0x00_21;
const UTF8_NAMES = 0x08_00;
/** Made on Unix, by version 4.5 of the format. */
const MADE_BY = 0x03_2d;
/** A regular file, rw-r--r--. */
const ATTRIBUTES = (0o100_644 << 16) >>> 0;

async function measure(file: ArchiveFile, signal: AbortSignal | undefined): Promise<{ bytes: number; crc: number }> {
  let bytes = 0;
  let crc = 0;
  for await (const piece of file.open()) {
    signal?.throwIfAborted();
    bytes += piece.length;
    crc = crc32(piece, crc);
  }
  return { bytes, crc };
}

async function* unchanged(entry: Entry, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let crc = 0;
  for await (const piece of entry.file.open()) {
    signal?.throwIfAborted();
    bytes += piece.length;
    crc = crc32(piece, crc);
    if (bytes > entry.bytes) break;
    yield piece;
  }
  if (bytes !== entry.bytes || crc !== entry.crc) throw new Error(`${entry.file.path} changed while it was sent`);
}

function localHeader({ name, bytes, crc }: Entry): Buffer {
  const large = bytes >= MAX_32;
  const extra = large ? zip64Extra([bytes, bytes]) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04_03_4b_50, 0);
  header.writeUInt16LE(large ? 45 : 20, 4);
  header.writeUInt16LE(UTF8_NAMES, 6);
  header.writeUInt16LE(DATE, 12);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(large ? MAX_32 : bytes, 18);
  header.writeUInt32LE(large ? MAX_32 : bytes, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

function centralHeader({ name, bytes, crc, offset }: Entry): Buffer {
  const large = bytes >= MAX_32;
  const far = offset >= MAX_32;
  const wide = [...(large ? [bytes, bytes] : []), ...(far ? [offset] : [])];
  const extra = wide.length > 0 ? zip64Extra(wide) : Buffer.alloc(0);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02_01_4b_50, 0);
  header.writeUInt16LE(MADE_BY, 4);
  header.writeUInt16LE(wide.length > 0 ? 45 : 20, 6);
  header.writeUInt16LE(UTF8_NAMES, 8);
  header.writeUInt16LE(DATE, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(large ? MAX_32 : bytes, 20);
  header.writeUInt32LE(large ? MAX_32 : bytes, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(ATTRIBUTES, 38);
  header.writeUInt32LE(far ? MAX_32 : offset, 42);
  return Buffer.concat([header, name, extra]);
}

/** APPNOTE 4.5.3: the fields that do not fit, in the order of the header. */
function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + values.length * 8);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(values.length * 8, 2);
  for (const [index, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + index * 8);
  return extra;
}

function endOfArchive(count: number, directoryBytes: number, offset: number): Buffer {
  const wide = count >= MAX_16 || directoryBytes >= MAX_32 || offset >= MAX_32;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06_05_4b_50, 0);
  end.writeUInt16LE(Math.min(count, MAX_16), 8);
  end.writeUInt16LE(Math.min(count, MAX_16), 10);
  end.writeUInt32LE(Math.min(directoryBytes, MAX_32), 12);
  end.writeUInt32LE(Math.min(offset, MAX_32), 16);
  return wide ? Buffer.concat([zip64End(count, directoryBytes, offset), end]) : end;
}

/** APPNOTE 4.3.14 and 4.3.15: the wide end of the directory, and where it stands. */
function zip64End(count: number, directoryBytes: number, offset: number): Buffer {
  const end = Buffer.alloc(56 + 20);
  end.writeUInt32LE(0x06_06_4b_50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(MADE_BY, 12);
  end.writeUInt16LE(45, 14);
  end.writeBigUInt64LE(BigInt(count), 24);
  end.writeBigUInt64LE(BigInt(count), 32);
  end.writeBigUInt64LE(BigInt(directoryBytes), 40);
  end.writeBigUInt64LE(BigInt(offset), 48);
  end.writeUInt32LE(0x07_06_4b_50, 56);
  end.writeBigUInt64LE(BigInt(offset + directoryBytes), 64);
  end.writeUInt32LE(1, 72);
  return end;
}
