import { isValidPhoneNumber } from 'libphonenumber-js/min';
import { trigger } from '../triggers.ts';
import { DIGITS, isAt, SEPARATOR_TRIGGER } from './characters.ts';
import type { Detector, Report } from './detector.ts';

/** ITU-T E.164 with its plus sign, at most two separators between digits. */
const INTERNATIONAL = /(?<![\w+])\+[1-9](?:(?:[ ().\-/]{1,2}|\xc2\xa0|\xe2\x80[\x80-\x95\xaf])?\d){6,14}/g;
/** The North American plan's usual groups of 3, 3 and 4. */
const NORTH_AMERICAN =
  /(?<![\w.+-])(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}(?:[ .-]|\xc2\xa0|\xe2\x80[\x90-\x95\xaf]))[2-9]\d{2}(?:[ .-]|\xc2\xa0|\xe2\x80[\x90-\x95\xaf])\d{4}(?![\w-])(?!\.\d)/g;
const LAST_GROUP = /(?:[ ()./-]{1,2}|\xc2\xa0|\xe2\x80[\x80-\x95\xaf])\d{1,15}$/;
/** What libphonenumber need not know of. */
const TYPOGRAPHIC = /\xc2\xa0|\xe2\x80[\x80-\x95\xaf]/g;
const MIN_DIGITS = 7;

/**
 * Telephone numbers that say so by their form: international ones with a plus, and North American ones in groups.
 * Other national forms are digits like any others, and are not found.
 */
export const phone: Detector = {
  name: 'phone',
  triggers: [
    trigger('\\+[1-9]([ ()./\\xc2\\xe2-]?[ ()./\\xa0\\x80-]?[\\x80-\\x95\\xaf]?\\d){3}'),
    trigger(`\\d{3}${SEPARATOR_TRIGGER}\\d{3}${SEPARATOR_TRIGGER}\\d{4}`),
    trigger('\\(\\d{3}\\) ?\\d{3}[ .-]'),
  ],
  find(text, report) {
    if (text.includes('+')) {
      for (const match of text.matchAll(INTERNATIONAL)) reportValid(text, match.index, match[0], report);
    }
    for (const match of text.matchAll(NORTH_AMERICAN)) {
      if (isValidPhoneNumber(match[0].replaceAll(TYPOGRAPHIC, ' '), 'US'))
        report(match.index, match.index + match[0].length);
    }
  },
};

/** A number may be followed by another one: drops groups from the end until what is left is a number. */
function reportValid(text: string, start: number, found: string, report: Report): void {
  let candidate = found;
  if (isAt(text, start + found.length, DIGITS)) candidate = candidate.replace(LAST_GROUP, '');
  while (candidate.replaceAll(/\D/g, '').length >= MIN_DIGITS) {
    if (isValidPhoneNumber(candidate.replaceAll(TYPOGRAPHIC, ' '))) {
      report(start, start + candidate.length);
      return;
    }
    const shorter = candidate.replace(LAST_GROUP, '');
    if (shorter === candidate) return;
    candidate = shorter;
  }
}
