/** The writer's side of a session's body file: gathers small bodies into packs, and writes large ones as they come. */
import { createHash, type Hash, type KeyObject } from 'node:crypto';
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { writeFully } from '../durable-files.ts';
import { ByteBuffer } from '../journal/byte-buffer.ts';
import { openPack, PACK_HEADER_BYTES, readPackHeader, sealPack } from './body-pack.ts';

/** A pack is closed once it holds this much. */
const PACK_BYTES = 256 * 1024;

export class BodyFile {
  readonly path: string;
  readonly #key: KeyObject;
  readonly #random: (bytes: number) => Uint8Array;
  /** Over the bytes of all packs sealed so far. */
  readonly #digest: Hash = createHash('sha256');
  readonly #gathered = new ByteBuffer();
  #unwritten: Buffer[] = [];
  #packs = 0;
  #resumedPacks = 0;
  /** Bytes sealed, and how many of them stand in the file. */
  #bytes = 0;
  #written = 0;

  constructor(path: string, key: KeyObject, random: (bytes: number) => Uint8Array) {
    this.path = path;
    this.#key = key;
    this.#random = random;
  }

  get packs(): number {
    return this.#packs;
  }

  /** How many packs a life before this one left. */
  get resumedPacks(): number {
    return this.#resumedPacks;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that wait in memory. */
  get pending(): number {
    return this.#gathered.length + (this.#bytes - this.#written);
  }

  digest(): string {
    return this.#digest.copy().digest('hex');
  }

  /** Bytes in the pack that is being gathered: where the next body will stand in it. */
  get gathered(): number {
    return this.#gathered.length;
  }

  /** Adds a salt and its body, which stand in `bytes` from `start` to `end`, to the pack numbered `packs`. */
  gather(bytes: Buffer, start: number, end: number): void {
    this.#gathered.appendFrom(bytes, start, end);
    if (this.#gathered.length >= PACK_BYTES) this.seal();
  }

  /** Adds a pack of its own; returns its number. */
  add(plain: Uint8Array): number {
    this.seal();
    this.#push(sealPack(this.#key, this.#packs, plain, this.#random(12)));
    return this.#packs - 1;
  }

  /** Closes the pack being gathered. */
  seal(): void {
    if (this.#gathered.length === 0) return;
    this.#push(sealPack(this.#key, this.#packs, this.#gathered.view(), this.#random(12)));
    this.#gathered.clear();
  }

  /** Writes what waits into the open file; may be tried again where it fails. */
  write(fd: number): void {
    this.seal();
    if (this.#unwritten.length === 0) return;
    const packs = this.#unwritten.length === 1 ? (this.#unwritten[0] as Buffer) : Buffer.concat(this.#unwritten);
    writeFully(fd, packs, this.#written);
    this.#written += packs.length;
    this.#unwritten = [];
  }

  /**
   * Takes up a file where a life before this left it: every pack that is whole stays, because a record in the journal
   * may name it, and what comes after is cut off.
   */
  resume(): void {
    if (!existsSync(this.path)) return;
    const fd = openSync(this.path, 'r+');
    try {
      const size = fstatSync(fd).size;
      for (let pack = readPack(fd, this.#bytes, size); pack !== undefined; pack = readPack(fd, this.#bytes, size)) {
        if (readPackHeader(pack)?.number !== this.#packs || openPack(this.#key, pack) === undefined) break;
        this.#count(pack);
        this.#written = this.#bytes;
      }
      ftruncateSync(fd, this.#bytes);
      this.#resumedPacks = this.#packs;
    } finally {
      closeSync(fd);
    }
  }

  #push(pack: Buffer): void {
    this.#unwritten.push(pack);
    this.#count(pack);
  }

  #count(pack: Buffer): void {
    this.#digest.update(pack);
    this.#packs++;
    this.#bytes += pack.length;
  }
}

/** Reads the pack at a place in a file; undefined where no whole one stands there. */
export function readPack(fd: number, at: number, fileBytes: number): Buffer | undefined {
  const header = Buffer.alloc(PACK_HEADER_BYTES);
  if (at + PACK_HEADER_BYTES > fileBytes) return undefined;
  readSync(fd, header, 0, PACK_HEADER_BYTES, at);
  const { bytes } = readPackHeader(header) ?? { bytes: 0 };
  if (bytes === 0 || at + bytes > fileBytes) return undefined;
  const pack = Buffer.allocUnsafe(bytes);
  readSync(fd, pack, 0, bytes, at);
  return pack;
}
