import type { JsonValue } from '../../../model/http.ts';

/** Deeper than this hardly anybody's API goes; a reader that gives up earlier reads something else. */
const MAX_DEPTH = 64;
/** Names and values; every rule that asks looks at all of them. */
export const MAX_VALUES = 20_000;

export interface JsonBounds {
  readonly maxDepth?: number;
  /** Names and values. */
  readonly maxValues?: number;
}

/**
 * The value of a JSON text (RFC 8259) that every reader reads the same; otherwise why it is not one: what is malformed, a
 * member name that occurs twice (section 4), a string that is no text, a number that is rounded (section 6), too deep, too much.
 */
export function strictJson(
  text: string,
  { maxDepth = MAX_DEPTH, maxValues = MAX_VALUES }: JsonBounds = {},
): { readonly value: JsonValue } | { readonly why: string } {
  // Before it is parsed, which takes long of what is deep.
  if (isDeep(text, maxDepth)) return { why: `it is nested deeper than ${maxDepth}` };
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return { why: 'it is no JSON' };
  }
  const why = ambiguity(text, maxValues);
  return why === undefined ? { value } : { why };
}

/** Of any text; what is no JSON is as deep as its brackets say. */
function isDeep(text: string, maxDepth: number): boolean {
  let depth = 0;
  let isString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) isString = !isString;
    else if (isString) continue;
    else if (code === OPEN_LIST || code === OPEN_OBJECT) depth++;
    else if (code === CLOSE_LIST || code === CLOSE_OBJECT) depth--;
    if (depth > maxDepth) return true;
  }
  return false;
}

const QUOTE = 0x22;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** `text` is known to be JSON, so its tokens need no checks. Without recursion. */
function ambiguity(text: string, maxValues: number): string | undefined {
  const names: Set<string>[] = [];
  let marks = 0;
  for (let at = 0; at < text.length; at++) {
    const mark = text[at] ?? '';
    if (STARTS.has(mark) && ++marks > maxValues) return `it has more than ${maxValues} names and values`;
    if (mark === '"') {
      const end = stringEnd(text, at);
      const string = String(JSON.parse(text.slice(at, end)));
      if (!string.isWellFormed()) return 'a string in it is no text';
      if (isName(text, end)) {
        const seen = names.at(-1);
        if (seen?.has(string)) return 'a member name in it occurs twice';
        seen?.add(string);
      }
      at = end - 1;
    } else if (mark === '{' || mark === '[') {
      names.push(new Set());
    } else if (mark === '}' || mark === ']') {
      names.pop();
    } else if (mark === '-' || isDigit(mark)) {
      const end = numberEnd(text, at);
      if (!(Math.abs(Number(text.slice(at, end))) <= Number.MAX_SAFE_INTEGER)) return 'a number in it is too large';
      at = end - 1;
    }
  }
  return undefined;
}

/** What begins a string, a number, `true`, `false`, `null`, an object or a list; the rest of a word begins nothing. */
const STARTS: ReadonlySet<string> = new Set('"-0123456789tfn{[');

function stringEnd(text: string, open: number): number {
  let at = open + 1;
  for (; text[at] !== '"'; at++) if (text[at] === '\\') at++;
  return at + 1;
}

function isName(text: string, end: number): boolean {
  let at = end;
  while (text.charCodeAt(at) <= 32) at++;
  return text[at] === ':';
}

function numberEnd(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && !' \t\r\n,]}'.includes(text[at] ?? '')) at++;
  return at;
}

function isDigit(mark: string): boolean {
  return mark >= '0' && mark <= '9';
}
