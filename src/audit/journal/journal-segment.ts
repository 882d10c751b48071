/**
 * A journal segment: `journal/<number>.wal`. A header of 64 bytes (16 of magic, 32 of salt, u64 first group, 8 zero),
 * then frames: u32 bytes of ciphertext, u64 group, ciphertext, 16 of tag. A frame is one AES-256-GCM message under a
 * key of the segment (HKDF of the deployment's key and the salt), its nonce the group, its associated data its header.
 * Group numbers grow by one, over segments too.
 */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deriveKey } from '../audit-keys.ts';

export const SEGMENT_HEADER_BYTES = 64;
const FRAME_HEADER_BYTES = 12;
const TAG_BYTES = 16;
const MAGIC = 'chaperone-wal-1\n';

export function segmentName(number: number): string {
  return `${String(number).padStart(16, '0')}.wal`;
}

export function segmentHeader(salt: Uint8Array, firstGroup: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  header.write(MAGIC, 0, 'latin1');
  header.set(salt, 16);
  header.writeBigUInt64LE(BigInt(firstGroup), 48);
  return header;
}

export function segmentKey(deployment: Uint8Array, salt: Uint8Array): KeyObject {
  return deriveKey(deployment, 'journal', salt);
}

/** Bytes of the frame that holds so many bytes of records. */
export function frameBytes(recordBytes: number): number {
  return FRAME_HEADER_BYTES + recordBytes + TAG_BYTES;
}

/** Seals records into `frame`, which has `frameBytes` bytes. */
export function sealFrame(key: KeyObject, group: number, records: Uint8Array, frame: Buffer): void {
  frame.writeUInt32LE(records.length, 0);
  frame.writeUInt32LE(group % 2 ** 32, 4);
  frame.writeUInt32LE(Math.floor(group / 2 ** 32), 8);
  const cipher = createCipheriv('aes-256-gcm', key, frame.subarray(0, FRAME_HEADER_BYTES));
  frame.set(cipher.update(records), FRAME_HEADER_BYTES);
  cipher.final();
  frame.set(cipher.getAuthTag(), FRAME_HEADER_BYTES + records.length);
}

export interface SegmentGroup {
  readonly group: number;
  readonly records: Buffer;
}

export interface SegmentContent {
  readonly groups: readonly SegmentGroup[];
  /** Where the first bytes stand that are no whole frame; undefined where there are none. */
  readonly brokenAt: number | undefined;
}

/** Reads a segment up to the first frame that is torn or not ours. */
export function readSegment(bytes: Buffer, deployment: Uint8Array): SegmentContent {
  if (bytes.length < SEGMENT_HEADER_BYTES || bytes.toString('latin1', 0, 16) !== MAGIC)
    return { groups: [], brokenAt: 0 };
  const key = segmentKey(deployment, bytes.subarray(16, 48));
  const groups: SegmentGroup[] = [];
  let at = SEGMENT_HEADER_BYTES;
  let expected = Number(bytes.readBigUInt64LE(48));
  while (at < bytes.length) {
    const records = openFrame(key, bytes, at, expected);
    if (records === undefined) return { groups, brokenAt: at };
    groups.push({ group: expected, records });
    at += FRAME_HEADER_BYTES + records.length + TAG_BYTES;
    expected++;
  }
  return { groups, brokenAt: undefined };
}

/** The numbers of the segments in a journal, in order. */
export function listSegments(directory: string): number[] {
  const names = readdirSync(directory).filter((name) => /^[0-9]{16}\.wal$/u.test(name));
  return names.map((name) => Number(name.slice(0, 16))).sort((a, b) => a - b);
}

export function loadSegment(directory: string, number: number, deployment: Uint8Array): SegmentContent {
  return readSegment(readFileSync(join(directory, segmentName(number))), deployment);
}

function openFrame(key: KeyObject, bytes: Buffer, at: number, expected: number): Buffer | undefined {
  const start = at + FRAME_HEADER_BYTES;
  if (start > bytes.length) return undefined;
  const end = start + bytes.readUInt32LE(at);
  const group = bytes.readUInt32LE(at + 4) + bytes.readUInt32LE(at + 8) * 2 ** 32;
  if (end + TAG_BYTES > bytes.length || group !== expected) return undefined;
  const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(at, start));
  cipher.setAuthTag(bytes.subarray(end, end + TAG_BYTES));
  const records = cipher.update(bytes.subarray(start, end));
  try {
    cipher.final();
  } catch {
    return undefined; // the tag does not fit: torn, or not ours
  }
  return records;
}
