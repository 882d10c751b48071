import { LIMITS } from '../../model/limits.ts';
import { trigger } from '../triggers.ts';
import { characters, runEnd } from './characters.ts';
import type { Detector, Report } from './detector.ts';

/** RFC 7468, section 2, and OpenPGP's armor (RFC 9580, 6.2). */
const BEGIN = /-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;
const BEGIN_LITERAL = '-----BEGIN ';
const END = '-----END ';
const END_MARKER = /-----END [A-Z0-9 ]{1,64}-----/g;
/** `-----BEGIN ` in base64, as a Kubernetes secret or a CI variable holds a key. */
const ENCODED_BEGIN = 'LS0tLS1CRUdJTi';
const ENCODED = characters('a-z', 'A-Z', '0-9', '+/=_-');
const ENCODED_HEADER_CHARACTERS = 120;

/**
 * Private keys in PEM or OpenPGP armor, and PEM in base64 again. A key goes to its end marker; one that has none goes
 * on for the longest that a key is, or to the end of the text.
 */
export const privateKey: Detector = {
  name: 'private-key',
  triggers: [trigger(BEGIN_LITERAL), trigger(ENCODED_BEGIN)],
  find(text, report) {
    BEGIN.lastIndex = 0;
    for (let begin = BEGIN.exec(text); begin !== null; begin = BEGIN.exec(text)) {
      const end = keyEnd(text, begin.index);
      report(begin.index, end);
      BEGIN.lastIndex = end;
    }
    findEncoded(text, report);
  },
};

/**
 * Up to where the lines of `bytes[0, limit)` can be told without what follows: the start of the line in which a key
 * begins that ends after `limit`, or that has not ended yet; `limit` where there is none.
 */
export function settledLines(bytes: Buffer, limit: number): number {
  if (!bytes.includes(BEGIN_LITERAL)) return limit;
  const text = bytes.toString('latin1');
  let settled = 0;
  let previousEnd = 0;
  BEGIN.lastIndex = 0;
  for (let begin = BEGIN.exec(text); begin !== null; begin = BEGIN.exec(text)) {
    const end = keyEnd(text, begin.index);
    const before = text.slice(previousEnd, begin.index);
    const line = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1;
    // A key that begins in the line in which another ended is of the same piece as that.
    if (line > 0) settled = previousEnd + line;
    const isOpen = end === text.length && end - begin.index < LIMITS.maxPrivateKeyBytes;
    if (isOpen || end > limit) return Math.min(limit, settled);
    previousEnd = end;
    BEGIN.lastIndex = end;
  }
  return limit;
}

function keyEnd(text: string, begin: number): number {
  const limit = Math.min(text.length, begin + LIMITS.maxPrivateKeyBytes);
  const block = text.slice(begin, limit);
  const end = block.indexOf(END);
  if (end === -1) return limit;
  END_MARKER.lastIndex = end;
  const marker = END_MARKER.exec(block);
  return marker === null ? limit : begin + marker.index + marker[0].length;
}

function findEncoded(text: string, report: Report): void {
  let floor = 0;
  for (let at = text.indexOf(ENCODED_BEGIN); at !== -1; at = text.indexOf(ENCODED_BEGIN, floor)) {
    floor = runEnd(text, at, text.length, ENCODED);
    const header = Buffer.from(text.slice(at, at + ENCODED_HEADER_CHARACTERS), 'base64').toString('latin1');
    if (header.includes('PRIVATE KEY')) report(at, floor);
  }
}
