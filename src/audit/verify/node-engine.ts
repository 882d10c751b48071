/** What verifying a bundle needs of Node: OpenSSL's SHA-256, zlib's CRC-32 and zstd, and files. */
import { createHash, hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32, zstdDecompressSync } from 'node:zlib';
import type { ByteSource, Engine } from './bundle/engine.ts';

export const nodeEngine: Engine = {
  sha256: (bytes) => hash('sha256', bytes, 'hex'),
  sha256Stream() {
    const digest = createHash('sha256');
    return {
      update: (bytes) => void digest.update(bytes),
      digest: () => digest.digest('hex'),
    };
  },
  crc32: (bytes, before) => crc32(bytes, before),
  unzstd: (frame, mostBytes) => zstdDecompressSync(frame, { maxOutputLength: Math.max(1, mostBytes) }),
};

export interface FileSource extends ByteSource, AsyncDisposable {}

/** A file as a bundle is read: in pieces. */
export async function fileSource(path: string): Promise<FileSource> {
  const file: FileHandle = await open(path, 'r');
  const { size } = await file.stat();
  return {
    size,
    async read(start, end) {
      const bytes = Buffer.allocUnsafe(end - start);
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
        if (bytesRead === 0) throw new Error(`${path} became shorter while it was read`);
        filled += bytesRead;
      }
      return bytes;
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}
