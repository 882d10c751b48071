import { STATUS_CODES } from 'node:http';
import type { CutPart, ExchangeResult, FieldMasker, Part, ReplyCount } from '../../model/reply.ts';
import { fieldOf, mediaTypeOf } from './forwarded-head.ts';
import { rewriteFields } from './mask/rewrite.ts';
import type { BodyLength, Fields, ReplyHead } from './message.ts';
import { type Digest, recordedLines } from './secret-fields.ts';

/** What a reply part holds; a reply is a head, bytes, and an end, and a short one has all of them in one part. */
export interface HttpPartParts {
  /** Of the first part. */
  readonly head?: ReplyHead | undefined;
  /** Of the whole body; it counts with the head. `one`: the body is in this part, whatever becomes of it. */
  readonly length: BodyLength | 'one';
  readonly body: Buffer;
  /** Of the last part: the fields behind the body. */
  readonly trailers?: Fields | undefined;
  readonly result?: ExchangeResult | undefined;
  /** Masks the body; one for all parts of a reply. */
  readonly rewriter: PieceRewriter;
  /** Of a metered reply: where rows begin in the body. */
  readonly rows?: readonly number[] | undefined;
  readonly digest: Digest;
}

export interface PieceRewriter {
  /** The same bytes where nothing changed. Throws `Refused` where it cannot be masked. */
  rewrite(body: Buffer, isLast: boolean, masker: FieldMasker): Buffer;
}

/** A piece of a reply. `wire` is what stands on record (`message/http`), in which secrets are digests. */
export class HttpPart implements Part {
  declare readonly result?: ExchangeResult;
  declare readonly counts?: readonly ReplyCount[];
  readonly head: ReplyHead | undefined;
  readonly length: BodyLength;
  readonly body: Buffer;
  readonly trailers: Fields | undefined;
  readonly #parts: HttpPartParts;
  #wire: Buffer | undefined;

  constructor(parts: HttpPartParts) {
    this.#parts = parts;
    this.head = parts.head;
    this.length = parts.length === 'one' ? parts.body.length : parts.length;
    this.body = parts.body;
    this.trailers = parts.trailers;
    if (parts.result !== undefined) this.result = parts.result;
    if (parts.rows !== undefined) this.counts = countsOf(parts.rows, parts.body);
  }

  get wire(): Buffer {
    this.#wire ??= this.#record();
    return this.#wire;
  }

  rewrite(masker: FieldMasker): HttpPart {
    const isLast = this.trailers !== undefined;
    const fields = this.head && rewriteFields(this.head.fields, masker);
    const body = this.#parts.rewriter.rewrite(this.body, isLast, masker);
    const trailers = this.trailers && rewriteFields(this.trailers, masker);
    if (fields === undefined && body === this.body && trailers === undefined) return this;
    const head = this.head && fields ? { ...this.head, fields } : this.head;
    return new HttpPart({ ...this.#parts, head, body, trailers: trailers ?? this.trailers, rows: undefined });
  }

  /** Cuts before a row, or before bytes that go on with one. */
  cut(allow: (message: ReplyCount) => boolean): CutPart {
    const { rows = [], head, length, trailers, result } = this.#parts;
    const begins = [...new Set([0, ...rows])];
    const at = begins.find((begin, index) => {
      const bytes = (begins[index + 1] ?? this.body.length) - begin;
      return !allow({ ...NOTHING, rowsRead: rows.includes(begin) ? 1 : 0, bytes });
    });
    if (at === undefined) return { head: this, rest: undefined };
    const known = length === 'one' ? 'unknown' : length;
    const rest = {
      body: this.body.subarray(at),
      trailers,
      result,
      rows: rows.filter((row) => row >= at).map((row) => row - at),
    };
    if (at === 0) return { head: undefined, rest: new HttpPart({ ...this.#parts, ...rest, head, length: known }) };
    const before = { body: this.body.subarray(0, at), trailers: undefined, result: undefined, rows: [] };
    return {
      head: new HttpPart({ ...this.#parts, ...before, length: known }),
      rest: new HttpPart({ ...this.#parts, ...rest, head: undefined, length: known }),
    };
  }

  /** The same with another head. */
  withHead(head: ReplyHead): HttpPart {
    return new HttpPart({ ...this.#parts, head });
  }

  #record(): Buffer {
    const { digest } = this.#parts;
    if (this.head === undefined && !this.trailers?.length) return this.body;
    const head = this.head === undefined ? '' : recordedHead(this.head, this.length, digest);
    const tail = this.trailers?.length ? recordedLines(this.trailers, digest) : '';
    const record = Buffer.allocUnsafe(head.length + this.body.length + tail.length);
    record.write(head, 0, 'latin1');
    record.set(this.body, head.length);
    if (tail !== '') record.write(tail, head.length + this.body.length, 'latin1');
    return record;
  }
}

/** Type and subtype of the body, lower case; empty where nothing is said. */
export function bodyTypeOf({ fields }: ReplyHead): string {
  return mediaTypeOf(fieldOf(fields, 'content-type'));
}

/** The tag of a result that says how many bytes at the end of the record are trailers. */
export function trailersTag(trailers: Fields, digest: Digest): readonly string[] {
  return trailers.length === 0 ? [] : [`trailers ${recordedLines(trailers, digest).length}`];
}

const NOTHING: ReplyCount = { statement: 0, rowsRead: 0, rowsChanged: 0, bytes: 0 };

function countsOf(rows: readonly number[], body: Buffer): readonly ReplyCount[] {
  return rows.length === 0 && body.length === 0 ? [] : [{ ...NOTHING, rowsRead: rows.length, bytes: body.length }];
}

/** Takes from budgets what a request changes, before it is sent: it is no part of the reply. */
export const ONE_CHANGE: Part = {
  wire: Buffer.alloc(0),
  counts: [{ ...NOTHING, rowsChanged: 1 }],
  rewrite: () => ONE_CHANGE,
  cut: (allow) => (allow({ ...NOTHING, rowsChanged: 1 }) ? { head: ONE_CHANGE, rest: undefined } : NO_CHANGE),
};
const NO_CHANGE: CutPart = { head: undefined, rest: ONE_CHANGE };

/** RFC 9112, 4, whichever version carried it; the length where it is known. */
function recordedHead({ status, fields }: ReplyHead, length: BodyLength, digest: Digest): string {
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  const framing = typeof length === 'number' ? `content-length: ${length}\r\n` : '';
  return `${line}${recordedLines(fields, digest)}${framing}\r\n`;
}
