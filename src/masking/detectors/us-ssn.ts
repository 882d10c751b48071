import { trigger } from '../triggers.ts';
import { SEPARATOR_TRIGGER } from './characters.ts';
import type { Detector } from './detector.ts';
import { idPattern, nationalId } from './national-id.ts';

/**
 * Area, group and serial as the Social Security Administration assigns them: no 000, 666 or 9xx, no 00, no 0000; the same
 * separator twice: a dash, a blank, or in UTF-8 a typographic dash or a no-break space.
 */
const GROUPED =
  /(?<![A-Za-z0-9_-])(?!000|666|9)\d{3}([ -]|\xc2\xa0|\xe2\x80[\x90-\x95\xaf])(?!00)\d{2}\1(?!0000)\d{4}(?![A-Za-z0-9_])(?!-\d)/g;
/** The same without separators, where a word says what it is. */
const WHOLE = idPattern('(?!000|666|9)\\d{3}(?!00)\\d{2}(?!0000)\\d{4}');

const named = nationalId({
  name: 'us-ssn',
  named: WHOLE,
  words: ['ssn', 'social security'],
  checks: () => true,
});

/** United States social security numbers: in their groups, or nine digits beside a word that says so. */
export const usSsn: Detector = {
  ...named,
  triggers: [trigger(`\\d{3}${SEPARATOR_TRIGGER}\\d{2}${SEPARATOR_TRIGGER}\\d{4}`), ...named.triggers],
  find(text, report, isNamed) {
    for (const match of text.matchAll(GROUPED)) report(match.index, match.index + match[0].length);
    named.find(text, report, isNamed);
  },
};
