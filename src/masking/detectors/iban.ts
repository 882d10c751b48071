import { getCountrySpecifications } from 'ibantools';
import { trigger } from '../triggers.ts';
import { characters, isAt, SEPARATOR_TRIGGER, separatorEnd } from './characters.ts';
import type { Detector } from './detector.ts';

const CODE = characters('A-Z', '0-9');
const ALPHANUMERIC = characters('A-Z', 'a-z', '0-9', '_');
const CANDIDATE = /(?<![A-Za-z0-9_])[A-Z]{2}\d{2}(?=[ .\-\xc2\xe2]?[A-Z0-9\x80\xa0])/g;

/** The length of each country's numbers (the IBAN registry, as ibantools has it). */
const LENGTHS: ReadonlyMap<string, number> = new Map(
  Object.entries(getCountrySpecifications()).flatMap(([country, { chars }]) => (chars ? [[country, chars]] : [])),
);

/** International bank account numbers (ISO 13616): upper case, a country's length, the check of ISO 7064 MOD 97-10. */
export const iban: Detector = {
  name: 'iban',
  triggers: [trigger('[A-Z][A-Z]\\d\\d[A-Z0-9]{4}'), trigger(`[A-Z][A-Z]\\d\\d${SEPARATOR_TRIGGER}[A-Z0-9]{4}`)],
  find(text, report) {
    CANDIDATE.lastIndex = 0;
    for (let match = CANDIDATE.exec(text); match !== null; match = CANDIDATE.exec(text)) {
      const length = LENGTHS.get(match[0].slice(0, 2));
      if (length === undefined) continue;
      const end = numberEnd(text, match.index, length);
      if (end === -1) continue;
      report(match.index, end);
      CANDIDATE.lastIndex = end;
    }
  },
};

/** The end of the number of `length` characters that begins at `start`, or -1 where there is none. */
function numberEnd(text: string, start: number, length: number): number {
  let code = '';
  let at = start;
  while (code.length < length) {
    if (!isAt(text, at, CODE)) at = separatorEnd(text, at);
    if (!isAt(text, at, CODE)) return -1;
    code += text[at];
    at++;
  }
  return isAt(text, at, ALPHANUMERIC) || !checks(code) ? -1 : at;
}

/** ISO 7064 MOD 97-10: the country and check digits moved to the end, letters as 10 to 35, leave 1. */
function checks(code: string): boolean {
  let remainder = 0;
  for (const character of code.slice(4) + code.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}
