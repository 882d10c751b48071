import { trigger } from '../triggers.ts';
import { characters, runEnd } from './characters.ts';
import type { Detector } from './detector.ts';

const AUTHORITY_END = characters('\x00-\x20', '/?#"\'<>\\`|');
const AUTHORITY = AUTHORITY_END.map((member) => 1 - member);
const SCHEME = characters('a-z', 'A-Z', '0-9', '+.-');
const MAX_AUTHORITY = 1024;
/** A user name this long, without a password, is a token. */
const MIN_TOKEN = 20;
/** What stands for a password without being one: our own mask, stars, a variable to be filled in. */
const PLACEHOLDER = /^(?:\[redacted\]|\*+|x{3,}|\$\{?\w+\}?|\{\{?[\w. ]+\}?\}|%\w+%)$/i;

/** Passwords, and tokens in place of user names, in the userinfo of a URL (RFC 3986, 3.2.1). */
export const urlPassword: Detector = {
  name: 'url-password',
  triggers: [trigger('[!-~\\x80-\\xff]@')],
  find(text, report) {
    let at = text.indexOf('://');
    while (at !== -1) {
      const start = at + 3;
      const end = runEnd(text, start, Math.min(text.length, start + MAX_AUTHORITY), AUTHORITY);
      if (SCHEME[text.charCodeAt(at - 1)] === 1) {
        const userinfo = text.slice(start, end).lastIndexOf('@');
        const colon = text.slice(start, start + Math.max(0, userinfo)).indexOf(':');
        const from = colon === -1 ? start : start + colon + 1;
        const secret = text.slice(from, start + Math.max(0, userinfo));
        const isLongEnough = colon === -1 ? secret.length >= MIN_TOKEN : secret.length > 0;
        if (userinfo > 0 && isLongEnough && !PLACEHOLDER.test(secret)) report(from, start + userinfo);
      }
      at = text.indexOf('://', Math.max(end, start));
    }
  },
};
