import { trigger } from '../triggers.ts';
import { characters, runEnd, runStart } from './characters.ts';
import type { Detector } from './detector.ts';

const TOKEN = characters('a-z', 'A-Z', '0-9', '-_.');
const MIN_SEGMENT = 10;
/** As much of a header as is decoded to see whether it is one. */
const HEADER_CHARACTERS = 512;

/** JSON Web Tokens, signed or encrypted (RFC 7515 and 7516, compact form): `{"` in base64url begins with `eyJ`. */
export const jwt: Detector = {
  name: 'jwt',
  triggers: [trigger('eyJ[a-zA-Z0-9]')],
  find(text, report) {
    let floor = 0;
    for (let at = text.indexOf('eyJ'); at !== -1; at = text.indexOf('eyJ', floor)) {
      const start = runStart(text, at, floor, TOKEN);
      const end = runEnd(text, at, text.length, TOKEN);
      const token = tokenStart(text.slice(start, end));
      if (token !== -1) report(start + token, end);
      floor = end;
    }
  },
};

/** Where in a run of token characters a token begins, or -1. */
function tokenStart(run: string): number {
  const segments = run.split('.');
  let at = 0;
  for (const [index, segment] of segments.entries()) {
    const offset = segment.indexOf('eyJ');
    const next = segments[index + 1] ?? '';
    const isLong = segment.length - offset >= MIN_SEGMENT && (next.length >= MIN_SEGMENT || next === '');
    if (offset !== -1 && isLong && index + 1 < segments.length) {
      if (next.startsWith('eyJ') || isHeader(segment.slice(offset, offset + HEADER_CHARACTERS))) return at + offset;
    }
    at += segment.length + 1;
  }
  return -1;
}

function isHeader(segment: string): boolean {
  return /"(?:alg|enc|typ)"/.test(Buffer.from(segment, 'base64url').toString('latin1'));
}
