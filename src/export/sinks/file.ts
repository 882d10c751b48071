import { once } from 'node:events';
import { type FileHandle, mkdir, open, rename, rm, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from '../../audit/durable-files.ts';
import type { FileExport } from '../declaration.ts';
import { type Batch, type Sink, SinkFault } from './sink.ts';

/**
 * A line an event, in a file that is synced before a batch counts as sent. What a broken write left of a line is cut off
 * again, so that every line is whole. A file that is full becomes `NAME.1`, that one `NAME.2`, and so on.
 */
export function fileSink({ rotateBytes, keep }: Pick<FileExport, 'rotateBytes' | 'keep'>, path: string): Sink {
  let file: FileHandle | undefined;
  let size = 0;
  const close = async () => {
    const open = file;
    file = undefined;
    await open?.close();
  };
  return {
    async send({ events }: Batch): Promise<void> {
      const text = Buffer.from(events.map(({ line }) => `${line}\n`).join(''));
      try {
        if (file !== undefined && size > 0 && size + text.length > rotateBytes) {
          await close();
          await rotate(path, keep);
        }
        if (file === undefined) ({ file, size } = await openWhole(path));
        await file.appendFile(text);
        await file.datasync();
        size += text.length;
      } catch (cause) {
        await close().catch(ignored);
        throw new SinkFault(`the file cannot be written: ${(cause as NodeJS.ErrnoException).code ?? 'unknown'}`, {
          cause,
        });
      }
    },
    [Symbol.asyncDispose]: close,
  };
}

/** The file to append to, without the beginning of a line that a crash or a full disk left at its end. */
async function openWhole(path: string): Promise<{ readonly file: FileHandle; readonly size: number }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const size = await wholeLines(path);
  const file = await open(path, 'a', 0o600);
  syncDirectory(dirname(path));
  return { file, size };
}

const STEP = 64 * 1024;
const NEWLINE = 10;

async function wholeLines(path: string): Promise<number> {
  await using file = await open(path, 'a+', 0o600);
  const { size } = await file.stat();
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - STEP);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    const last = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (last >= 0 || start === 0) {
      const whole = last < 0 ? 0 : start + last + 1;
      if (whole < size) await truncate(path, whole);
      return whole;
    }
    end = start;
  }
  return 0;
}

async function rotate(path: string, keep: number): Promise<void> {
  if (keep === 0) return rm(path, { force: true });
  await rm(`${path}.${keep}`, { force: true });
  for (let number = keep; number > 0; number--) {
    const from = number === 1 ? path : `${path}.${number - 1}`;
    await rename(from, `${path}.${number}`).catch(ignoreMissing);
  }
  syncDirectory(dirname(path));
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** The write failed already, and that is what is told. */
function ignored(): void {}

/** A line an event, to a stream that takes its time: a batch counts as sent once the stream has taken it. */
export function streamSink(stream: NodeJS.WritableStream): Sink {
  return {
    async send({ events }: Batch, signal: AbortSignal): Promise<void> {
      const text = events.map(({ line }) => `${line}\n`).join('');
      try {
        if (!stream.writable) throw new Error('it is closed');
        if (!stream.write(text)) await once(stream, 'drain', { signal });
      } catch (cause) {
        throw new SinkFault('standard output does not take it', { cause });
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
