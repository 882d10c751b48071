/** What verifying a bundle needs of a browser: digests in JavaScript, zstd, and files as Blobs. */
import { sha256 } from '@noble/hashes/sha2.js';
import { decompress } from 'fzstd';
import { toHex } from '../../src/audit/c2sp/bytes.ts';
import type { ByteSource, Engine } from '../../src/audit/verify/bundle/engine.ts';

export const browserEngine: Engine = {
  sha256: (bytes) => toHex(sha256(bytes)),
  sha256Stream() {
    const digest = sha256.create();
    return {
      update: (bytes) => void digest.update(bytes),
      digest: () => toHex(digest.digest()),
    };
  },
  crc32,
  unzstd(frame, mostBytes) {
    const bytes = contentSize(frame);
    if (bytes > mostBytes) throw new RangeError('the frame holds more than was promised');
    // Into a buffer of that size: what a frame holds beyond its own word is left out, and the digest shows it.
    return decompress(frame, new Uint8Array(bytes));
  },
};

const ZSTD_MAGIC = 0xfd2fb528;

/** What a zstd frame says that it holds (RFC 8878, section 3.1.1.1); throws where it is none, or does not say. */
function contentSize(frame: Uint8Array): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint32(0, true) !== ZSTD_MAGIC) throw new TypeError('these bytes are no zstd frame');
  const descriptor = view.getUint8(4);
  const isSingle = (descriptor & 0x20) !== 0;
  const at = 5 + (isSingle ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  switch (descriptor >> 6) {
    case 0:
      if (isSingle) return view.getUint8(at);
      throw new TypeError('the frame does not say what it holds');
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}

export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    read: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
  };
}

/** Four tables of 256: four bytes a step. */
const TABLES = makeTables();

function crc32(bytes: Uint8Array, before: number): number {
  const [one, two, three, four] = TABLES;
  let crc = ~before;
  let at = 0;
  for (const whole = bytes.length - 3; at < whole; at += 4) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    crc =
      (four[crc & 255] as number) ^
      (three[(crc >>> 8) & 255] as number) ^
      (two[(crc >>> 16) & 255] as number) ^
      (one[crc >>> 24] as number);
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ (one[(crc ^ (bytes[at] as number)) & 255] as number);
  return ~crc >>> 0;
}

function makeTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const tables = [new Int32Array(256), new Int32Array(256), new Int32Array(256), new Int32Array(256)] as const;
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    tables[0][byte] = crc;
  }
  for (const table of [1, 2, 3] as const) {
    for (let byte = 0; byte < 256; byte++) {
      const crc = tables[(table - 1) as 0 | 1 | 2][byte] as number;
      tables[table][byte] = (crc >>> 8) ^ (tables[0][crc & 255] as number);
    }
  }
  return tables;
}
