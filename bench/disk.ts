import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { quantile } from './statistics.ts';

const WRITES = 300;
const BYTES = 1024;

export interface DiskLatency {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** How long appending a kilobyte and `fdatasync` takes in a directory, one after the other. */
export async function fdatasyncLatency(directory: string): Promise<DiskLatency> {
  const path = join(directory, 'fdatasync');
  const file = await open(path, 'a');
  try {
    const times = await timeWrites(file);
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  } finally {
    await file.close();
    await rm(path);
  }
}

async function timeWrites(file: FileHandle): Promise<number[]> {
  const bytes = Buffer.alloc(BYTES, 'x');
  const times: number[] = [];
  for (let i = 0; i < WRITES; i++) {
    const began = performance.now();
    await file.write(bytes);
    await file.datasync();
    times.push(performance.now() - began);
  }
  return times;
}
