/**
 * The text with its literals taken out, so that statements which differ in their values alone are analysed once:
 * `where id = 7` and `where id = 8` have the same template. Equal literals get equal places, so that `x + 1 = x + 1`
 * and `x + 1 = x + 2` differ. Undefined where the text holds anything whose reading needs the server's own lexer
 * (comments, dollar quotes, escapes, prefixed strings, fractions), or nothing to take out.
 */
export function templateOf(text: string): string | undefined {
  if (text.length > MAX_TEMPLATE_CHARS) return undefined;
  const literals: string[] = [];
  let template = '';
  let from = 0;
  let previous = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    const kind = code < 128 ? (KINDS[code] as number) : WORD;
    let end = at + 1;
    if (kind === FOREIGN || (kind === PARAMETER && !isDigit(text.charCodeAt(end)))) return undefined;
    if (kind === COMMENT && text.charCodeAt(end) === (code === SLASH ? STAR : MINUS)) return undefined;
    if (kind === QUOTE) {
      end = endOfQuoted(text, at, code);
      if (end < 0 || previous === WORD || text.charCodeAt(at - 1) === AMPERSAND) return undefined;
    } else if (kind === WORD || kind === DIGIT || kind === PARAMETER) {
      while (end < text.length && isWord(text.charCodeAt(end))) end++;
    }
    if (kind === DIGIT && !isPlainInteger(text, at, end)) return undefined;
    if (kind === PARAMETER && !isPlainInteger(text, at + 1, end)) return undefined;
    if (kind === DIGIT || (kind === QUOTE && code === APOSTROPHE)) {
      if (literals.length === MAX_LITERALS) return undefined;
      const literal = text.slice(at, end);
      const known = literals.indexOf(literal);
      template += `${text.slice(from, at)}\0${known < 0 ? literals.push(literal) - 1 : known}\0`;
      from = end;
    }
    previous = kind;
    at = end;
  }
  return literals.length === 0 ? undefined : template + text.slice(from);
}

/** Longer texts are analysed as they are. */
const MAX_TEMPLATE_CHARS = 2_000;
const MAX_LITERALS = 64;

const OTHER = 0;
const WORD = 1;
const DIGIT = 2;
const QUOTE = 3;
const COMMENT = 4;
const PARAMETER = 5;
const FOREIGN = 6;

const AMPERSAND = 0x26;
const APOSTROPHE = 0x27;
const MINUS = 0x2d;
const SLASH = 0x2f;
const STAR = 0x2a;
const DOT = 0x2e;

/** What each ASCII character begins. `$` is a parameter where digits follow, else a dollar quote. */
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => kindOf(String.fromCharCode(code)));

function kindOf(character: string): number {
  if (/[A-Za-z_]/.test(character)) return WORD;
  if (/[0-9]/.test(character)) return DIGIT;
  if (character === "'" || character === '"') return QUOTE;
  if (character === '-' || character === '/') return COMMENT;
  if (character === '$') return PARAMETER;
  if (character === '\\' || character === '\0') return FOREIGN;
  return OTHER;
}

function isWord(code: number): boolean {
  const kind = code < 128 ? (KINDS[code] as number) : WORD;
  return kind === WORD || kind === DIGIT || kind === PARAMETER;
}

function isDigit(code: number): boolean {
  return code < 128 && KINDS[code] === DIGIT;
}

/** Digits alone, with no fraction on either side and no letters behind. */
function isPlainInteger(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isDigit(text.charCodeAt(at))) return false;
  return text.charCodeAt(end) !== DOT && (start === 0 || text.charCodeAt(start - 1) !== DOT);
}

/** The end of a quoted string or name, a doubled quote being part of it; -1 where it does not end or is escaped. */
function endOfQuoted(text: string, start: number, quote: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      if (text.charCodeAt(at + 1) !== quote) return at + 1;
      at++;
    } else if (code === 0x5c || code === 0) {
      return -1;
    }
  }
  return -1;
}
