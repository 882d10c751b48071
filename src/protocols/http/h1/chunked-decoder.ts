import { type Fields, MalformedHttp } from '../message.ts';
import { readTrailers } from './field-block.ts';

export interface ChunkLimits {
  readonly maxHttpTrailerBytes: number;
  readonly maxHttpFields: number;
}

type State = 'size' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailers' | 'done';

const CR = 0x0d;
const LF = 0x0a;
/** 52 bits and what zeros some pad with; more is no length that can be counted. */
const MAX_SIZE_DIGITS = 15;
const EMPTY = Buffer.alloc(0);

/** Takes the chunked coding off (RFC 9112, 7.1), whichever way its bytes are cut. No I/O. */
export class ChunkedDecoder {
  readonly #limits: ChunkLimits;
  #state: State = 'size';
  #digits = 0;
  #size = 0;
  #trailerBytes: Buffer = EMPTY;
  #trailers: Fields = [];

  constructor(limits: ChunkLimits) {
    this.#limits = limits;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /** The fields behind the last chunk, once `done`. */
  get trailers(): Fields {
    return this.#trailers;
  }

  /**
   * Takes all of `bytes`, or what belongs to this body. The content is moved together at their beginning, so that a piece
   * of many chunks is one piece; `rest` is what follows the body. Throws `MalformedHttp`.
   */
  decode(bytes: Buffer): { readonly content: Buffer; readonly rest: Buffer } {
    let at = 0;
    let start = 0;
    let filled = 0;
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state !== 'data') {
        at = this.#state === 'trailers' ? this.#takeTrailers(bytes, at) : this.#takeFraming(bytes, at);
        continue;
      }
      const end = Math.min(bytes.length, at + this.#size);
      if (filled === 0) start = at;
      else bytes.copyWithin(start + filled, at, end);
      filled += end - at;
      this.#size -= end - at;
      if (this.#size === 0) this.#state = 'data-cr';
      at = end;
    }
    return { content: bytes.subarray(start, start + filled), rest: at < bytes.length ? bytes.subarray(at) : EMPTY };
  }

  #takeFraming(bytes: Buffer, from: number): number {
    const byte = bytes[from] as number;
    switch (this.#state) {
      case 'size':
        this.#takeSize(byte);
        break;
      case 'size-lf':
        if (byte !== LF) throw new MalformedHttp(400, 'a bare CR behind the size of a chunk');
        this.#state = this.#size === 0 ? 'trailers' : 'data';
        this.#digits = 0;
        break;
      case 'data-cr':
        if (byte !== CR) throw new MalformedHttp(400, 'a chunk that is longer than its size');
        this.#state = 'data-lf';
        break;
      case 'data-lf':
        if (byte !== LF) throw new MalformedHttp(400, 'a bare CR behind a chunk');
        this.#state = 'size';
        break;
      case 'data':
      case 'trailers':
      case 'done':
        break;
      default:
        this.#state satisfies never;
    }
    return from + 1;
  }

  #takeSize(byte: number): void {
    if (byte === CR && this.#digits > 0) {
      this.#state = 'size-lf';
      return;
    }
    const digit = hexDigit(byte);
    // Extensions (RFC 9112, 7.1.1) included: parsers differ about where they end, and nobody needs them.
    if (digit < 0) throw new MalformedHttp(400, 'the size of a chunk with something that is no digit');
    this.#size = this.#digits === 0 ? digit : this.#size * 16 + digit;
    if (++this.#digits > MAX_SIZE_DIGITS || this.#size > Number.MAX_SAFE_INTEGER) {
      throw new MalformedHttp(400, 'the size of a chunk that is too long');
    }
  }

  /** Collects up to the empty line, which may be all there is. */
  #takeTrailers(bytes: Buffer, from: number): number {
    const before = this.#trailerBytes.length;
    const most = this.#limits.maxHttpTrailerBytes + END.length - before;
    const piece = bytes.subarray(from, from + most);
    const all = before === 0 ? piece : Buffer.concat([this.#trailerBytes, piece]);
    const end = endOfTrailers(all);
    if (end < 0) {
      if (all.length >= this.#limits.maxHttpTrailerBytes + END.length) {
        throw new MalformedHttp(431, 'the fields behind a body are too long');
      }
      refuseBareLf(all);
      // A copy: what it is a view of is used again.
      this.#trailerBytes = Buffer.from(all);
      return from + piece.length;
    }
    this.#trailers = readTrailers(all.toString('latin1', 0, end - 2), this.#limits.maxHttpFields);
    this.#trailerBytes = EMPTY;
    this.#state = 'done';
    return from + end - before;
  }
}

const END = Buffer.from('\r\n\r\n');

/** Where the empty line ends; -1 where it has not come. */
function endOfTrailers(bytes: Buffer): number {
  if (bytes[0] === CR && bytes[1] === LF) return 2;
  const at = bytes.indexOf(END);
  return at < 0 ? -1 : at + END.length;
}

/** Said at once, since the empty line that it stands in for would never be found. */
export function refuseBareLf(bytes: Buffer): void {
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] !== CR) throw new MalformedHttp(400, 'a bare LF');
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
