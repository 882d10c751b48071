import type { BodyMasker } from '../../model/reply.ts';
import type { Findings } from '../findings.ts';
import { type CountFinding, maskJsonTokens } from '../mask-content.ts';
import { StreamMasker } from '../stream-masker.ts';

/** From here on a piece ends at the next comma. */
const PIECE_BYTES = 16 * 1024;
/** A longer string is masked as text that streams. */
const LONG_STRING_BYTES = 64 * 1024;
/** What goes on for so long without a comma is no JSON that anybody sends. */
const MOST_PIECE_BYTES = 256 * 1024;
/** How far before a secret the word may stand that names it, and how far behind that it reaches. */
const NAMING_BYTES = 64;
const NAMED_BYTES = 256;
const NOTHING = Buffer.alloc(0);

/**
 * Masks what detectors find in JSON as it streams, so that it stays JSON. It is cut into pieces where its own text says so,
 * behind a comma or a text that is over, so that the same is found however it arrives. What turns out to be no JSON goes on
 * as text.
 */
export class JsonFindings implements BodyMasker {
  readonly #findings: Findings;
  readonly #count: CountFinding;
  /** Of the piece that has not ended. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #before: Buffer = NOTHING;
  #isString = false;
  #isEscaped = false;
  #stringBytes = 0;
  #depth = 0;
  /** Why the scan stopped. */
  #met: 'end' | 'cut' | 'long string' | 'no JSON' = 'end';
  /** Masks the string at hand or, where it is no JSON, all that follows. */
  #text: { readonly masker: StreamMasker; readonly isAll: boolean } | undefined;

  constructor(findings: Findings, count: CountFinding) {
    this.#findings = findings;
    this.#count = count;
  }

  push(bytes: Buffer): Buffer {
    const out: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      at = this.#text === undefined ? this.#pieces(bytes, at, out) : this.#inText(this.#text, bytes, at, out);
    }
    return joined(out);
  }

  end(): Buffer {
    const out: Buffer[] = [];
    if (this.#text === undefined) this.#release(this.#taken(NOTHING), out);
    if (this.#text !== undefined) out.push(this.#text.masker.flush());
    return joined(out);
  }

  /** Whole pieces, as many as there are before something else is met. */
  #pieces(bytes: Buffer, from: number, out: Buffer[]): number {
    const cuts: number[] = [];
    let at = this.#scan(bytes, from, this.#heldBytes);
    for (; this.#met === 'cut'; at = this.#scan(bytes, at, 0)) cuts.push(at);
    const last = cuts.at(-1) ?? from;
    if (last > from)
      this.#releaseAll(
        this.#taken(bytes.subarray(from, last)),
        cuts.map((cut) => cut - from),
        out,
      );
    const rest = bytes.subarray(last, at);
    if (this.#text !== undefined) {
      out.push(this.#text.masker.push(rest));
      return at;
    }
    if (this.#met === 'long string') this.#longString(this.#taken(rest), out);
    else if (this.#met === 'no JSON') this.#asText(this.#taken(rest), out);
    else if (rest.length > 0) {
      this.#held.push(Buffer.from(rest));
      this.#heldBytes += rest.length;
    }
    return at;
  }

  /** Up to where the piece ends of which `before` bytes are known already, or what else is met. */
  #scan(bytes: Buffer, from: number, before: number): number {
    const end = Math.min(bytes.length, from + MOST_PIECE_BYTES - before);
    const mayEnd = from + PIECE_BYTES - before;
    this.#met = 'cut';
    for (let at = from; at < end; at++) {
      if (this.#isString) {
        at = this.#inString(bytes, at, end);
        if (this.#stringBytes >= LONG_STRING_BYTES) {
          this.#met = 'long string';
          return at;
        }
        if (at >= end) break;
      }
      const code = bytes[at]!;
      if (code === QUOTE) {
        this.#isString = true;
        this.#stringBytes = 0;
      } else if (code === COMMA) {
        if (at >= mayEnd) return at + 1;
      } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
        this.#depth++;
      } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
        if (this.#depth > 0 && --this.#depth === 0) return at + 1;
      } else if (code === LINE && this.#depth === 0) return at + 1;
    }
    this.#met = end < bytes.length || before + (end - from) >= MOST_PIECE_BYTES ? 'no JSON' : 'end';
    return end;
  }

  /** Behind the string, at `end`, or where it is a long one. */
  #inString(bytes: Buffer, from: number, most: number): number {
    const end = Math.min(most, from + LONG_STRING_BYTES - this.#stringBytes);
    let at = from;
    if (this.#isEscaped && at < end) {
      this.#isEscaped = false;
      at++;
    }
    while (at < end) {
      const code = bytes[at++]!;
      if (code === QUOTE) {
        this.#isString = false;
        break;
      }
      if (code !== BACKSLASH) continue;
      if (at === end) this.#isEscaped = true;
      else at++;
    }
    this.#stringBytes = this.#isString ? this.#stringBytes + at - from : 0;
    return at;
  }

  #taken(rest: Buffer): Buffer {
    if (this.#heldBytes === 0) return rest;
    const taken = Buffer.concat([...this.#held, rest]);
    this.#held = [];
    return taken;
  }

  /** `text` as the pieces that end at `cuts`, given for what comes behind what was held. */
  #releaseAll(text: Buffer, cuts: readonly number[], out: Buffer[]): void {
    const held = this.#heldBytes;
    this.#heldBytes = 0;
    if (!this.#suspects(text)) {
      this.#remember(text);
      out.push(text);
      return;
    }
    let from = 0;
    for (const cut of cuts) {
      const piece = text.subarray(from, cut + held);
      if (this.#text === undefined) this.#release(piece, out);
      else out.push(this.#text.masker.push(piece));
      from = cut + held;
    }
  }

  #release(piece: Buffer, out: Buffer[]): void {
    this.#heldBytes = 0;
    if (!this.#suspects(piece)) out.push(piece);
    else {
      const before = this.#before.length;
      const text = before === 0 ? piece : Buffer.concat([this.#before, piece]);
      const masked = maskJsonTokens(this.#findings, text, 0, before, this.#count);
      if (masked === 'malformed') return this.#asText(piece, out);
      out.push(masked ?? piece);
    }
    this.#remember(piece);
  }

  /** False where nothing in it is a finding, nor because of what stands before it. */
  #suspects(text: Buffer): boolean {
    if (text.length === 0) return false;
    if (this.#findings.suspects(text, 0, text.length)) return true;
    if (this.#before.length === 0) return false;
    const both = Buffer.concat([this.#before, text.subarray(0, NAMED_BYTES)]);
    return this.#findings.suspects(both, 0, both.length);
  }

  #remember(text: Buffer): void {
    const last = text.subarray(-NAMING_BYTES);
    const isEnough = last.length === NAMING_BYTES;
    this.#before = isEnough ? Buffer.from(last) : Buffer.concat([this.#before, last]).subarray(-NAMING_BYTES);
  }

  #asText(text: Buffer, out: Buffer[]): void {
    this.#heldBytes = 0;
    const masker = new StreamMasker(this.#findings, this.#count, this.#before);
    this.#text = { masker, isAll: true };
    out.push(masker.push(text));
  }

  /** `text` ends within a string, of which so much is known that it is long. */
  #longString(text: Buffer, out: Buffer[]): void {
    const begin = text.length - this.#stringBytes;
    this.#release(text.subarray(0, begin - 1), out);
    if (this.#text !== undefined) {
      out.push(this.#text.masker.push(text.subarray(begin - 1)));
      return;
    }
    this.#remember(text.subarray(begin - 1, begin));
    const masker = new StreamMasker(this.#findings, this.#count, this.#before);
    this.#text = { masker, isAll: false };
    out.push(text.subarray(begin - 1, begin), masker.push(text.subarray(begin)));
  }

  #inText(
    text: { readonly masker: StreamMasker; readonly isAll: boolean },
    bytes: Buffer,
    from: number,
    out: Buffer[],
  ) {
    if (text.isAll) {
      out.push(text.masker.push(bytes.subarray(from)));
      return bytes.length;
    }
    this.#stringBytes = 0;
    let at = from;
    while (at < bytes.length && this.#isString) {
      this.#stringBytes = 0;
      at = this.#inString(bytes, at, bytes.length);
    }
    if (this.#isString) {
      out.push(text.masker.push(bytes.subarray(from, at)));
      return at;
    }
    out.push(text.masker.push(bytes.subarray(from, at - 1)), text.masker.flush(), QUOTE_BYTES);
    this.#before = NOTHING;
    this.#text = undefined;
    return at;
  }
}

const QUOTE = 34;
const COMMA = 44;
const LINE = 10;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const QUOTE_BYTES = Buffer.from('"');

function joined(pieces: readonly Buffer[]): Buffer {
  const [only = NOTHING] = pieces;
  return pieces.length < 2 ? only : Buffer.concat(pieces);
}
