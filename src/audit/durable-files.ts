/** File operations whose effect survives a power cut once they return. */
import { closeSync, existsSync, fdatasyncSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a directory and its parents, each of them linked durably. */
export function ensureDirectory(path: string): void {
  if (existsSync(path)) return;
  ensureDirectory(dirname(path));
  mkdirSync(path, { mode: 0o700 });
  syncDirectory(dirname(path));
}

/** Makes the names in a directory durable. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Replaces a file whole: a reader sees the old bytes or the new, whatever happens. */
export function replaceFile(path: string, bytes: Uint8Array | string, mode = 0o600): void {
  writeFileDurably(`${path}.tmp`, bytes, mode);
  renameSync(`${path}.tmp`, path);
  syncDirectory(dirname(path));
}

/** Writes a file and syncs its bytes; its name becomes durable with `syncDirectory`. */
export function writeFileDurably(path: string, bytes: Uint8Array | string, mode = 0o600): void {
  const fd = openSync(path, 'w', mode);
  try {
    writeFully(fd, typeof bytes === 'string' ? Buffer.from(bytes) : bytes, 0);
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes all of the bytes at a place in the file; a short write goes on, and ends in the error that cut it. */
export function writeFully(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}
