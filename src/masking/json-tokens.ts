/** A leaf, key or mark of a JSON text: [start, end) with the quotes of a string. */
export interface JsonToken {
  readonly kind: 'string' | 'key' | 'number' | 'boolean' | 'null';
  readonly start: number;
  readonly end: number;
}

/**
 * Reports each key and leaf of a JSON text (RFC 8259), in order. False where the text is not JSON as far as its tokens
 * go; what was reported until then stands. Linear, without recursion.
 */
export function eachToken(text: string, report: (token: JsonToken) => void): boolean {
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 34) {
      const end = stringEnd(text, at);
      if (end === -1) return false;
      report({ kind: isKey(text, end) ? 'key' : 'string', start: at, end });
      at = end;
    } else if (PUNCTUATION.has(code)) {
      at++;
    } else {
      const end = wordEnd(text, at);
      const kind = kindOf(text.slice(at, end));
      if (kind === undefined) return false;
      report({ kind, start: at, end });
      at = end;
    }
  }
  return true;
}

/** Blanks, `,:[]{}`, and what separates the texts of a sequence (RFC 7464, 2.2). */
const PUNCTUATION: ReadonlySet<number> = new Set([9, 10, 13, 30, 32, 44, 58, 91, 93, 123, 125]);

/** Where the string that begins at `open` ends, after its quote; -1 where it does not. */
export function stringEnd(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) return at + 1;
    if (code === 92) at++;
  }
  return -1;
}

function wordEnd(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text.charCodeAt(at) !== 34 && !PUNCTUATION.has(text.charCodeAt(at))) at++;
  return at;
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return text.charCodeAt(at) === 58;
}

function kindOf(word: string): JsonToken['kind'] | undefined {
  if (word === 'true' || word === 'false') return 'boolean';
  if (word === 'null') return 'null';
  return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(word) ? 'number' : undefined;
}
