import { isToken } from '../grammar.ts';
import { MalformedHttp } from '../message.ts';

/** Names as they came that were looked at before. Most messages have the same few; what is rare is looked at each time. */
const KNOWN = new Map<string, string>();
const MOST_KNOWN = 500;
const LONGEST_KNOWN = 40;

/** A field's name in lower case. Throws `MalformedHttp` for what is none (RFC 9110, 5.1). */
export function fieldName(raw: string): string {
  const known = KNOWN.get(raw);
  if (known !== undefined) return known;
  // White space in front of the colon or of the line (a folded one) is no part of a name.
  if (!isToken(raw)) throw new MalformedHttp(400, 'a field name with a character that names have not');
  const name = raw.toLowerCase();
  // Flat copies: a slice would keep the head that it is of.
  if (raw.length <= LONGEST_KNOWN && KNOWN.size < MOST_KNOWN) KNOWN.set(flat(raw), flat(name));
  return name;
}

function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
