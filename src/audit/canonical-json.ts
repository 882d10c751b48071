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
    return isCanonicalForm(text, JSON.parse(text));
  } catch {
    return false; // not JSON at all
  }
}

/** True where the text is the canonical form of `value`, which was parsed from it. */
export function isCanonicalForm(text: string, value: unknown): boolean {
  // The platform's own writer keeps the order of the text and is much faster; what it writes as an escape of a
  // surrogate is one that stands alone, and names that are numbers it puts first.
  const quick = JSON.stringify(value) === text && !text.includes('\\ud') && isSorted(value);
  return quick || canonicalJson(value as Json) === text;
}

function isSorted(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isSorted);
  let before = '';
  for (const name in value) {
    if (name < before) return false;
    before = name;
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (typeof member === 'object' && !isSorted(member)) return false;
  }
  return true;
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
