/** What canonical JSON can hold. A 64-bit number goes in as a string: JSON numbers are exact to 2^53 only. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined };

/**
 * RFC 8785 (JCS): members sorted by UTF-16 code units, no white space, ECMAScript's own numbers and strings. Members
 * that are undefined are left out. A lone surrogate becomes U+FFFD, because I-JSON has no way to say it.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('canonical JSON has no number that is not finite');
    return JSON.stringify(value);
  }
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value === null) return 'null';
  return isArray(value) ? `[${value.map(canonicalJson).join(',')}]` : `{${members(value)}}`;
}

/** The members of an object as they stand between its braces; empty where it has none. */
export function members(value: { readonly [name: string]: Json | undefined }): string {
  let text = '';
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${canonicalJson(name)}:${canonicalJson(member)}`;
  }
  return text;
}

/** True where the text is the canonical form of the JSON in it: nothing in it can change unseen. */
export function isCanonical(text: string): boolean {
  try {
    return canonicalJson(JSON.parse(text) as Json) === text;
  } catch {
    return false; // not JSON at all
  }
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
