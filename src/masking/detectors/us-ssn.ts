import { trigger } from '../triggers.ts';
import type { Detector } from './detector.ts';

/** Area, group and serial as the Social Security Administration assigns them: no 000, 666 or 9xx, no 00, no 0000. */
const DASHED = /(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g;
const SPACED = /(?<![\w-])(?!000|666|9)\d{3} (?!00)\d{2} (?!0000)\d{4}(?![\w-])/g;

/** United States social security numbers, in their groups of 3, 2 and 4. Nine digits in a row are not taken for one. */
export const usSsn: Detector = {
  name: 'us-ssn',
  triggers: [trigger('\\d{3}[ -]\\d{2}[ -]\\d{4}')],
  find(text, report) {
    for (const pattern of [DASHED, SPACED]) {
      for (const match of text.matchAll(pattern)) report(match.index, match.index + match[0].length);
    }
  },
};
