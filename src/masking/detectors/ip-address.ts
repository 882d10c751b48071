import { trigger } from '../triggers.ts';
import { ASCII_WORD, characters, isAt, runEnd } from './characters.ts';
import type { Detector, Report } from './detector.ts';

const MAX_V6 = 45;
const V6 = characters('0-9', 'a-f', 'A-F', ':.');
const V4_PATTERN = /(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w]|\.\d)/g;
const V4_BYTE = /^(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])$/;
/** What says that four numbers are a version; it stands right before them. */
const VERSION = /(?:version|release|build|ver)["']?[ .:=]{0,3}["']?$/i;
const VERSION_CHARACTERS = 14;
/** Addresses that are nobody's. */
const NOBODY = /^(?:0\.0\.0\.0|255\.255\.255\.255|127\.\d+\.\d+\.\d+|::1?)$/;

/** IPv4 in dotted decimals and IPv6 (RFC 4291, 2.2), but for loopback, unspecified and broadcast addresses. */
export const ipAddress: Detector = {
  name: 'ip-address',
  triggers: [
    trigger('\\d\\.\\d\\d?\\d?\\.\\d\\d?\\d?\\.\\d'),
    trigger('::'),
    trigger('[0-9a-fA-F](:[0-9a-fA-F][0-9a-fA-F]?[0-9a-fA-F]?[0-9a-fA-F]?){3}:'),
  ],
  find(text, report) {
    for (const match of text.matchAll(V4_PATTERN)) {
      const [address] = match;
      const before = text.slice(Math.max(0, match.index - VERSION_CHARACTERS), match.index);
      if (isV4(address) && !NOBODY.test(address) && !VERSION.test(before))
        report(match.index, match.index + address.length);
    }
    if (text.includes(':')) findV6(text, report);
  },
};

/** Looks at every run of hexadecimal digits and colons that a colon stands in. */
function findV6(text: string, report: Report): void {
  let floor = 0;
  for (let colon = text.indexOf(':'); colon !== -1; colon = text.indexOf(':', floor)) {
    let start = colon;
    while (start > floor && V6[text.charCodeAt(start - 1)] === 1) start--;
    let end = runEnd(text, colon, text.length, V6);
    floor = end;
    while (end > start && text[end - 1] === '.') end--;
    if (end - start > MAX_V6 || isAt(text, start - 1, ASCII_WORD) || isAt(text, end, ASCII_WORD)) continue;
    const address = text.slice(start, end);
    if (/\d/.test(address) && isV6(address) && !NOBODY.test(address)) report(start, end);
  }
}

function isV4(address: string): boolean {
  return address.split('.').every((byte) => V4_BYTE.test(byte));
}

/** The URL parser reads IPv6 in brackets, in all its forms (RFC 4291, 2.2; WHATWG URL, 3.5). */
function isV6(address: string): boolean {
  return URL.canParse(`http://[${address}]`);
}
