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
} as const;

export const HEADER_BYTES = 36;
export const SALT_BYTES = 32;
/** 0x01 and the salt: what stands before a body where it is committed to. */
export const COMMITMENT_PREFIX_BYTES = 1 + SALT_BYTES;

export interface AuditRecord {
  readonly kind: RecordKind;
  readonly flags: number;
  /** The session's number within this life of the gateway; 0 where the record belongs to none. */
  readonly session: number;
  readonly exchange: number;
  readonly at: number;
  readonly media: string;
  /** Members of the line that sort between `body` and `prev`, each followed by a comma. */
  readonly before: Buffer;
  /** Members of the line that sort between `prev` and `run`, each followed by a comma. */
  readonly after: Buffer;
  readonly body: Buffer;
}

/** Bytes that a record can take at most, before its text is encoded. */
export function recordBound(media: string, before: string, after: string, bodyBytes: number): number {
  return HEADER_BYTES + (media.length + before.length + after.length) * 3 + COMMITMENT_PREFIX_BYTES + bodyBytes;
}

/**
 * Writes the header and the text of a record at `at`, with room for a body section of `bodyBytes`. Returns where that
 * section begins; the record ends `bodyBytes` after it.
 */
export function writeRecord(
  to: Buffer,
  at: number,
  head: { kind: RecordKind; flags: number; session: number; exchange: number; at: number },
  media: string,
  before: string,
  after: string,
  bodyBytes: number,
): number {
  let end = at + HEADER_BYTES;
  const mediaBytes = media === '' ? 0 : to.write(media, end, 'latin1');
  end += mediaBytes;
  const beforeBytes = to.write(before, end);
  end += beforeBytes;
  const afterBytes = after === '' ? 0 : to.write(after, end);
  end += afterBytes;
  to.writeUInt32LE(end + bodyBytes - at - 4, at);
  to[at + 4] = head.kind;
  to[at + 5] = head.flags;
  to.writeUInt16LE(mediaBytes, at + 6);
  to.writeUInt32LE(head.session, at + 8);
  to.writeDoubleLE(head.at, at + 12);
  to.writeUInt32LE(head.exchange, at + 20);
  to.writeUInt32LE(beforeBytes, at + 24);
  to.writeUInt32LE(afterBytes, at + 28);
  to.writeUInt32LE(bodyBytes, at + 32);
  return end;
}

/** Reads the records in a buffer, which holds whole ones: its bytes were authenticated before. */
export function* readRecords(bytes: Buffer): Generator<AuditRecord> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    const media = at + HEADER_BYTES;
    const before = media + bytes.readUInt16LE(at + 6);
    const after = before + bytes.readUInt32LE(at + 24);
    const body = after + bytes.readUInt32LE(at + 28);
    if (end > bytes.length || body + bytes.readUInt32LE(at + 32) !== end) throw new RangeError('a record is cut off');
    yield {
      kind: bytes[at + 4] as RecordKind,
      flags: bytes[at + 5] as number,
      session: bytes.readUInt32LE(at + 8),
      at: bytes.readDoubleLE(at + 12),
      exchange: bytes.readUInt32LE(at + 20),
      media: mediaName(bytes, media, before),
      before: bytes.subarray(before, after),
      after: bytes.subarray(after, body),
      body: bytes.subarray(body, end),
    };
    at = end;
  }
}

/** Media types repeat: the last one is kept, and compared as bytes. */
let lastMedia = '';

function mediaName(bytes: Buffer, start: number, end: number): string {
  if (end - start === lastMedia.length) {
    let i = 0;
    while (i < lastMedia.length && lastMedia.charCodeAt(i) === bytes[start + i]) i++;
    if (i === lastMedia.length) return lastMedia;
  }
  lastMedia = bytes.toString('latin1', start, end);
  return lastMedia;
}
