import { open } from 'node:fs/promises';

export interface Line {
  /** Without its newline. */
  readonly bytes: Buffer;
  readonly offset: number;
  /** False for bytes at the end of the file that no newline ends. */
  readonly ended: boolean;
}

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;

/**
 * The lines of a file in batches, so that a file of any size takes bounded memory. Reads up to `end` bytes of it, from
 * `start` on, where a line begins.
 */
export async function* readLines(path: string, end = Number.POSITIVE_INFINITY, start = 0): AsyncGenerator<Line[]> {
  await using file = await open(path, 'r');
  let rest = Buffer.alloc(0);
  let offset = start;
  for (let at = start; at < end; ) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - at));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    const { lines, used } = splitLines(bytes, offset);
    rest = bytes.subarray(used);
    offset += used;
    if (lines.length > 0) yield lines;
  }
  if (rest.length > 0) yield [{ bytes: rest, offset, ended: false }];
}

function splitLines(bytes: Buffer, offset: number): { lines: Line[]; used: number } {
  const lines: Line[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    lines.push({ bytes: bytes.subarray(start, end), offset: offset + start, ended: true });
    start = end + 1;
  }
  return { lines, used: start };
}
