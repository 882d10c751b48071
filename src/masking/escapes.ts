import { type Finding, joinFindings } from './finding.ts';

/** JSON in JSON is read twice; what is wrapped more often is found as far as it shows. */
const MAX_LEVELS = 2;
/** `\\n`, `\\"`, `\\u0040` and their like (RFC 8259, section 7). */
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/g;
/** What comes before a place within an escape, as far back as one goes. */
const WITHIN_ESCAPE = /\\(?:u[0-9A-Fa-f]{0,3})?$/;
const MAX_ESCAPE = 6;
/** `%20`, `%2B` and their like in URLs and forms (RFC 3986, section 2.1); each is one byte. */
const PERCENT = /%[0-9A-Fa-f]{2}/g;
const CONTROLS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * The findings of latin1 text that may hold escapes of JSON or of URLs: `plain`, which stand in it as it is, and those that `find`
 * sees when escapes are read. A letter of an escape belongs to no finding: `\\nada@example.com` is an address on a line of
 * its own, and cutting the escape in two would break the JSON.
 */
export function withEscapes(
  text: string,
  plain: readonly Finding[],
  find: (decoded: string) => readonly Finding[],
): Finding[] {
  const hidden: Finding[] = [];
  for (const read of readings(text)) {
    for (const { start, end, detector } of find(read.text)) {
      hidden.push({ start: placeOf(read, start), end: endOf(read, end), detector });
    }
  }
  const seen = joinFindings([...hidden]);
  return [...plain.flatMap((finding) => unescaped(text, finding, seen)), ...hidden];
}

/** True where there may be something to read in text. */
export function mayHoldEscapes(text: string): boolean {
  return text.includes('\\') || text.includes('%');
}

/** The text as JSON reads it, as JSON in it does, and as a URL does; what says nothing new is left out. */
function readings(text: string): readonly Reading[] {
  const original: Reading = { text, offsets: undefined };
  const read: Reading[] = [];
  for (let level = 0; level < MAX_LEVELS; level++) {
    const next = decode(read.at(-1) ?? original, ESCAPE, characterOf);
    if (next === undefined) break;
    read.push(next);
  }
  const unquoted = decode(original, PERCENT, byteOf);
  return unquoted === undefined ? read : [...read, unquoted];
}

/** Decoded text; `offsets[n]` is where in the original its n-th character begins, with one more for the end. */
interface Reading {
  readonly text: string;
  readonly offsets: Uint32Array | undefined;
}

function placeOf({ offsets }: Reading, at: number): number {
  return offsets === undefined ? at : offsets[at]!;
}

/** An end within a character of several bytes, which were one escape, is the end of that escape. */
function endOf(reading: Reading, at: number): number {
  let end = at;
  const last = placeOf(reading, Math.max(0, at - 1));
  while (end < reading.text.length && placeOf(reading, end) === last) end++;
  return placeOf(reading, end);
}

/** One level of escapes read; undefined where there are none. */
function decode(from: Reading, pattern: RegExp, read: (escape: string) => string): Reading | undefined {
  const pieces: string[] = [];
  const places: number[] = [];
  const offsets = new Uint32Array(from.text.length * 3 + 1);
  let length = 0;
  let kept = 0;
  for (const { 0: escape, index } of from.text.matchAll(pattern)) {
    pieces.push(from.text.slice(kept, index));
    for (let at = kept; at < index; at++) offsets[length++] = placeOf(from, at);
    const character = read(escape);
    pieces.push(character);
    for (let at = 0; at < character.length; at++) offsets[length++] = placeOf(from, index);
    kept = index + escape.length;
    places.push(index);
  }
  if (places.length === 0) return undefined;
  pieces.push(from.text.slice(kept));
  for (let at = kept; at <= from.text.length; at++) offsets[length++] = placeOf(from, at);
  return { text: pieces.join(''), offsets: offsets.subarray(0, length) };
}

/** The character as the bytes of its UTF-8. */
function characterOf(escape: string): string {
  const letter = escape[1] ?? '';
  if (letter !== 'u') return CONTROLS[letter] ?? letter;
  const character = String.fromCharCode(Number.parseInt(escape.slice(2), 16));
  return character < '\x80' ? character : Buffer.from(character).toString('latin1');
}

function byteOf(escape: string): string {
  return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
}

/** A finding that begins within an escape is what is found there when it is read, or else takes the escape with it. */
function unescaped(text: string, finding: Finding, seen: readonly Finding[]): readonly Finding[] {
  const before = text.slice(Math.max(0, finding.start - MAX_ESCAPE), finding.start);
  const escape = WITHIN_ESCAPE.exec(before)?.[0];
  if (escape === undefined) return [finding];
  const isSeen = overlaps(seen, finding);
  // `\n@name` is a line that begins with a sign: without the letter there is nothing.
  if (isSeen || (escape === '\\' && 'nrt'.includes(text[finding.start] ?? ''))) return [];
  return [{ ...finding, start: finding.start - escape.length }];
}

/** Whether a finding of `seen`, which are ascending and apart, has a character in common with this one: a binary search. */
function overlaps(seen: readonly Finding[], { start, end }: Finding): boolean {
  let low = 0;
  let high = seen.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (seen[middle]!.end > start) high = middle;
    else low = middle + 1;
  }
  return low < seen.length && seen[low]!.start < end;
}
