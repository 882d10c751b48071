import type { FieldMasker } from '../../model/reply.ts';
import { copyRefused } from './copy-refused.ts';
import type { CopyLayout } from './copy-rows.ts';
import type { Splice } from './splice.ts';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER_BYTES = SIGNATURE.length + 8;
const TRAILER = -1;

/** COPY's binary format (PostgreSQL manual, COPY, Binary Format): a header, tuples, and a trailer, each a row here. */
export class BinaryLayout implements CopyLayout {
  readonly acceptsUnended = false;
  readonly #columns: number;
  readonly #masker: FieldMasker;
  #stage: 'header' | 'tuples' | 'ended' = 'header';
  /** Where the search for the end of a tuple that is not whole stands: its next field's length, and how many follow. */
  #searched = 0;
  #fieldsLeft = 0;
  /** What the search has seen begin; it runs ahead of `rewrite`. */
  #headerFound = false;

  constructor(columns: number, masker: FieldMasker) {
    this.#columns = columns;
    this.#masker = masker;
  }

  endOf(data: Buffer, start: number): number {
    return this.#headerFound ? this.#endOfTuple(data, start) : this.#endOfHeader(data, start);
  }

  isLiteral(): boolean {
    return this.#stage === 'tuples';
  }

  rewrite(splice: Splice, start: number, end: number): void {
    switch (this.#stage) {
      case 'header':
        this.#stage = 'tuples';
        return;
      case 'tuples':
        if (splice.source.readInt16BE(start) === TRAILER) this.#stage = 'ended';
        else this.#tuple(splice, start, end);
        return;
      case 'ended':
        throw copyRefused('it goes on after its end');
      default:
        this.#stage satisfies never;
    }
  }

  #tuple(splice: Splice, start: number, end: number): void {
    const { source } = splice;
    if (source.readInt16BE(start) !== this.#columns) throw copyRefused('a row has other columns than were told');
    let at = start + 2;
    for (let column = 0; column < this.#columns; column++) {
      const length = source.readInt32BE(at);
      const value = at + 4;
      const next = value + Math.max(length, 0);
      if (length >= 0) {
        const masked = this.#masker.field(column, source, value, next);
        if (masked !== undefined) splice.replace(at, next, int32(masked?.length ?? -1), masked ?? NOTHING);
      }
      at = next;
    }
    if (at !== end) throw copyRefused('a row has another length than its columns');
  }

  #endOfHeader(data: Buffer, start: number): number {
    const known = data.subarray(start, start + SIGNATURE.length);
    if (!SIGNATURE.subarray(0, known.length).equals(known)) throw copyRefused('it does not begin as binary data does');
    if (data.length - start < HEADER_BYTES) return -1;
    // The upper half holds flags that a reader must understand, of which none is in use.
    if (data.readUInt16BE(start + SIGNATURE.length) !== 0) throw copyRefused('it has a flag that is not known');
    const end = start + HEADER_BYTES + data.readUInt32BE(start + SIGNATURE.length + 4);
    if (end > data.length) return -1;
    this.#headerFound = true;
    return end;
  }

  #endOfTuple(data: Buffer, start: number): number {
    if (this.#searched === 0) {
      if (data.length - start < 2) return -1;
      const count = data.readInt16BE(start);
      if (count < TRAILER) throw copyRefused('a row has an impossible count of columns');
      if (count === TRAILER) return start + 2;
      this.#fieldsLeft = count;
      this.#searched = 2;
    }
    for (; this.#fieldsLeft > 0; this.#fieldsLeft--) {
      const at = start + this.#searched;
      if (data.length - at < 4) return -1;
      const length = data.readInt32BE(at);
      if (length < -1) throw copyRefused('a value has an impossible length');
      const next = at + 4 + Math.max(length, 0);
      if (next > data.length) return -1;
      this.#searched = next - start;
    }
    const end = start + this.#searched;
    this.#searched = 0;
    return end;
  }
}

const NOTHING = new Uint8Array(0);

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value, 0);
  return bytes;
}
