import { trigger } from '../triggers.ts';
import { characters, runEnd, runStart } from './characters.ts';
import type { Detector } from './detector.ts';

const KEY = characters('a-z', 'A-Z', '0-9', '+/=');
const KEY_LENGTH = 40;
/** How far before a key its name may stand. */
const CONTEXT = 60;
const NAME = /secret/gi;

/** AWS secret access keys: forty characters of base64 that are random, soon after a name that says what they are. */
export const awsSecret: Detector = {
  name: 'aws-secret',
  triggers: [trigger('[sS][eE][cC][rR][eE][tT]')],
  find(text, report) {
    let floor = 0;
    for (const name of text.matchAll(NAME)) {
      const limit = Math.min(text.length, name.index + CONTEXT);
      for (let at = Math.max(floor, name.index + name[0].length); at < limit; at++) {
        if (KEY[text.charCodeAt(at)] !== 1) continue;
        const start = runStart(text, at, floor, KEY);
        const end = runEnd(text, at, text.length, KEY);
        const from = isName(text, start, end) ? text.indexOf('=', start) + 1 : start;
        if (end - from === KEY_LENGTH && isRandom(text.slice(from, end))) report(from, end);
        floor = end;
        at = end;
      }
    }
  },
};

/** `AWS_SECRET_ACCESS_KEY=…`: the name's last word and the sign belong to the same run as the key. */
function isName(text: string, start: number, end: number): boolean {
  const equals = text.indexOf('=', start);
  return equals !== -1 && equals < end - KEY_LENGTH && equals - start < 20;
}

function isRandom(key: string): boolean {
  return /[a-z]/.test(key) && /[A-Z]/.test(key) && /\d/.test(key) && new Set(key).size >= 15;
}
