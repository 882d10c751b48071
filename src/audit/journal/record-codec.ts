/**
 * A record: what the main thread writes into the journal and the sealer makes an event of. All that goes into the
 * event's line but its place in the session stands in it already as JSON, so that neither side serialises twice.
 *
 * Little endian: u32 length of what follows, u8 kind, u8 flags, u16 media bytes, u32 session, f64 time (ms since
 * 1970), then the lengths (u32) of `before`, `after` and `body`, then media, before, after, body.
 */
export const RECORD = { openRun: 1, closeRun: 2, openSession: 3, event: 4, closeSession: 5, note: 6 } as const;
export type RecordKind = (typeof RECORD)[keyof typeof RECORD];

export const FLAG = {
  /** The body section holds 0x01, a salt of 32 bytes and a body, ready to be hashed. */
  body: 1,
  /** The body section holds the JSON of the event's `body` member: its bytes went another way. */
  described: 2,
  /** The exchange may now be forwarded. */
  opens: 4,
  /** The exchange is over. */
  ends: 8,
  /** The exchange may be forwarded once an approval of it was used: with `opens`. */
  asks: 16,
  /** An approval of the exchange was used. */
  releases: 32,
} as const;

export const HEADER_BYTES = 36;
export const SALT_BYTES = 32;
/** 0x01 and the salt: what stands before a body where it is committed to. */
export const COMMITMENT_PREFIX_BYTES = 1 + SALT_BYTES;

export interface RecordHead {
  readonly kind: RecordKind;
  readonly flags: number;
  /** The session's number within this life of the gateway; 0 where the record belongs to none. */
  readonly session: number;
  readonly exchange: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A record where it stands in `bytes`: its sections follow one another, from `beforeStart` to `end`. */
export interface AuditRecord extends RecordHead {
  readonly bytes: Buffer;
  readonly media: string;
  /** Members of the line that sort between `body` and `prev`, each followed by a comma. */
  readonly beforeStart: number;
  /** Members of the line that sort between `prev` and `run`, each followed by a comma. */
  readonly afterStart: number;
  readonly bodyStart: number;
  readonly end: number;
}

/** Bytes that a record can take at most, before its text is encoded. */
export function recordBound(media: string, before: string, after: string, bodyBytes: number): number {
  return HEADER_BYTES + (media.length + before.length + after.length) * 3 + COMMITMENT_PREFIX_BYTES + bodyBytes;
}

/** Bytes that records are written into. The view is faster than a buffer's own methods. */
export interface RecordSlab {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly view: DataView;
}

export function recordSlab(capacity: number): RecordSlab {
  const bytes = Buffer.allocUnsafeSlow(capacity);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

/**
 * Walks the records in a buffer, which holds whole ones: its bytes were authenticated before. The walker is the record
 * it stands at, so that nothing is made anew for each.
 */
export class RecordWalk implements AuditRecord {
  readonly bytes: Buffer;
  kind: RecordKind = RECORD.event;
  flags = 0;
  session = 0;
  exchange = 0;
  at = 0;
  media = '';
  beforeStart = 0;
  afterStart = 0;
  bodyStart = 0;
  end = 0;
  /** The media type before this one: those of requests and of replies take turns. */
  #lastMedia = '';
  readonly #view: DataView;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Goes to the next record; false where there is none. */
  next(): boolean {
    const at = this.end;
    if (at === this.bytes.length) return false;
    const view = this.#view;
    const media = at + HEADER_BYTES;
    this.end = at + 4 + view.getUint32(at, true);
    this.kind = view.getUint8(at + 4) as RecordKind;
    this.flags = view.getUint8(at + 5);
    this.session = view.getUint32(at + 8, true);
    this.at = view.getFloat64(at + 12, true);
    this.exchange = view.getUint32(at + 20, true);
    this.beforeStart = media + view.getUint16(at + 6, true);
    this.afterStart = this.beforeStart + view.getUint32(at + 24, true);
    this.bodyStart = this.afterStart + view.getUint32(at + 28, true);
    if (this.end > this.bytes.length || this.bodyStart + view.getUint32(at + 32, true) !== this.end) {
      throw new RangeError('a record is cut off');
    }
    this.#readMedia(media, this.beforeStart);
    return true;
  }

  /** Media types repeat: comparing bytes is cheaper than making a string of them. */
  #readMedia(start: number, end: number): void {
    const { bytes, media } = this;
    if (isText(bytes, start, end, media)) return;
    this.media = isText(bytes, start, end, this.#lastMedia) ? this.#lastMedia : bytes.toString('latin1', start, end);
    this.#lastMedia = media;
  }
}

/** The text between `body` and `prev` of a record. */
export function beforeText(record: AuditRecord): string {
  return record.bytes.toString('utf8', record.beforeStart, record.afterStart);
}

/** The text between `prev` and `run`; what a control record says. */
export function afterText(record: AuditRecord): string {
  return record.bytes.toString('utf8', record.afterStart, record.bodyStart);
}

/** The body section. */
export function bodyBytes(record: AuditRecord): Buffer {
  return record.bytes.subarray(record.bodyStart, record.end);
}

function isText(bytes: Buffer, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
  return true;
}
