import { canonicalJson } from '../canonical-json.ts';
import { HEADER_BYTES, type RecordHead, type RecordSlab, SALT_BYTES } from '../journal/record-codec.ts';
import { writeDecimal } from './write-decimal.ts';

/** The most bytes that a number takes in decimal. */
export const DECIMAL_BYTES = 16;
/** The most bytes that a character takes in a JSON string: `\u001f`. */
export const JSON_CHARACTER_BYTES = 6;

/**
 * Writes records into a slab, each from left to right: `begin`, members of the line, `after`, more of them, `body`, its
 * bytes, `finish`. What repeats goes in as bytes and what is short as numbers of characters, so that no string is made
 * for a record. The caller sees to the room.
 */
export class RecordPen {
  #bytes: Buffer<ArrayBuffer>;
  #view: DataView;
  #at = 0;
  #begin = 0;
  #before = 0;
  #after = 0;
  #body = 0;

  constructor(slab: RecordSlab) {
    this.#bytes = slab.bytes;
    this.#view = slab.view;
  }

  /** Where the next byte goes. */
  get at(): number {
    return this.#at;
  }

  /** Goes on in `slab` at `at`. */
  move(slab: RecordSlab, at: number): void {
    this.#bytes = slab.bytes;
    this.#view = slab.view;
    this.#at = at;
  }

  begin(head: RecordHead, media: string): void {
    const start = this.#at;
    const mediaBytes = media === '' ? 0 : this.#bytes.write(media, start + HEADER_BYTES, media.length, 'latin1');
    const view = this.#view;
    view.setUint8(start + 4, head.kind);
    view.setUint8(start + 5, head.flags);
    view.setUint16(start + 6, mediaBytes, true);
    view.setUint32(start + 8, head.session, true);
    view.setFloat64(start + 12, head.at, true);
    view.setUint32(start + 20, head.exchange, true);
    this.#begin = start;
    this.#at = start + HEADER_BYTES + mediaBytes;
    this.#before = this.#at;
  }

  text(text: string): void {
    if (text !== '') this.#at += this.#bytes.write(text, this.#at);
  }

  bytes(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** The bytes of `from` between two places. */
  range(from: Buffer, start: number, end: number): void {
    this.#at += from.copy(this.#bytes, this.#at, start, end);
  }

  /** A count; what is no whole number from 0 on stands as JavaScript writes it. */
  decimal(value: number): void {
    if (Number.isSafeInteger(value) && value >= 0) this.#at = writeDecimal(this.#bytes, this.#at, value);
    else this.text(String(value));
  }

  /** A JSON string. */
  json(text: string): void {
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = QUOTE;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code < SPACE || code > TILDE || code === QUOTE || code === BACKSLASH) return this.text(canonicalJson(text));
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    this.#at = at;
  }

  after(): void {
    this.#after = this.#at;
  }

  body(): void {
    this.#body = this.#at;
  }

  /** Begins a body that will be committed to. */
  saltedBody(salt: Uint8Array): void {
    this.body();
    this.#bytes[this.#at] = 1;
    this.#bytes.set(salt, this.#at + 1);
    this.#at += 1 + SALT_BYTES;
  }

  /** Ends the record: its lengths are known now. */
  finish(): void {
    const start = this.#begin;
    const view = this.#view;
    view.setUint32(start, this.#at - start - 4, true);
    view.setUint32(start + 24, this.#after - this.#before, true);
    view.setUint32(start + 28, this.#body - this.#after, true);
    view.setUint32(start + 32, this.#at - this.#body, true);
  }
}

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;
const TILDE = 126;
