import { STATUS_CODES } from 'node:http';
import type { ExchangeResult, FieldMasker, Part } from '../../model/reply.ts';
import { fieldOf, mediaTypeOf } from './forwarded-head.ts';
import { rewriteBody, rewriteFields } from './mask/rewrite.ts';
import type { BodyLength, Fields, ReplyHead } from './message.ts';
import { type Digest, recordedLines } from './secret-fields.ts';

/** What a reply part holds; a reply is a head, bytes, and an end, and a short one has all of them in one part. */
export interface HttpPartParts {
  /** Of the first part. */
  readonly head?: ReplyHead | undefined;
  /** Of the whole body; it counts with the head. */
  readonly length: BodyLength;
  readonly body: Buffer;
  /** Of the last part: the fields behind the body. */
  readonly trailers?: Fields | undefined;
  readonly result?: ExchangeResult | undefined;
  /** The media type of the body, lower case. */
  readonly mediaType: string;
  readonly digest: Digest;
}

/** A piece of a reply. `wire` is what stands on record (`message/http`), in which secrets are digests. */
export class HttpPart implements Part {
  declare readonly result?: ExchangeResult;
  readonly head: ReplyHead | undefined;
  readonly length: BodyLength;
  readonly body: Buffer;
  readonly trailers: Fields | undefined;
  readonly #parts: HttpPartParts;
  #wire: Buffer | undefined;

  constructor(parts: HttpPartParts) {
    this.#parts = parts;
    this.head = parts.head;
    this.length = parts.length;
    this.body = parts.body;
    this.trailers = parts.trailers;
    if (parts.result !== undefined) this.result = parts.result;
  }

  get wire(): Buffer {
    this.#wire ??= this.#record();
    return this.#wire;
  }

  rewrite(masker: FieldMasker): HttpPart {
    const { mediaType } = this.#parts;
    const fields = this.head && rewriteFields(this.head.fields, masker);
    const body = this.body.length === 0 ? undefined : rewriteBody(this.body, mediaType, masker);
    const trailers = this.trailers && rewriteFields(this.trailers, masker);
    if (fields === undefined && body === undefined && trailers === undefined) return this;
    const head = this.head && fields ? { ...this.head, fields } : this.head;
    const kept = { ...this.#parts, head, body: body ?? this.body, trailers: trailers ?? this.trailers };
    const isWhole = typeof this.length === 'number' && this.head !== undefined && this.trailers !== undefined;
    return new HttpPart(isWhole ? { ...kept, length: kept.body.length } : kept);
  }

  #record(): Buffer {
    const { digest } = this.#parts;
    if (this.head === undefined && !this.trailers?.length) return this.body;
    const head = this.head === undefined ? '' : recordedHead(this.head, this.length, digest);
    const tail = this.trailers?.length ? recordedLines(this.trailers, digest) : '';
    return Buffer.concat([Buffer.from(head, 'latin1'), this.body, Buffer.from(tail, 'latin1')]);
  }
}

/** The tag of a result that says how many bytes at the end of the record are trailers. */
export function trailersTag(trailers: Fields, digest: Digest): readonly string[] {
  return trailers.length === 0 ? [] : [`trailers ${recordedLines(trailers, digest).length}`];
}

export function bodyTypeOf({ fields }: ReplyHead): string {
  return mediaTypeOf(fieldOf(fields, 'content-type'));
}

/** RFC 9112, 4, whichever version carried it; the length where it is known. */
function recordedHead({ status, fields }: ReplyHead, length: BodyLength, digest: Digest): string {
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  const framing = typeof length === 'number' ? `content-length: ${length}\r\n` : '';
  return `${line}${recordedLines(fields, digest)}${framing}\r\n`;
}
