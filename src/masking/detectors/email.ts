import { trigger } from '../triggers.ts';
import { characters, runEnd, runStart } from './characters.ts';
import type { Detector, Report } from './detector.ts';

const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;
const DOT = 46;
const QUOTE = 34;
/**
 * What RFC 5322, 3.2.3 allows, but for what joins an address to what stands before it more often than it is part of it:
 * `to=ada@…`, `?a&b`, braces, bars, strokes and back quotes.
 */
const LOCAL = characters('a-z', 'A-Z', '0-9', "!#$'*+-^_~.%", '\x80-\xff');
/** What a local part does not begin with in practice: an opening quote or a list's mark belongs to the text. */
const LEADING = characters("!#$'*^~.");
/** What stands between quotes in practice: in a list of quoted values most other marks are no part of an address. */
const QUOTED = characters('a-z', 'A-Z', '0-9', " ._+'-", '\x80-\xff');
const DOMAIN = characters('a-z', 'A-Z', '0-9', '-.', '\x80-\xff');
/** Quotes, brackets, blanks and dashes beyond ASCII, in UTF-8 (U+0080 to 00BF, 2000 to 207F, 3000 to 303F, FF00 to FF20). */
const MARKS = /\xc2[\x80-\xbf]|\xe2[\x80\x81][\x80-\xbf]|\xe3\x80[\x80-\xbf]|\xef\xbc[\x80-\x8f\x9a-\xa0]/g;
const DOMAIN_STOP = /\.\.|\xc2[\x80-\xbf]|\xe2[\x80\x81][\x80-\xbf]|\xe3\x80[\x80-\xbf]|\xef\xbc[\x80-\x8f\x9a-\xa0]/;
/** How a last label begins: with letters of ASCII, or with others. */
const TOP = /^(?:[a-z]+|[a-z\x80-\xff]+)/i;
const ASCII_LETTERS = /^[a-z]+$/i;
/** What follows the last dot of a file's name (`icon@2x.png`) and is no top-level domain. */
const FILE_ENDINGS = new Set(
  'png jpg jpeg gif webp svg ico avif css scss js mjs cjs ts tsx jsx vue map json html yml yaml lock txt log tgz gz'.split(
    ' ',
  ),
);

/**
 * E-mail addresses (RFC 5321, 4.1.2, without domain literals): a dot-string or quoted local part, a domain of at least
 * two labels whose last begins with letters. `%40` stands for the sign, as in a query string.
 */
export const email: Detector = {
  name: 'email',
  triggers: [
    trigger(`[a-zA-Z0-9!#$'*+^_~%"\\x80-\\xff-]@[a-zA-Z0-9\\x80-\\xff]`),
    trigger('%40[a-zA-Z0-9\\x80-\\xff]'),
  ],
  find(text, report) {
    const floor = findSign(text, '@', 0, report);
    if (text.includes('%40')) findSign(text, '%40', floor, report);
  },
};

/** Reports the addresses around each sign; the end of the last one. */
function findSign(text: string, sign: string, from: number, report: Report): number {
  let floor = sign === '@' ? from : 0;
  for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + sign.length)) {
    const end = domainEnd(text, at + sign.length);
    if (end === -1) continue;
    const start = localStart(text, at, floor);
    if (start === at || isRepository(text, start, at, end)) continue;
    report(start, end);
    floor = end;
  }
  return floor;
}

function localStart(text: string, at: number, floor: number): number {
  if (text.charCodeAt(at - 1) === QUOTE) {
    const limit = Math.max(floor, at - MAX_LOCAL - 2);
    const open = runStart(text, at - 1, limit, QUOTED) - 1;
    return open >= limit && open < at - 2 && text.charCodeAt(open) === QUOTE && text[open + 1] !== ' ' ? open : at;
  }
  let start = runStart(text, at, Math.max(floor, at - MAX_LOCAL), LOCAL);
  for (const mark of text.slice(start, at).matchAll(MARKS))
    start = at - mark.input.length + mark.index + mark[0].length;
  while (start < at && LEADING[text.charCodeAt(start)] === 1) start++;
  return text.charCodeAt(at - 1) === DOT ? at : start;
}

/** The end of the domain that begins at `from`, or -1 where none does. */
function domainEnd(text: string, from: number): number {
  let domain = text.slice(from, runEnd(text, from, Math.min(text.length, from + MAX_DOMAIN), DOMAIN));
  const stop = domain.search(DOMAIN_STOP);
  if (stop !== -1) domain = domain.slice(0, stop);
  while (domain.endsWith('.') || domain.endsWith('-')) domain = domain.slice(0, -1);
  for (let dot = domain.lastIndexOf('.'); dot > 0; dot = domain.lastIndexOf('.')) {
    const label = domain.slice(dot + 1);
    const [top = ''] = TOP.exec(label) ?? [];
    // A sentence in a script without blanks goes on where the domain ends: `ada@example.comです`.
    const isCut = ASCII_LETTERS.test(top) && label.charCodeAt(top.length) >= 0x80;
    if (top.length >= 2)
      return FILE_ENDINGS.has(top.toLowerCase()) ? -1 : from + dot + 1 + (isCut ? top : label).length;
    domain = domain.slice(0, dot);
  }
  return -1;
}

/** `git@host:path` is where a repository is, not whom to write to. */
function isRepository(text: string, start: number, at: number, end: number): boolean {
  return at - start === 3 && text.startsWith('git@', start) && text[end] === ':';
}
