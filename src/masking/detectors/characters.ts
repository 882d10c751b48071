/** Sets of latin1 characters, as tables of 256 flags: a look-up is what makes scanning by hand as fast as it is. */
export type CharacterSet = Uint8Array;

export function characters(...ranges: readonly string[]): CharacterSet {
  const set = new Uint8Array(256);
  for (const range of ranges) {
    const last = range.length === 3 && range[1] === '-' ? range.charCodeAt(2) : undefined;
    if (last === undefined) for (let i = 0; i < range.length; i++) set[range.charCodeAt(i)] = 1;
    else for (let code = range.charCodeAt(0); code <= last; code++) set[code] = 1;
  }
  return set;
}

export const DIGITS = characters('0-9');
export const WORD = characters('a-z', 'A-Z', '0-9', '_', '\x80-\xff');
/** What digits are joined to; a letter beyond ASCII may end a sentence of a language that writes no blanks. */
export const ASCII_WORD = characters('a-z', 'A-Z', '0-9', '_');

/** Whether the character at `at` is of the set; false outside the text. */
export function isAt(text: string, at: number, set: CharacterSet): boolean {
  return at >= 0 && at < text.length && set[text.charCodeAt(at)] === 1;
}

/** The end of the run of the set's characters that begins at `from`, at most `limit`. */
export function runEnd(text: string, from: number, limit: number, set: CharacterSet): number {
  let at = from;
  while (at < limit && set[text.charCodeAt(at)] === 1) at++;
  return at;
}

/** The start of the run of the set's characters that ends at `to`, at least `limit`. */
export function runStart(text: string, to: number, limit: number, set: CharacterSet): number {
  let at = to;
  while (at > limit && set[text.charCodeAt(at - 1)] === 1) at--;
  return at;
}

/** One mark between groups of digits as a trigger: a superset of what `separatorEnd` takes. */
export const SEPARATOR_TRIGGER = '[ .\\xc2\\xe2-][\\x80\\xa0]?[\\x80-\\x95\\xaf]?';

/**
 * The end of the one separator that begins at `at`, or -1: a blank, dash or dot, or in UTF-8 a no-break space (U+00A0),
 * one of the typographic spaces and dashes (U+2000 to U+2015), or a narrow no-break space (U+202F).
 */
export function separatorEnd(text: string, at: number): number {
  switch (text.charCodeAt(at)) {
    case 0x20:
    case 0x2d:
    case 0x2e:
      return at + 1;
    case 0xc2:
      return text.charCodeAt(at + 1) === 0xa0 ? at + 2 : -1;
    case 0xe2: {
      const third = text.charCodeAt(at + 2);
      return text.charCodeAt(at + 1) === 0x80 && ((third >= 0x80 && third <= 0x95) || third === 0xaf) ? at + 3 : -1;
    }
    default:
      return -1;
  }
}
