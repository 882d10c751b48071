import { LIMITS } from '../../model/limits.ts';
import type { FieldMasker, ResultColumn } from '../../model/reply.ts';
import type { CopyDetails } from '../../sql/postgres/analysis.ts';
import { BinaryLayout } from './copy-binary.ts';
import { CsvLayout } from './copy-csv.ts';
import { copyRefused } from './copy-refused.ts';
import { TextLayout } from './copy-text.ts';
import { Splice } from './splice.ts';

export type CopyFormat = Pick<
  CopyDetails,
  'format' | 'delimiter' | 'null' | 'quote' | 'escape' | 'header' | 'encoding'
>;

/** Rewrites the data of one COPY TO STDOUT. */
export interface CopyRewriter {
  /**
   * One CopyData payload. Undefined where it passes as it came; else what to send in its place: whole rows, or nothing
   * while a row is held that was cut over messages. Throws `Refused` (`mask-impossible`).
   */
  push(data: Buffer): Buffer | undefined;
  /** CopyDone came: what was still held, rewritten. Throws `Refused` where it is not a whole row. */
  end(): Buffer | undefined;
}

/** A format of COPY (PostgreSQL manual, COPY, File Formats): where its rows end, and how values stand in them. */
export interface CopyLayout {
  /** The end of the row that begins at `start`, or -1: then it is asked again, with the same bytes and more. */
  endOf(data: Buffer, start: number): number;
  /** True where the values stand in these whole rows as they are, so that searching the bytes searches the values. */
  isLiteral(rows: Buffer): boolean;
  /** Masks the values of the row at `[start, end)`; throws where it does not have the columns. */
  rewrite(splice: Splice, start: number, end: number): void;
  /** Whether what is left when the stream ends is a row that only lacks its line end. */
  acceptsUnended: boolean;
}

/** `masker.columns` was called with the same columns before; NULLs are not shown to the masker. */
export function createCopyRewriter(
  format: CopyFormat,
  columns: readonly ResultColumn[],
  masker: FieldMasker,
): CopyRewriter {
  return new RowsRewriter(layoutOf(format, columns.length, masker), masker);
}

function layoutOf(format: CopyFormat, columns: number, masker: FieldMasker): CopyLayout {
  if (format.format === 'binary') return new BinaryLayout(columns, masker);
  // In these encodings a character's second byte may look like a delimiter, a quote or a backslash.
  if (EMBEDS_ASCII.has((format.encoding ?? '').replace(/[^A-Za-z0-9]/g, '').toLowerCase())) {
    throw copyRefused('its encoding embeds ASCII bytes in other characters');
  }
  return format.format === 'csv' ? new CsvLayout(format, columns, masker) : new TextLayout(format, columns, masker);
}

/** The server looks at the letters and digits of an encoding's name alone. */
const EMBEDS_ASCII: ReadonlySet<string> = new Set(
  `sjis shiftjis shiftjis2004 mskanji win932 windows932 big5 win950 windows950 gbk win936 windows936 gb18030 uhc win949
   windows949 johab`.split(/\s+/),
);

class RowsRewriter implements CopyRewriter {
  readonly #layout: CopyLayout;
  readonly #masker: FieldMasker;
  /** The beginning of a row whose end has not come, and whatever room is behind it. */
  #room: Buffer = Buffer.alloc(0);
  #held = 0;

  constructor(layout: CopyLayout, masker: FieldMasker) {
    this.#layout = layout;
    this.#masker = masker;
  }

  push(data: Buffer): Buffer | undefined {
    if (this.#held === 0) return this.#rewrite(data);
    const joined = this.#hold(data);
    const rewritten = this.#rewrite(joined);
    // The room is used again, so what leaves must not be a view of it.
    return Buffer.from(rewritten ?? joined);
  }

  end(): Buffer | undefined {
    if (this.#held === 0) return undefined;
    if (!this.#layout.acceptsUnended) throw copyRefused('it ended within a row');
    const row = this.#room.subarray(0, this.#held);
    this.#held = 0;
    const splice = new Splice(row);
    this.#layout.rewrite(splice, 0, row.length);
    return splice.bytes(row.length) ?? row;
  }

  #rewrite(data: Buffer): Buffer | undefined {
    const ends = this.#rowEnds(data);
    const whole = ends.at(-1) ?? 0;
    const rows = data.subarray(0, whole);
    const splice = new Splice(rows);
    if (!(this.#layout.isLiteral(rows) && this.#masker.passes(rows, 'rows'))) {
      let start = 0;
      for (const end of ends) {
        this.#layout.rewrite(splice, start, end);
        start = end;
      }
    }
    const rewritten = splice.bytes(whole);
    const rest = data.subarray(whole);
    this.#held = 0;
    if (rest.length === 0) return rewritten;
    const safe = rewritten ?? Buffer.from(rows);
    this.#hold(rest);
    return safe;
  }

  #rowEnds(data: Buffer): readonly number[] {
    const ends: number[] = [];
    for (let start = 0; start < data.length; ) {
      const end = this.#layout.endOf(data, start);
      if (end < 0) break;
      ends.push(end);
      start = end;
    }
    return ends;
  }

  /** Appends to what is held, and gives all of it; `data` may be a view of the room itself. */
  #hold(data: Buffer): Buffer {
    const size = this.#held + data.length;
    if (size > LIMITS.maxMaskedMessageBytes) throw copyRefused('a row is too long');
    if (size > this.#room.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(size, 2 * this.#room.length));
      this.#room.copy(larger, 0, 0, this.#held);
      data.copy(larger, this.#held);
      this.#room = larger;
    } else {
      data.copy(this.#room, this.#held);
    }
    this.#held = size;
    return this.#room.subarray(0, size);
  }
}
