import type { MaskOrder } from './masks.ts';

/** What stands where text was. It holds no character that a detector begins with, joins over, or ends with. */
export const REDACTED = '[redacted]';
const REDACTED_BYTES = Buffer.from(REDACTED);
const KEPT_CHARACTERS = 4;
/** Fewer letters and digits than this, and four of them would be too much of the value. */
const MIN_PARTIAL_CHARACTERS = 8;

/** `[redacted]`; `partial` keeps an e-mail's domain or else the last four characters; `hash` is a keyed token. */
export function maskText(order: Pick<MaskOrder, 'kind' | 'class' | 'digest'>, value: Buffer): Buffer {
  switch (order.kind) {
    case 'partial': {
      const text = value.toString('latin1');
      const kept = order.class === 'email' ? partialEmail(text) : partialText(text);
      return kept === undefined ? REDACTED_BYTES : Buffer.from(kept, 'latin1');
    }
    case 'hash':
      return Buffer.from(hashToken(order.digest(value)));
    case 'redact':
    case 'null':
      return REDACTED_BYTES;
    default:
      return order.kind satisfies never;
  }
}

/** 64 bits as letters only, so that no detector takes it for something: `hash:` and 16 of `a` to `p`. */
export function hashToken(digest: Buffer): string {
  let token = 'hash:';
  for (const byte of digest.subarray(0, 8)) token += String.fromCharCode(97 + (byte >> 4), 97 + (byte & 15));
  return token;
}

function partialEmail(text: string): string | undefined {
  const domain = text.slice(text.lastIndexOf('@') + 1);
  return text.includes('@') && /^[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){1,4}$/i.test(domain)
    ? `${REDACTED}@${domain}`
    : undefined;
}

/** Stars for every letter and digit but the last four, separators as they were; undefined where it is too short. */
function partialText(text: string): string | undefined {
  if (text === REDACTED) return text;
  const counted = text.match(COUNTED)?.length ?? 0;
  if (counted < MIN_PARTIAL_CHARACTERS) return undefined;
  let seen = 0;
  return text.replaceAll(COUNTED, (character) =>
    // A byte from 0x80 on is a piece of a character; kept alone it would not be text.
    seen++ < counted - KEPT_CHARACTERS || character >= '\x80' ? '*' : character,
  );
}

const COUNTED = /[a-z\d*\x80-\xff]/gi;
