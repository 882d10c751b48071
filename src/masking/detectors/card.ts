import { boundedTriggers, trigger } from '../triggers.ts';
import { ASCII_WORD, DIGITS, isAt, runEnd, SEPARATOR_TRIGGER, separatorEnd } from './characters.ts';
import { hasLuhn } from './check-digits.ts';
import type { Detector, Report } from './detector.ts';

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;
const MIN_FIRST = 4;
const MIN_GROUP = 3;
const MAX_GROUP = 6;
const MIN_GROUPS = 3;

/**
 * Payment cards (ISO/IEC 7812-1): 13 to 19 digits with Luhn's check digit, and an issuer's number and length that some
 * network uses; together, or in three or more groups of three to six with one separator between them, the same one throughout.
 */
export const card: Detector = {
  name: 'card',
  triggers: [
    ...boundedTriggers('\\d{13}'),
    ...boundedTriggers(`\\d{4}${SEPARATOR_TRIGGER}\\d{3}\\d?\\d?\\d?${SEPARATOR_TRIGGER}\\d{3}`),
  ],
  binaryTriggers: [
    // An 8-byte integer by its first bytes: the ranges of `isIssued`, 13 and 14 digits, 15, 16 and 17, 18 and 19.
    trigger('\\x00\\x00\\x00\\x08\\x00\\x00[\\x03\\x04\\x1b-\\x24]'),
    trigger('\\x00\\x00\\x00\\x08\\x00\\x01[\\x35-\\x59]'),
    trigger('\\x00\\x00\\x00\\x08\\x00[\\x07-\\x1d\\x4e-\\xff]'),
    trigger('\\x00\\x00\\x00\\x08[\\x01\\x03-\\x0b\\x1e\\x30\\x31\\x37-\\x46\\x4d-\\x61\\x70-\\x73]'),
    // A numeric of 13 to 20 digits before the point: number of digits, weight, a positive sign.
    trigger('\\x00[\\x01-\\x14]\\x00[\\x03\\x04]\\x00\\x00\\x00'),
  ],
  find(text, report) {
    let at = 0;
    while (at < text.length) {
      if (DIGITS[text.charCodeAt(at)] !== 1) {
        at++;
        continue;
      }
      at = findRun(text, at, report);
    }
  },
};

/** Whether the digits are a card's number: issuer, length, check digit. */
export function isCardNumber(digits: string): boolean {
  return digits.length >= MIN_DIGITS && digits.length <= MAX_DIGITS && isIssued(digits) && hasLuhn(digits);
}

/** Looks for one card that begins with the group of digits at `at`; the place to go on from. */
function findRun(text: string, at: number, report: Report): number {
  const first = runEnd(text, at, text.length, DIGITS);
  if (isAt(text, at - 1, ASCII_WORD) || isFraction(text, at)) return first;
  const end = first - at >= MIN_DIGITS ? wholeEnd(text, at, first) : first - at >= MIN_FIRST ? groupsEnd(text, at) : -1;
  if (end === -1) return first;
  report(at, end);
  return end;
}

function wholeEnd(text: string, at: number, end: number): number {
  const isNumber = end - at <= MAX_DIGITS && isCardNumber(text.slice(at, end));
  return isNumber && isEnd(text, end) ? end : -1;
}

/** The end of the longest card in groups that begins at `at`; the same separator throughout. */
function groupsEnd(text: string, at: number): number {
  let digits = '';
  let separator = '';
  let best = -1;
  for (let from = at, groups = 1; ; groups++) {
    const end = runEnd(text, from, Math.min(text.length, from + MAX_GROUP + 1), DIGITS);
    if (end - from < MIN_GROUP || end - from > MAX_GROUP) return best;
    digits += text.slice(from, end);
    if (digits.length > MAX_DIGITS) return best;
    if (groups >= MIN_GROUPS && isCardNumber(digits) && isEnd(text, end)) best = end;
    from = separatorEnd(text, end);
    if (from === -1 || (groups > 1 && text.slice(end, from) !== separator)) return best;
    separator = text.slice(end, from);
  }
}

/** No word goes on, and no fraction begins. */
function isEnd(text: string, end: number): boolean {
  return !isFractionAfter(text, end) && !isAt(text, end, ASCII_WORD);
}

function isFraction(text: string, at: number): boolean {
  return text.charCodeAt(at - 1) === 46 && isAt(text, at - 2, DIGITS);
}

function isFractionAfter(text: string, end: number): boolean {
  return text.charCodeAt(end) === 46 && isAt(text, end + 1, DIGITS);
}

/** The ranges that networks issue from, with their lengths. Numbers outside are ids that happen to check. */
function isIssued(digits: string): boolean {
  const two = Number(digits.slice(0, 2));
  const four = Number(digits.slice(0, 4));
  const { length } = digits;
  if (digits.startsWith('4')) return length === 13 || length === 16 || length === 18 || length === 19;
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return length === 16;
  if (two === 34 || two === 37) return length === 15;
  if (two === 36 || two === 38 || two === 39 || (four >= 3000 && four <= 3059)) return length === 14 || length === 16;
  if (four >= 3528 && four <= 3589) return length >= 16;
  if (two === 60 || two === 62 || two === 64 || two === 65 || two === 81 || two === 82) return length >= 16;
  if (four >= 2200 && four <= 2204) return length >= 16;
  return (two === 50 || (two >= 56 && two <= 69)) && length >= 16;
}
