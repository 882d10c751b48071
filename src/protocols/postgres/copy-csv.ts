import type { FieldMasker } from '../../model/reply.ts';
import { copyRefused, singleByte } from './copy-refused.ts';
import type { CopyFormat, CopyLayout } from './copy-rows.ts';
import type { Splice } from './splice.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** COPY's CSV as the server writes it (PostgreSQL manual, COPY, CSV Format): a value is quoted whole or not at all. */
export class CsvLayout implements CopyLayout {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  readonly #null: Buffer;
  readonly #columns: number;
  readonly #masker: FieldMasker;
  #header: boolean;
  /** Where the search for the end of a row that is not whole stands. */
  #searched = 0;
  /** A letter or digit between two values makes one word of them, in which a search does not find what each one is. */
  readonly #joinsWords: boolean;
  #inQuotes = false;
  #escaping = false;

  constructor(format: CopyFormat, columns: number, masker: FieldMasker) {
    this.#delimiter = singleByte(format.delimiter, 'delimiter');
    this.#quote = singleByte(format.quote, 'quote');
    this.#escape = singleByte(format.escape, 'escape');
    if (this.#delimiter === this.#quote) throw copyRefused('its delimiter is its quote');
    this.#joinsWords = /\w/.test(format.delimiter);
    this.#null = Buffer.from(format.null);
    this.#header = format.header;
    this.#columns = columns;
    this.#masker = masker;
  }

  get acceptsUnended(): boolean {
    return !this.#inQuotes;
  }

  endOf(data: Buffer, start: number): number {
    const quote = this.#quote;
    const escape = this.#escape;
    for (let at = start + this.#searched; at < data.length; at++) {
      const byte = data[at];
      if (this.#escaping) this.#escaping = false;
      else if (byte === LINE_FEED && !this.#inQuotes) {
        this.#searched = 0;
        return at + 1;
      } else if (byte === escape && escape !== quote && this.#inQuotes) this.#escaping = true;
      else if (byte === quote) this.#inQuotes = !this.#inQuotes;
    }
    this.#searched = data.length - start;
    return -1;
  }

  isLiteral(rows: Buffer): boolean {
    return !this.#header && !this.#joinsWords && !rows.includes(this.#quote);
  }

  rewrite(splice: Splice, start: number, end: number): void {
    const { source } = splice;
    const last = source[end - 1] === LINE_FEED ? end - 1 : end;
    const isHeader = this.#header;
    this.#header = false;
    if (isHeader || (this.#columns === 0 && last === start)) return;
    let column = 0;
    for (let at = start; ; column++) {
      if (column >= this.#columns) throw copyRefused('a row has other columns than were told');
      const stop =
        source[at] === this.#quote ? this.#quoted(splice, column, at, last) : this.#bare(splice, column, at, last);
      if (stop === last) break;
      at = stop + 1;
    }
    if (column + 1 !== this.#columns) throw copyRefused('a row has other columns than were told');
  }

  #bare(splice: Splice, column: number, start: number, last: number): number {
    const { source } = splice;
    let stop = start;
    for (; stop < last && source[stop] !== this.#delimiter; stop++) {
      if (source[stop] === this.#quote) throw copyRefused('a value is quoted in part');
    }
    // The server quotes a value that looks like NULL, so this is one.
    if (this.#null.equals(source.subarray(start, stop))) return stop;
    const masked = this.#masker.field(column, source, start, stop);
    if (masked !== undefined) splice.replace(start, stop, this.#encode(masked, false));
    return stop;
  }

  #quoted(splice: Splice, column: number, start: number, last: number): number {
    const { source } = splice;
    let at = start + 1;
    let escapes = 0;
    for (; at < last; at++) {
      if (this.#isEscape(source, at, last)) {
        escapes++;
        at++;
      } else if (source[at] === this.#quote) break;
    }
    const stop = at + 1;
    if (stop > last || (stop < last && source[stop] !== this.#delimiter)) {
      throw copyRefused('a quoted value does not end');
    }
    const value = escapes === 0 ? undefined : this.#unquote(source, start + 1, at, escapes);
    const masked =
      value === undefined
        ? this.#masker.field(column, source, start + 1, at)
        : this.#masker.field(column, value, 0, value.length);
    if (masked !== undefined) splice.replace(start, stop, this.#encode(masked, true));
    return stop;
  }

  #isEscape(source: Buffer, at: number, last: number): boolean {
    if (source[at] !== this.#escape || at + 1 >= last) return false;
    return source[at + 1] === this.#quote || source[at + 1] === this.#escape;
  }

  #unquote(source: Buffer, start: number, end: number, escapes: number): Buffer {
    const value = Buffer.allocUnsafe(end - start - escapes);
    for (let at = start, size = 0; at < end; at++) {
      if (this.#isEscape(source, at, end)) at++;
      value[size++] = source[at] ?? 0;
    }
    return value;
  }

  #encode(value: Uint8Array | null, wasQuoted: boolean): Uint8Array {
    if (value === null) return this.#null;
    if (!wasQuoted && !this.#needsQuotes(value)) return value;
    const bytes = Buffer.allocUnsafe(2 * value.length + 2);
    let size = 0;
    bytes[size++] = this.#quote;
    for (const byte of value) {
      if (byte === this.#quote || byte === this.#escape) bytes[size++] = this.#escape;
      bytes[size++] = byte;
    }
    bytes[size++] = this.#quote;
    return bytes.subarray(0, size);
  }

  #needsQuotes(value: Uint8Array): boolean {
    return (
      this.#null.equals(value) ||
      (value.length === 2 && value[0] === 0x5c && value[1] === 0x2e) ||
      value[0] === 0x20 ||
      value.at(-1) === 0x20 ||
      value.some(
        (byte) => byte === this.#delimiter || byte === this.#quote || byte === LINE_FEED || byte === CARRIAGE_RETURN,
      )
    );
  }
}
