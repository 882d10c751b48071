/**
 * What verifying needs of the machine it runs on: Node and a browser each hand in theirs (node-engine.ts,
 * web/verify). Signatures and AES are WebCrypto's in both, so they are not here.
 */
export interface Engine {
  /** SHA-256, hex. */
  sha256(bytes: Uint8Array): string;
  sha256Stream(): DigestStream;
  /** CRC-32 as in zip (ISO 3309), going on from `before`. */
  crc32(bytes: Uint8Array, before: number): number;
  /** The plain bytes of a zstd frame; throws where it is none, or holds more than `mostBytes`. */
  unzstd(frame: Uint8Array, mostBytes: number): Uint8Array;
}

export interface DigestStream {
  update(bytes: Uint8Array): void;
  /** Hex. Ends the stream. */
  digest(): string;
}

/** Bytes that can be read in pieces: a file, a Blob. */
export interface ByteSource {
  readonly size: number;
  /** The bytes from `start` up to `end`, which is at most `size`. */
  read(start: number, end: number): Promise<Uint8Array>;
}
