import type { FieldMasker } from '../../model/reply.ts';
import { copyRefused, singleByte } from './copy-refused.ts';
import type { CopyFormat, CopyLayout } from './copy-rows.ts';
import type { Splice } from './splice.ts';

const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;

/** COPY's text format (PostgreSQL manual, COPY, Text Format). Over the wire a row always ends in a line feed. */
export class TextLayout implements CopyLayout {
  readonly acceptsUnended = true;
  readonly #delimiter: number;
  readonly #null: Buffer;
  readonly #columns: number;
  readonly #masker: FieldMasker;
  readonly #escapes: ReadonlyMap<number, number>;
  #header: boolean;
  #ended = false;
  /** How much of the row that is not whole was searched for its end. */
  #searched = 0;

  constructor(format: CopyFormat, columns: number, masker: FieldMasker) {
    this.#delimiter = singleByte(format.delimiter, 'delimiter');
    this.#null = Buffer.from(format.null);
    this.#header = format.header;
    this.#columns = columns;
    this.#masker = masker;
    this.#escapes = new Map([[this.#delimiter, this.#delimiter], ...NAMED_ESCAPES]);
  }

  endOf(data: Buffer, start: number): number {
    const at = data.indexOf(LINE_FEED, start + this.#searched);
    this.#searched = at < 0 ? data.length - start : 0;
    return at < 0 ? -1 : at + 1;
  }

  isLiteral(rows: Buffer): boolean {
    if (this.#header || this.#ended) return false;
    for (let at = rows.indexOf(BACKSLASH); at >= 0; at = rows.indexOf(BACKSLASH, at + 2)) {
      if (rows[at + 1] !== CAPITAL_N) return false;
    }
    return true;
  }

  rewrite(splice: Splice, start: number, end: number): void {
    const { source } = splice;
    const last = source[end - 1] === LINE_FEED ? end - 1 : end;
    if (this.#ended) throw copyRefused('it goes on after its end');
    this.#ended = last - start === 2 && source[start] === BACKSLASH && source[start + 1] === FULL_STOP;
    const isHeader = this.#header;
    this.#header = false;
    if (isHeader || this.#ended || (this.#columns === 0 && last === start)) return;
    let column = 0;
    for (let at = start; ; column++) {
      const stop = this.#field(splice, column, at, last);
      if (stop === last) break;
      at = stop + 1;
    }
    if (column + 1 !== this.#columns) throw copyRefused('a row has other columns than were told');
  }

  /** Masks the value that begins at `start`; gives where it stops, at a delimiter or at `last`. */
  #field(splice: Splice, column: number, start: number, last: number): number {
    const { source } = splice;
    let stop = start;
    let escaped = false;
    for (; stop < last && source[stop] !== this.#delimiter; stop++) {
      if (source[stop] !== BACKSLASH) continue;
      escaped = true;
      stop++;
    }
    if (stop > last || column >= this.#columns) throw copyRefused('a row has other columns than were told');
    if (this.#isNull(source, start, stop)) return stop;
    const value = escaped ? unescape(source, start, stop) : undefined;
    const masked =
      value === undefined
        ? this.#masker.field(column, source, start, stop)
        : this.#masker.field(column, value, 0, value.length);
    if (masked !== undefined) splice.replace(start, stop, masked === null ? this.#null : this.#escape(masked));
    return stop;
  }

  /** A marker of the client's choice may be a value, too, so only the usual ones, which cannot show one, are believed. */
  #isNull(source: Buffer, start: number, stop: number): boolean {
    if (this.#null.length === 0) return start === stop;
    return stop - start === 2 && source[start] === BACKSLASH && source[start + 1] === CAPITAL_N;
  }

  #escape(value: Uint8Array): Uint8Array {
    if (!value.some((byte) => this.#escapes.has(byte))) return value;
    const bytes = Buffer.allocUnsafe(2 * value.length);
    let size = 0;
    for (const byte of value) {
      const escape = this.#escapes.get(byte);
      if (escape !== undefined) bytes[size++] = BACKSLASH;
      bytes[size++] = escape ?? byte;
    }
    return bytes.subarray(0, size);
  }
}

const CAPITAL_N = 0x4e;
const FULL_STOP = 0x2e;

/** The bytes that have an escape of their own, and the letter of it. */
const NAMED_ESCAPES: readonly (readonly [byte: number, letter: number])[] = [
  [0x08, 0x62],
  [0x09, 0x74],
  [0x0a, 0x6e],
  [0x0b, 0x76],
  [0x0c, 0x66],
  [0x0d, 0x72],
  [BACKSLASH, BACKSLASH],
];

const NAMED_BYTES: ReadonlyMap<number, number> = new Map(NAMED_ESCAPES.map(([byte, letter]) => [letter, byte]));

/** The value without its escapes; octal and hexadecimal ones are read, though the server does not write them. */
function unescape(source: Buffer, start: number, stop: number): Buffer {
  const value = Buffer.allocUnsafe(stop - start);
  let size = 0;
  for (let at = start; at < stop; at++) {
    let byte = source[at] as number;
    if (byte === BACKSLASH) {
      const numeric = NUMERIC_ESCAPE.exec(source.toString('latin1', at + 1, Math.min(at + 4, stop)));
      if (numeric === null) {
        const letter = source[++at] as number;
        byte = NAMED_BYTES.get(letter) ?? letter;
      } else {
        byte =
          (numeric[1] === undefined ? Number.parseInt(numeric[2] ?? '', 8) : Number.parseInt(numeric[1], 16)) & 0xff;
        at += numeric[0].length;
      }
    }
    value[size++] = byte;
  }
  return value.subarray(0, size);
}

const NUMERIC_ESCAPE = /^(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3}))/;
