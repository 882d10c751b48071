/** A body on its way into a session's body file in pieces, committed to as a whole. */
import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { type AuditRecord, bodyBytes, FLAG } from '../journal/record-codec.ts';
import type { BodyFile } from './body-file.ts';
import type { SealedSession } from './sealed-session.ts';

export class BodyStream {
  readonly session: SealedSession;
  readonly #storedBytes: number;
  readonly #digest;
  #salt: Uint8Array | undefined;
  #bytes = 0;
  #stored = 0;
  #storedDigest: string | undefined;
  #firstPack = 0;
  #packs = 0;
  readonly #between: number[] = [];

  /** Keeps the first `storedBytes` bytes; the digest covers all. */
  constructor(session: SealedSession, storedBytes: number, salt: Uint8Array) {
    this.session = session;
    this.#storedBytes = storedBytes;
    this.#salt = salt;
    this.#digest = createHash('sha256').update(Uint8Array.of(1)).update(salt);
  }

  take(bytes: Buffer): void {
    const room = this.#storedBytes - this.#stored;
    const kept = bytes.length <= room ? bytes : bytes.subarray(0, room);
    if (kept.length > 0 || this.#salt !== undefined) this.#store(kept);
    this.#digest.update(kept);
    this.#bytes += bytes.length;
    if (kept.length === bytes.length) return;
    this.#storedDigest ??= this.#digest.copy().digest('hex');
    this.#digest.update(bytes.subarray(kept.length));
  }

  /** The `body` member of the event, in canonical JSON. `storedDigest` commits to the bytes that were kept. */
  finish(media: string): string {
    const digest = this.#digest.digest('hex');
    const capped = this.#storedDigest !== undefined;
    return canonicalJson({
      bytes: String(this.#bytes),
      digest,
      media,
      pack: this.#firstPack,
      packs: this.#packs,
      ...(this.#between.length === 0 ? {} : { between: this.#between }),
      ...(capped ? { stored: String(this.#stored), storedDigest: this.#storedDigest } : {}),
    });
  }

  #store(bytes: Buffer): void {
    const plain = this.#salt === undefined ? bytes : Buffer.concat([this.#salt, bytes]);
    this.#salt = undefined;
    const number = this.session.bodies.add(plain);
    if (this.#packs === 0) this.#firstPack = number;
    else for (let other = this.#firstPack + this.#packs; other < number; other++) this.#between.push(other);
    this.#packs = number + 1 - this.#firstPack;
    this.#stored += bytes.length;
  }
}

/** The bodies that are on their way, by the number that the gateway gave each. */
export class BodyStreams {
  readonly #streams = new Map<number, BodyStream>();

  take(stream: number, session: SealedSession, storedBytes: number, salt: Uint8Array, bytes: Buffer): void {
    let body = this.#streams.get(stream);
    if (body === undefined) {
      body = new BodyStream(session, storedBytes, salt);
      this.#streams.set(stream, body);
    }
    body.take(bytes);
  }

  remove(stream: number): BodyStream | undefined {
    const body = this.#streams.get(stream);
    this.#streams.delete(stream);
    return body;
  }

  removeAll(session: SealedSession): void {
    for (const [stream, body] of this.#streams) if (body.session === session) this.#streams.delete(stream);
  }
}

/**
 * A record from the journal that says where a large body stands, as it is after a crash: packs go into their file
 * before the record is made, but a power cut may keep the record and lose the packs, and then the event says so.
 */
export function withoutLostBody(record: AuditRecord, bodies: BodyFile): AuditRecord {
  if ((record.flags & FLAG.described) === 0) return record;
  const body = JSON.parse(bodyBytes(record).toString()) as { [name: string]: Json } & { pack: number; packs: number };
  if (body.pack + body.packs <= bodies.resumedPacks) return record;
  const { bytes, digest, media } = body as { [name: string]: Json };
  const lost = Buffer.from(canonicalJson({ bytes, digest, lost: true, media, stored: '0' }));
  const { session, exchange, at, kind, flags, beforeStart, afterStart, bodyStart } = record;
  const altered = Buffer.concat([record.bytes.subarray(0, bodyStart), lost]);
  return {
    kind,
    flags,
    session,
    exchange,
    at,
    media: '',
    bytes: altered,
    beforeStart,
    afterStart,
    bodyStart,
    end: altered.length,
  };
}
