/** Reads bodies back from a session's packs. Holds one pack in memory, or a large body's where that is asked for. */
import { createHash, hash, type KeyObject } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { BodyRef } from '../audit-event.ts';
import { SALT_BYTES } from '../journal/record-codec.ts';
import { packsOf } from '../packs-of.ts';
import { readPack } from '../seal/body-file.ts';
import { openPack, PACK_HEADER_BYTES, readPackHeader } from '../seal/body-pack.ts';

/** Why a body cannot be had: its bytes are not what was committed to, or its event says that it was lost. */
export type BodyFault = 'altered' | 'missing' | 'lost';

export class BodyReader implements Disposable {
  readonly #fd: number;
  readonly #key: KeyObject;
  readonly #fileBytes: number;
  /** Where each pack begins that was come across so far. */
  readonly #starts: number[] = [0];
  #open: { readonly number: number; readonly plain: Buffer } | undefined;

  constructor(path: string, key: KeyObject) {
    this.#key = key;
    this.#fd = openSync(path, 'r');
    this.#fileBytes = fstatSync(this.#fd).size;
  }

  /** Yields what was kept of a body, in pieces, and then says whether it is what was committed to. */
  *read(ref: BodyRef): Generator<Buffer, BodyFault | undefined> {
    if (ref.lost === true) return 'lost';
    const { pack, offset, packs } = ref;
    if (pack === undefined) return 'altered';
    if (offset !== undefined) return yield* this.#readInline(pack, offset, ref);
    return yield* this.#readLarge(packsOf(pack, packs ?? 0, ref), ref);
  }

  /** The salt and what was kept of a body, unchecked: whoever gets them holds them against the commitment. */
  readSalted(ref: BodyRef): Buffer | 'altered' | 'missing' {
    const { pack: first = 0, offset, packs = 1, bytes } = ref;
    const plains: Buffer[] = [];
    for (const pack of packsOf(first, packs, ref)) {
      const plain = this.#plain(pack);
      if (plain === undefined) return this.#startOf(pack) === undefined ? 'missing' : 'altered';
      plains.push(plain);
    }
    const whole = plains.length === 1 ? (plains[0] as Buffer) : Buffer.concat(plains);
    return offset === undefined ? whole : whole.subarray(offset, offset + SALT_BYTES + Number(bytes));
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  *#readInline(pack: number, offset: number, ref: BodyRef): Generator<Buffer, BodyFault | undefined> {
    const plain = this.#plain(pack);
    if (plain === undefined) return this.#startOf(pack) === undefined ? 'missing' : 'altered';
    const end = offset + SALT_BYTES + Number(ref.bytes);
    if (!(end <= plain.length)) return 'altered';
    const saltAndBody = plain.subarray(offset, end);
    yield saltAndBody.subarray(SALT_BYTES);
    const digest = hash('sha256', Buffer.concat([Buffer.of(1), saltAndBody]), 'hex');
    return digest === ref.digest ? undefined : 'altered';
  }

  *#readLarge(packs: Iterable<number>, ref: BodyRef): Generator<Buffer, BodyFault | undefined> {
    const digest = createHash('sha256').update(Buffer.of(1));
    let bytes = 0;
    let isFirst = true;
    for (const pack of packs) {
      const plain = this.#plain(pack);
      if (plain === undefined) return this.#startOf(pack) === undefined ? 'missing' : 'altered';
      digest.update(plain);
      const piece = isFirst ? plain.subarray(SALT_BYTES) : plain;
      isFirst = false;
      bytes += piece.length;
      yield piece;
    }
    const kept = String(bytes) === (ref.stored ?? ref.bytes);
    return kept && digest.digest('hex') === (ref.storedDigest ?? ref.digest) ? undefined : 'altered';
  }

  #plain(number: number): Buffer | undefined {
    if (this.#open?.number === number) return this.#open.plain;
    const start = this.#startOf(number);
    const pack = start === undefined ? undefined : readPack(this.#fd, start, this.#fileBytes);
    if (pack === undefined || readPackHeader(pack)?.number !== number) return undefined;
    const plain = openPack(this.#key, pack);
    if (plain !== undefined) this.#open = { number, plain };
    return plain;
  }

  #startOf(number: number): number | undefined {
    const header = Buffer.alloc(PACK_HEADER_BYTES);
    while (this.#starts.length <= number) {
      const at = this.#starts.at(-1) as number;
      if (at + PACK_HEADER_BYTES > this.#fileBytes) return undefined;
      readSync(this.#fd, header, 0, PACK_HEADER_BYTES, at);
      const { bytes } = readPackHeader(header) ?? { bytes: 0 };
      if (bytes === 0 || at + bytes > this.#fileBytes) return undefined;
      this.#starts.push(at + bytes);
    }
    return this.#starts[number];
  }
}
