import { trigger } from '../triggers.ts';
import { characters, runEnd, runStart } from './characters.ts';
import type { Detector, Report } from './detector.ts';

const KEY = characters('a-z', 'A-Z', '0-9', '+/=');
const KEY_LENGTH = 40;
/** How far before a key its name may stand. */
const CONTEXT = 60;
const MIN_DISTINCT = 15;
const NAME = /secret/gi;
const NAME_OF_COLUMN = /secret/i;

/** AWS secret access keys: forty characters of base64 that are random, soon after a name that says what they are. */
export const awsSecret: Detector = {
  name: 'aws-secret',
  triggers: [trigger('[sS][eE][cC][rR][eE][tT]')],
  columnNames: NAME_OF_COLUMN,
  find(text, report, isNamed) {
    let floor = 0;
    if (isNamed === true) floor = findBetween(text, 0, text.length, 0, report);
    for (const name of text.matchAll(NAME)) {
      const limit = Math.min(text.length, name.index + CONTEXT);
      floor = findBetween(text, Math.max(floor, name.index + name[0].length), limit, floor, report);
    }
  },
};

/** Reports the keys that begin in [from, limit), none of which reaches back before `first`; where the last run ended. */
function findBetween(text: string, from: number, limit: number, first: number, report: Report): number {
  let floor = first;
  for (let at = from; at < limit; at++) {
    if (KEY[text.charCodeAt(at)] !== 1) continue;
    const start = runStart(text, at, floor, KEY);
    const end = runEnd(text, at, text.length, KEY);
    if (isKey(text.slice(start, end))) report(end - KEY_LENGTH, end);
    floor = end;
    at = end;
  }
  return floor;
}

/** Forty random characters; in `AWS_SECRET_ACCESS_KEY=…` the name's last word and the sign are of the same run. */
function isKey(run: string): boolean {
  const name = run.slice(0, -KEY_LENGTH);
  return run.length >= KEY_LENGTH && /^(?:[A-Za-z]{1,20}=)?$/.test(name) && isRandom(run.slice(-KEY_LENGTH));
}

function isRandom(key: string): boolean {
  return /[a-z]/.test(key) && /[A-Z]/.test(key) && /\d/.test(key) && new Set(key).size >= MIN_DISTINCT;
}
