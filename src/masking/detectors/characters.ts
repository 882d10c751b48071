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
