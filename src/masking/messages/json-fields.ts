import { Refused } from '../../model/refusal.ts';
import type { BodyMasker } from '../../model/reply.ts';
import { cannotMask } from './cannot-mask.ts';
import type { FieldPlace, FieldRule, FieldTree } from './field-tree.ts';

/** What stands for a name or value with a class, as JSON writes both; undefined keeps it. */
export type MaskToken = (rule: FieldRule, token: Buffer, kind: TokenKind) => string | undefined;
export type TokenKind = 'string' | 'key' | 'number' | 'boolean' | 'null';

/** A name, number or masked string is held whole; of a longer masked string nothing is kept. */
const MOST_HELD_BYTES = 64 * 1024;
const MOST_DEPTH = 1_000;
const NOTHING = Buffer.alloc(0);

type Expected = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'comma or end';

/** An object or list that is open. */
interface Level {
  readonly isObject: boolean;
  readonly place: FieldPlace;
}

/**
 * Masks the classified fields of JSON (RFC 8259) as it streams; of several texts one after another (RFC 7464, lines) as of
 * one. Reads by the grammar: what another reader may take otherwise is refused. Names are compared as they are read.
 */
export class JsonFields implements BodyMasker {
  readonly #tree: FieldTree;
  readonly #root: FieldPlace;
  readonly #mask: MaskToken;
  readonly #levels: Level[] = [];
  #expected: Expected = 'value';
  /** Where the value that comes next stands. */
  #place: FieldPlace;
  #token: 'none' | 'string' | 'word' = 'none';
  #isEscaped = false;
  #hasEscapes = false;
  /** Whether the token is a name, or has a class, so that it is held. */
  #isHeld = false;
  #isDropped = false;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** The piece at hand: from where on it was not given out yet, and what was made of it. */
  #kept = 0;
  #begin = 0;
  #out: Buffer[] = [];

  constructor(tree: FieldTree, mask: MaskToken) {
    this.#tree = tree;
    this.#root = tree.root;
    this.#place = this.#root;
    this.#mask = mask;
  }

  push(bytes: Buffer): Buffer {
    this.#out = [];
    this.#kept = 0;
    this.#begin = 0;
    for (let at = 0; at < bytes.length; ) {
      if (this.#token === 'none') at = this.#between(bytes, at);
      else at = this.#token === 'string' ? this.#inString(bytes, at) : this.#inWord(bytes, at);
    }
    if (this.#token !== 'none' && this.#isHeld) this.#hold(bytes, bytes.length);
    else if (this.#out.length === 0) return bytes;
    else this.#out.push(bytes.subarray(this.#kept));
    return joined(this.#out);
  }

  end(): Buffer {
    this.#out = [];
    this.#kept = 0;
    this.#begin = 0;
    if (this.#token === 'word') this.#tokenEnds(NOTHING, 0);
    if (this.#token !== 'none' || this.#levels.length > 0) throw new Refused(cannotMask('it ends in the middle'));
    return joined(this.#out);
  }

  #between(bytes: Buffer, at: number): number {
    const code = bytes[at]!;
    switch (code) {
      case SPACE:
      case TAB:
      case LINE:
      case RETURN:
        return at + 1;
      case SEPARATOR:
        if (this.#levels.length > 0) throw new Refused(NOT_JSON);
        return at + 1;
      case OPEN_OBJECT:
      case OPEN_LIST:
        this.#opens(code === OPEN_OBJECT);
        return at + 1;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        this.#closes(code === CLOSE_OBJECT);
        return at + 1;
      case COLON:
        if (this.#expected !== 'colon') throw new Refused(NOT_JSON);
        this.#expected = 'value';
        return at + 1;
      case COMMA:
        this.#comma();
        return at + 1;
      default:
        this.#tokenBegins(code === QUOTE, at);
        return at + 1;
    }
  }

  #opens(isObject: boolean): void {
    this.#isValueHere();
    if (this.#levels.length >= MOST_DEPTH) throw new Refused(cannotMask(`it is nested deeper than ${MOST_DEPTH}`));
    this.#levels.push({ isObject, place: this.#place });
    this.#expected = isObject ? 'name or end' : 'value or end';
  }

  #closes(isObject: boolean): void {
    const level = this.#levels.pop();
    const mayEnd = this.#expected === 'comma or end' || this.#expected === (isObject ? 'name or end' : 'value or end');
    if (level?.isObject !== isObject || !mayEnd) throw new Refused(NOT_JSON);
    this.#valueEnds();
  }

  #comma(): void {
    const level = this.#levels.at(-1);
    if (this.#expected !== 'comma or end' || level === undefined) throw new Refused(NOT_JSON);
    this.#expected = level.isObject ? 'name' : 'value';
    this.#place = level.place;
  }

  #isValueHere(): void {
    if (this.#expected !== 'value' && this.#expected !== 'value or end') throw new Refused(NOT_JSON);
  }

  #valueEnds(): void {
    if (this.#levels.length > 0) this.#expected = 'comma or end';
    else {
      this.#expected = 'value';
      this.#place = this.#root;
    }
  }

  get #isName(): boolean {
    return this.#expected === 'name' || this.#expected === 'name or end';
  }

  #tokenBegins(isString: boolean, at: number): void {
    if (!this.#isName || !isString) this.#isValueHere();
    this.#token = isString ? 'string' : 'word';
    this.#begin = at;
    this.#hasEscapes = false;
    this.#isHeld = this.#isName || !isString || this.#place.rule !== undefined;
  }

  #inString(bytes: Buffer, from: number): number {
    let at = from;
    if (this.#isEscaped) {
      this.#isEscaped = false;
      at++;
    }
    while (at < bytes.length) {
      const code = bytes[at++]!;
      if (code === QUOTE) {
        this.#tokenEnds(bytes, at);
        return at;
      }
      if (code === BACKSLASH) {
        this.#hasEscapes = true;
        if (at === bytes.length) this.#isEscaped = true;
        at++;
      }
    }
    return bytes.length;
  }

  #inWord(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && isOfWord(bytes[at]!)) at++;
    // What ends a word begins something else, or nothing that JSON has.
    if (at < bytes.length) this.#tokenEnds(bytes, at);
    return at;
  }

  #tokenEnds(bytes: Buffer, end: number): void {
    const isName = this.#isName;
    const kind = isName ? 'key' : this.#token === 'string' ? 'string' : undefined;
    this.#token = 'none';
    if (this.#isHeld) this.#heldEnds(bytes, end, kind);
    if (isName) this.#expected = 'colon';
    else this.#valueEnds();
  }

  #heldEnds(bytes: Buffer, end: number, known: TokenKind | undefined): void {
    const above = this.#isName ? (this.#levels.at(-1)?.place ?? this.#root) : this.#place;
    const spans = this.#held.length > 0;
    // Most names and numbers have no class, and nothing below them has.
    if (!spans && above.rule === undefined && known === 'key' && this.#isOther(end - this.#begin - 2)) {
      this.#place = above.at(undefined);
      return;
    }
    const piece = bytes.subarray(this.#begin, end);
    const token = spans ? Buffer.concat([...this.#held, piece]) : piece;
    const kind = known ?? (above.rule === undefined ? wordOf(token) : kindOf(token.toString('latin1')));
    const { rule } = above;
    const masked = rule && (this.#isDropped ? DROPPED : this.#mask(rule, token, kind));
    if (this.#isName) this.#place = above.at(nameOf(token));
    this.#held = [];
    this.#heldBytes = 0;
    this.#isDropped = false;
    if (masked === undefined && !spans) return;
    this.#out.push(
      bytes.subarray(this.#kept, this.#begin),
      masked === undefined ? token : Buffer.from(masked, 'latin1'),
    );
    this.#kept = end;
  }

  /** True of a name that is as long as none that a field has. */
  #isOther(length: number): boolean {
    return !this.#hasEscapes && !this.#tree.lengths.has(length);
  }

  /** Keeps what of a token is in this piece. */
  #hold(bytes: Buffer, end: number): void {
    this.#out.push(bytes.subarray(this.#kept, this.#begin));
    this.#heldBytes += end - this.#begin;
    if (this.#heldBytes > MOST_HELD_BYTES) {
      if (this.#isName || this.#token === 'word') throw new Refused(cannotMask('a name or number in it is too long'));
      this.#isDropped = true;
      this.#held = [NOTHING];
    } else if (!this.#isDropped) this.#held.push(Buffer.from(bytes.subarray(this.#begin, end)));
    this.#kept = end;
  }
}

const SPACE = 32;
const TAB = 9;
const LINE = 10;
const RETURN = 13;
/** RFC 7464, 2.2 */
const SEPARATOR = 30;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

const DROPPED = '"[redacted]"';
const NOT_JSON = cannotMask('it is no JSON');

/** Letters, digits, and `+ - .`: what numbers and the three words are made of. */
function isOfWord(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    code === 43 ||
    code === 45 ||
    code === 46
  );
}

function kindOf(word: string): TokenKind {
  if (word === 'true' || word === 'false') return 'boolean';
  if (word === 'null') return 'null';
  if (/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(word)) return 'number';
  throw new Refused(NOT_JSON);
}

/** What is not looked at closer: it is made of letters, digits and signs. */
function wordOf(token: Buffer): TokenKind {
  const [first = 0] = token;
  if (first === 45 || (first >= 48 && first <= 57)) return 'number';
  return kindOf(token.toString('latin1'));
}

/** The name as a reader has it. */
function nameOf(token: Buffer): string {
  const name = token.toString('utf8', 1, token.length - 1);
  if (!name.includes('\\')) return name;
  try {
    return String(JSON.parse(token.toString('utf8')));
  } catch {
    throw new Refused(NOT_JSON);
  }
}

function joined(pieces: readonly Buffer[]): Buffer {
  const [only = NOTHING] = pieces;
  return pieces.length < 2 ? only : Buffer.concat(pieces);
}
