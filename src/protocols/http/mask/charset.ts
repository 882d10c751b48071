import { TextDecoder } from 'node:util';
import type { MessageBody } from '../message.ts';
import { unmaskable } from './unmaskable.ts';

/** Character sets that write ASCII as it is, by the names of the Encoding Standard: what is looked for stands in them. */
const READABLE = /^(?:utf-8|ibm866|iso-8859-\d{1,2}(?:-i)?|koi8-[ru]|macintosh|windows-\d{3,4}|x-mac-cyrillic)$/;
const BIG = 'utf-16be';
const LITTLE = 'utf-16le';
/** What tells two bytes a character. */
const SNIFFED_BYTES = 4;

/** True where text in this character set must be written in UTF-8 before anything is found in it. */
export function isTranscoded(charset: string | undefined): boolean {
  return charset !== undefined && !READABLE.test(encodingOf(charset));
}

function encodingOf(charset: string): string {
  try {
    return new TextDecoder(charset.trim()).encoding;
  } catch {
    throw unmaskable('its character set is not known');
  }
}

/**
 * A body in UTF-8, or in what has ASCII in it, whatever it was in: what its first bytes are counts before what is said of
 * them. `read` rejects with `Refused` where they contradict each other, or where it is no text in that set. `isText` is false
 * of what may hold any bytes.
 */
export class ReadableBody implements MessageBody {
  readonly length: MessageBody['length'];
  readonly #inner: MessageBody;
  readonly #charset: string | undefined;
  readonly #isText: boolean;
  #decoder: TextDecoder | 'none' | undefined;

  constructor(inner: MessageBody, charset: string | undefined, isText: boolean) {
    this.length = inner.length;
    this.#inner = inner;
    this.#charset = isTranscoded(charset) ? charset : undefined;
    this.#isText = isText;
  }

  get trailers(): MessageBody['trailers'] {
    return this.#inner.trailers;
  }

  get isWhole(): boolean {
    return this.#inner.isWhole === true;
  }

  async read(): Promise<Buffer | null> {
    if (this.#decoder === 'none') return this.#inner.read();
    if (this.#decoder !== undefined) return this.#decoded(this.#decoder, await this.#inner.read());
    const first = await this.#first();
    const encoding = this.#encodingOf(first ?? Buffer.alloc(0));
    this.#decoder = encoding === undefined ? 'none' : new TextDecoder(encoding, { fatal: true });
    return this.#decoder === 'none' ? first : this.#decoded(this.#decoder, first);
  }

  /** Enough to tell, or all there is; null where there is nothing. */
  async #first(): Promise<Buffer | null> {
    const pieces: Buffer[] = [];
    let length = 0;
    for (let bytes = await this.#inner.read(); bytes !== null; bytes = await this.#inner.read()) {
      if (pieces.length === 0 && bytes.length >= SNIFFED_BYTES) return bytes;
      pieces.push(Buffer.from(bytes));
      length += bytes.length;
      // A short first line need not wait for another one.
      if (length >= SNIFFED_BYTES || bytes.includes(10)) break;
    }
    return pieces.length === 0 ? null : Buffer.concat(pieces);
  }

  #encodingOf(first: Buffer): string | undefined {
    const found = sniffed(first, this.#isText);
    if (this.#charset === undefined || first.length === 0) return found;
    const said = encodingOf(this.#charset);
    if (found !== undefined) return found;
    // Bytes of another set, read as this one, would hide what is in them.
    if (said === BIG || said === LITTLE) throw unmaskable('it is not in the character set that it says');
    return said;
  }

  #decoded(decoder: TextDecoder, bytes: Buffer | null): Buffer | null {
    try {
      const text = bytes === null ? decoder.decode() : decoder.decode(bytes, { stream: true });
      return bytes === null && text === '' ? null : Buffer.from(text);
    } catch {
      throw unmaskable('it is not in the character set that it says');
    }
  }
}

/** By a byte order mark, or by the zeros of its first characters (RFC 4627, 3). */
function sniffed([a, b, c, d]: Buffer, isText: boolean): string | undefined {
  if (a === 0 && b === 0 && (c === 0xfe || c === 0)) throw unmaskable('its character set is not known');
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) throw unmaskable('its character set is not known');
  if (a === 0xff && b === 0xfe) return isText || isMark(c) ? LITTLE : undefined;
  if (a === 0xfe && b === 0xff) return isText || isMark(d) ? BIG : undefined;
  if (b === 0 && d === 0 && a !== 0 && (isText || isMark(a))) return c === 0 ? undefined : LITTLE;
  if (a === 0 && c === 0 && b !== 0 && (isText || isMark(b))) return BIG;
  return undefined;
}

/** What JSON or markup begins with. */
function isMark(code: number | undefined): boolean {
  return code === 0x7b || code === 0x5b || code === 0x22 || code === 0x3c;
}
