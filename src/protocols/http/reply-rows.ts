import { mediaTypeOf } from './forwarded-head.ts';
import { FRAMES, type Shape, shapeOf } from './mask/shape.ts';
import { FrameReader, frameBytes, OPCODE } from './websocket-frames.ts';

/** Finds where rows begin in a body that comes in pieces: offsets in each piece. The first row is there once a byte is. */
export interface RowFinder {
  push(bytes: Buffer): readonly number[];
}

/**
 * What a row is, by what the body is: of JSON each object or list in an outermost list, wherever that is, and each element of
 * a list at the top; of several JSON texts each; of CSV each line but the first; an event; a message of a WebSocket. All
 * else is one row, and so is what has none.
 */
export function rowFinder(contentType: string): RowFinder {
  const shape = shapeOf(mediaTypeOf(contentType));
  return shape === 'frames' || contentType === FRAMES ? new FrameRows() : new TextRows(shape);
}

/** JSON is found by its first byte, whatever its type says. */
class TextRows implements RowFinder {
  readonly #said: Shape;
  #found: Marks | undefined;
  #hasBegun = false;

  constructor(said: Shape) {
    this.#said = said;
  }

  push(bytes: Buffer): readonly number[] {
    if (bytes.length === 0) return [];
    const rows: number[] = this.#hasBegun ? [] : [0];
    this.#hasBegun = true;
    this.#found ??= marksOf(bytes, this.#said);
    this.#found?.mark(bytes, rows);
    return rows;
  }
}

/** Adds where rows begin, but for the first, which began with the body. */
interface Marks {
  mark(bytes: Buffer, rows: number[]): void;
}

function marksOf(bytes: Buffer, said: Shape): Marks | undefined {
  const first = bytes.find((byte) => byte > SPACE && byte !== 0xef && byte !== 0xbb && byte !== 0xbf);
  if (first === undefined) return undefined;
  if (said === 'events') return new EventMarks();
  if (first === OPEN_OBJECT || first === OPEN_LIST) return new JsonMarks();
  return said === 'csv' ? new LineMarks() : ONE_ROW;
}

const ONE_ROW: Marks = { mark: () => undefined };

class JsonMarks implements Marks {
  #isString = false;
  #isEscaped = false;
  #depth = 0;
  /** How deep the outermost list is that is open; 0 where there is none. */
  #listDepth = 0;
  #expectsElement = false;
  #isFirstText = true;
  /** A text is a row, which its first element stands for. */
  #stands = true;

  mark(bytes: Buffer, rows: number[]): void {
    for (let at = 0; at < bytes.length; at++) {
      const code = bytes[at]!;
      if (this.#isString) this.#inString(code);
      else if (code > SPACE) this.#mark(code, at, rows);
    }
  }

  #inString(code: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (code === BACKSLASH) this.#isEscaped = true;
    else if (code === QUOTE) this.#isString = false;
  }

  #mark(code: number, at: number, rows: number[]): void {
    const isOpen = code === OPEN_OBJECT || code === OPEN_LIST;
    if (code === CLOSE_OBJECT || code === CLOSE_LIST) return this.#closes();
    if (code === COMMA) {
      this.#expectsElement = this.#listDepth > 0 && this.#depth === this.#listDepth;
      return;
    }
    if (this.#depth === 0 && isOpen) this.#text(at, rows);
    // Of a list at the top whatever stands in it is a row; elsewhere what has fields of its own.
    else if (this.#expectsElement && (isOpen || this.#listDepth === 1)) this.#element(at, rows);
    this.#expectsElement = false;
    this.#isString = code === QUOTE;
    if (isOpen) this.#opens(code === OPEN_LIST);
  }

  #text(at: number, rows: number[]): void {
    if (!this.#isFirstText) rows.push(at);
    this.#isFirstText = false;
    this.#stands = true;
  }

  #element(at: number, rows: number[]): void {
    if (!this.#stands) rows.push(at);
    this.#stands = false;
  }

  #opens(isList: boolean): void {
    this.#depth++;
    if (!isList || this.#listDepth > 0) return;
    this.#listDepth = this.#depth;
    this.#expectsElement = true;
  }

  #closes(): void {
    if (this.#depth === this.#listDepth) this.#listDepth = 0;
    this.#depth = Math.max(0, this.#depth - 1);
    this.#expectsElement = false;
  }
}

/** Lines of CSV (RFC 4180): the first has names, and stands for the second. */
class LineMarks implements Marks {
  #isQuoted = false;
  #isLineStart = false;
  #stands = true;

  mark(bytes: Buffer, rows: number[]): void {
    for (let at = 0; at < bytes.length; at++) {
      const code = bytes[at]!;
      if (this.#isLineStart && code !== RETURN && code !== LINE) {
        if (!this.#stands) rows.push(at);
        this.#stands = false;
      }
      if (code === QUOTE) this.#isQuoted = !this.#isQuoted;
      this.#isLineStart = !this.#isQuoted && (code === LINE || (this.#isLineStart && code === RETURN));
    }
  }
}

/** Server-sent events (WHATWG HTML, 9.2), which end with an empty line. */
class EventMarks implements Marks {
  #lineEnds = 2;
  #wasReturn = false;
  #stands = true;

  mark(bytes: Buffer, rows: number[]): void {
    for (let at = 0; at < bytes.length; at++) {
      const code = bytes[at]!;
      const isPair = code === LINE && this.#wasReturn;
      this.#wasReturn = code === RETURN;
      if (isPair) continue;
      if (code === LINE || code === RETURN) this.#lineEnds++;
      else {
        if (this.#lineEnds > 1) {
          if (!this.#stands) rows.push(at);
          this.#stands = false;
        }
        this.#lineEnds = 0;
      }
    }
  }
}

/** Text and control messages apart: each message that carries data is a row, of which pieces are none. */
class FrameRows implements RowFinder {
  push(bytes: Buffer): readonly number[] {
    const rows: number[] = [];
    let at = 0;
    for (const frame of new FrameReader({ masked: false }).push(bytes)) {
      if (frame.opcode === OPCODE.text || frame.opcode === OPCODE.binary) rows.push(at);
      at += frameBytes(frame).length;
    }
    return rows;
  }
}

const SPACE = 32;
const LINE = 10;
const RETURN = 13;
const QUOTE = 34;
const COMMA = 44;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
