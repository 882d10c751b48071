import type { FieldMasker, Part } from '../../model/reply.ts';
import type { Operation } from '../../model/request.ts';
import type { Fields } from './message.ts';
import { type Digest, recordedLines } from './secret-fields.ts';

/** A piece of a request's body, on its way to the target. */
export class SentBytes implements Part {
  readonly wire: Buffer;
  declare readonly asks?: readonly Operation[];

  constructor(wire: Buffer, asks?: readonly Operation[]) {
    this.wire = wire;
    if (asks !== undefined) this.asks = asks;
  }

  rewrite(_masker: FieldMasker): this {
    return this;
  }
}

/** The fields behind a body that streamed: on record as lines, and decided as fields of the request. */
export class SentTrailers extends SentBytes {
  readonly trailers: Fields;

  constructor(trailers: Fields, asks: readonly Operation[], digest: Digest) {
    super(Buffer.from(recordedLines(trailers, digest), 'latin1'), asks);
    this.trailers = trailers;
  }
}
