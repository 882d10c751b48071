import { Refused } from '../../model/refusal.ts';
import type { BodyMasker } from '../../model/reply.ts';
import { unmaskable } from '../http/mask/unmaskable.ts';

/** An object or list that is open in what is walked through. */
export interface Level {
  readonly isObject: boolean;
  /** The member that it is the value of; that of the list for what stands in one. */
  readonly name: string;
  readonly above: Level | undefined;
  /** The member whose value comes next. */
  next: string;
  /** `kind` of the object, once it was said. */
  kind: string;
  /** `apiVersion` of the object, once it was said. */
  version: string;
}

/** What looks at values of JSON as it streams by. */
export interface JsonWatcher {
  /** True where the value that comes next in this object or list must be seen whole: a scalar, of `level.next`. */
  wants(level: Level): boolean;
  /**
   * What stands for a scalar that was wanted, as JSON; undefined where it stays. `text` is a string's, undefined of what is
   * none. Not asked of a string that is too long: that becomes `tooLong`.
   */
  seen(level: Level, token: string, text: string | undefined): string | undefined;
  readonly tooLong: string;
}

const NOTHING = Buffer.alloc(0);
/** Names, numbers and words are shorter. Bytes. */
const MOST_SHORT = 64 * 1024;
const MOST_DEPTH = 1_000;

/**
 * Walks through JSON texts (RFC 8259), one after another, in pieces cut anywhere, and puts in what stands for values. Nothing
 * is held but the token at hand. Throws `Refused` of code `mask-impossible` where it is no JSON.
 */
export class JsonWalk implements BodyMasker {
  readonly #watcher: JsonWatcher;
  readonly #mostBytes: number;
  #level: Level | undefined;
  #depth = 0;
  /** Whether a member's name is what comes next. */
  #isName = false;
  #token: 'none' | 'string' | 'word' = 'none';
  #isEscaped = false;
  #holds = false;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isTooLong = false;
  #out: Buffer[] = [];
  /** Of the piece at hand: what was given out, and where its token began. */
  #kept = 0;
  #begin = 0;

  /** `mostBytes` of one value that is wanted. */
  constructor(watcher: JsonWatcher, mostBytes: number) {
    this.#watcher = watcher;
    this.#mostBytes = mostBytes;
  }

  push(bytes: Buffer): Buffer {
    this.#out = [];
    this.#kept = 0;
    this.#begin = 0;
    for (let at = 0; at < bytes.length; ) {
      if (this.#token === 'none') at = this.#between(bytes, at);
      else at = this.#token === 'string' ? this.#inString(bytes, at) : this.#inWord(bytes, at);
    }
    if (this.#token !== 'none' && this.#holds) this.#hold(bytes);
    else if (this.#out.length === 0) return bytes;
    else this.#out.push(bytes.subarray(this.#kept));
    return Buffer.concat(this.#out);
  }

  end(): Buffer {
    this.#out = [];
    this.#kept = 0;
    this.#begin = 0;
    if (this.#token === 'word') this.#tokenEnds(NOTHING, 0);
    if (this.#token !== 'none' || this.#level !== undefined) throw unmaskable('it ends in the middle');
    return Buffer.concat(this.#out);
  }

  #between(bytes: Buffer, at: number): number {
    const code = bytes[at]!;
    const level = this.#level;
    if (code === COMMA) this.#isName = level?.isObject === true;
    else if (code === OPEN_OBJECT || code === OPEN_LIST) this.#opens(code === OPEN_OBJECT);
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) this.#closes(code === CLOSE_OBJECT);
    else if (code > SPACE && code !== COLON) {
      this.#token = code === QUOTE ? 'string' : 'word';
      if (this.#isName && code !== QUOTE) throw new Refused(NOT_JSON);
      this.#begin = at;
      this.#holds = this.#isName || (level !== undefined && (isOfType(level) || this.#watcher.wants(level)));
    }
    return at + 1;
  }

  #opens(isObject: boolean): void {
    if (this.#isName || ++this.#depth > MOST_DEPTH) throw new Refused(NOT_JSON);
    const above = this.#level;
    const name = above === undefined ? '' : above.isObject ? above.next : above.name;
    this.#level = { isObject, name, above, next: '', kind: '', version: '' };
    this.#isName = isObject;
  }

  #closes(isObject: boolean): void {
    const level = this.#level;
    if (level === undefined || level.isObject !== isObject) throw new Refused(NOT_JSON);
    this.#level = level.above;
    this.#depth--;
    this.#isName = false;
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
        if (at === bytes.length) this.#isEscaped = true;
        at++;
      }
    }
    return bytes.length;
  }

  #inWord(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && isOfWord(bytes[at]!)) at++;
    if (at < bytes.length) this.#tokenEnds(bytes, at);
    return at;
  }

  #tokenEnds(bytes: Buffer, end: number): void {
    const isString = this.#token === 'string';
    this.#token = 'none';
    if (!this.#holds) return;
    const piece = bytes.subarray(this.#begin, end);
    const spans = this.#held.length > 0;
    const token = spans ? Buffer.concat([...this.#held, piece]) : piece;
    const stands = this.#standsFor(token, isString);
    this.#held = [];
    this.#heldBytes = 0;
    this.#isTooLong = false;
    if (stands === undefined && !spans) return;
    this.#out.push(bytes.subarray(this.#kept, this.#begin), stands === undefined ? token : Buffer.from(stands));
    this.#kept = end;
  }

  #standsFor(token: Buffer, isString: boolean): string | undefined {
    const level = this.#level;
    if (this.#isTooLong) return this.#watcher.tooLong;
    const text = token.toString('utf8');
    const value = isString ? textOf(text) : undefined;
    if (level === undefined) return undefined;
    if (this.#isName) {
      level.next = value ?? '';
      this.#isName = false;
      return undefined;
    }
    if (isOfType(level)) level[level.next === 'kind' ? 'kind' : 'version'] = value ?? '';
    return this.#watcher.wants(level) ? this.#watcher.seen(level, text, value) : undefined;
  }

  /** Keeps what of a token is in this piece. */
  #hold(bytes: Buffer): void {
    this.#out.push(bytes.subarray(this.#kept, this.#begin));
    this.#heldBytes += bytes.length - this.#begin;
    this.#kept = bytes.length;
    const isShort = this.#isName || this.#token === 'word';
    if (isShort && this.#heldBytes > MOST_SHORT) throw new Refused(NOT_JSON);
    if (this.#heldBytes > this.#mostBytes) {
      this.#isTooLong = true;
      this.#held = [NOTHING];
    } else if (!this.#isTooLong) this.#held.push(Buffer.from(bytes.subarray(this.#begin)));
  }
}

const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const NOT_JSON = unmaskable('it is no JSON').refusal;

/** What says of which type the object is. */
function isOfType({ isObject, next }: Level): boolean {
  return isObject && (next === 'kind' || next === 'apiVersion');
}

function isOfWord(code: number): boolean {
  return code > SPACE && code !== COMMA && code !== CLOSE_LIST && code !== CLOSE_OBJECT && code !== QUOTE;
}

function textOf(token: string): string {
  if (!token.includes('\\')) return token.slice(1, -1);
  try {
    return String(JSON.parse(token));
  } catch {
    throw new Refused(NOT_JSON);
  }
}
