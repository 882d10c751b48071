import { trigger } from '../triggers.ts';
import { characters, runEnd, runStart } from './characters.ts';
import type { Detector } from './detector.ts';

const KEY = characters('a-z', 'A-Z', '0-9', '+/=');
const LINE = characters('\x09', '\x20-\xff');
const KEY_LENGTH = 40;
/** How far before a key its name may stand, in the same line. */
const CONTEXT = 60;
const MIN_DISTINCT = 15;
const NAME = /secret/gi;

/** AWS secret access keys: forty characters of base64 that are random, soon after a name that says what they are. */
export const awsSecret: Detector = {
  name: 'aws-secret',
  triggers: [trigger('[sS][eE][cC][rR][eE][tT]')],
  find(text, report) {
    let floor = 0;
    for (const name of text.matchAll(NAME)) {
      const context = text.slice(name.index, name.index + CONTEXT);
      const limit = name.index + runEnd(context, 0, context.length, LINE);
      for (let at = Math.max(floor, name.index + name[0].length); at < limit; at++) {
        if (KEY[text.charCodeAt(at)] !== 1) continue;
        const start = runStart(text, at, floor, KEY);
        const end = runEnd(text, at, text.length, KEY);
        const from = end - KEY_LENGTH;
        if (isKey(text.slice(start, end))) report(from, end);
        floor = end;
        at = end;
      }
    }
  },
};

/** Forty random characters; in `AWS_SECRET_ACCESS_KEY=…` the name's last word and the sign are of the same run. */
function isKey(run: string): boolean {
  const name = run.slice(0, -KEY_LENGTH);
  return run.length >= KEY_LENGTH && /^(?:[A-Za-z]{1,20}=)?$/.test(name) && isRandom(run.slice(-KEY_LENGTH));
}

function isRandom(key: string): boolean {
  return /[a-z]/.test(key) && /[A-Z]/.test(key) && /\d/.test(key) && new Set(key).size >= MIN_DISTINCT;
}
