import type { Refusal } from '../../model/refusal.ts';

/** What a request asks for, read once: rules decide on it and it is what goes on. */
export interface NormalTarget {
  /** As it is forwarded: RFC 3986's normal form (6.2.2), without the query. */
  readonly forwarded: string;
  /** As rules see it: the same, and characters that may stand in a path are never encoded, as servers read them. */
  readonly path: string;
  /** What stands behind the `?`, as sent; undefined where there is none. */
  readonly query: string | undefined;
}

/**
 * Reads an origin form (RFC 9112, 3.2.1) in the one way that servers agree on, and refuses the others: an encoded slash,
 * backslash or control character, text that is not UTF-8, dot segments that climb out or eat an empty segment, and path
 * parameters, which some servers take off before they look.
 */
export function normalTarget(target: string): NormalTarget | Refusal {
  const mark = target.indexOf('?');
  const raw = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? undefined : target.slice(mark + 1);
  if (raw === '' || !raw.startsWith('/')) return ambiguous('its path does not begin with a slash');
  if (query !== undefined && BROKEN_CODE.test(query)) return ambiguous('a percent sign in its query stands alone');
  if (isPlain(raw)) return { forwarded: raw, path: raw, query };
  const recoded = recode(raw);
  if (typeof recoded !== 'string') return recoded;
  const forwarded = withoutDots(recoded);
  if (typeof forwarded !== 'string') return forwarded;
  return { forwarded, path: forwarded.replaceAll(/%[0-9A-F]{2}/g, asServersReadIt), query };
}

/** The parameters of a query, decoded; a name may occur more than once. */
export function queryOf(query: string | undefined): Readonly<Record<string, readonly string[]>> {
  if (query === undefined || query === '') return {};
  const found = new Map<string, string[]>();
  add(found, query.split('&'));
  // Some servers take a semicolon for an ampersand: rules see both readings.
  if (query.includes(';')) add(found, query.split(/[&;]/));
  return Object.fromEntries(found);
}

function add(found: Map<string, string[]>, pairs: readonly string[]): void {
  for (const pair of pairs) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodeQuery(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decodeQuery(pair.slice(equals + 1));
    const values = found.get(name);
    if (values === undefined) found.set(name, [value]);
    else values.push(value);
  }
}

/** Form encoding: `+` is a space, and what is not UTF-8 becomes U+FFFD. */
function decodeQuery(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  return spaced.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (codes) =>
    Buffer.from(codes.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}

/** Nothing in it has a second reading: most paths, so that they are looked at once. */
function isPlain(path: string): boolean {
  return /^(?:\/[A-Za-z0-9\-_~!$&'()*+,=:@][A-Za-z0-9\-._~!$&'()*+,=:@]*)*\/?$/.test(path);
}

const BROKEN_CODE = /%(?![0-9A-Fa-f]{2})/;
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;
/** RFC 3986, 3.3: what may stand in a segment; the semicolon is an encoded one here, and means nothing. */
const IN_SEGMENT = /^[!$&'()*+,;=:@]$/;

function recode(path: string): string | Refusal {
  if (BROKEN_CODE.test(path)) return ambiguous('a percent sign in its path stands alone');
  if (path.includes(';')) return ambiguous('its path has parameters (;)');
  if (/[^\x21-\x7e]|[\\#"<>]/.test(path)) return ambiguous('its path has characters that no path has');
  if (/%(?:2[fF]|5[cC]|[01][0-9A-Fa-f]|7[fF])/.test(path)) {
    return ambiguous('its path has an encoded slash, backslash or control character');
  }
  if (!isUtf8(path)) return ambiguous('its path is not UTF-8');
  return path
    .replaceAll(/[[\]^`{|}]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll(/%[0-9A-Fa-f]{2}/g, (code) => {
      const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
      return UNRESERVED.test(character) ? character : code.toUpperCase();
    });
}

/** Overlong forms and surrogates, which a lenient decoder reads as something else, are not; nor are C1 controls. */
function isUtf8(path: string): boolean {
  for (const [codes] of path.matchAll(/(?:%[89A-Fa-f][0-9A-Fa-f])+/g)) {
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(codes.replaceAll('%', ''), 'hex'));
      if (/[\u0080-\u009f]/.test(text)) return false;
    } catch {
      // The decoder says no in no other way.
      return false;
    }
  }
  return true;
}

/** RFC 3986, 5.2.4. */
function withoutDots(path: string): string | Refusal {
  const segments = path.slice(1).split('/');
  const kept: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '.') {
      if (isLast) kept.push('');
    } else if (segment === '..') {
      const removed = kept.pop();
      if (removed === undefined) return ambiguous('its path climbs out of the root');
      // A server that merges slashes first would go up further.
      if (removed === '') return ambiguous('its path goes up from an empty segment');
      if (isLast) kept.push('');
    } else if (/^\.{3,}$/.test(segment)) {
      return ambiguous('its path has a segment of dots alone');
    } else {
      kept.push(segment);
    }
  }
  return `/${kept.join('/')}`;
}

function asServersReadIt(code: string): string {
  const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
  return IN_SEGMENT.test(character) ? character : code;
}

function ambiguous(why: string): Refusal {
  return {
    code: 'protocol-malformed',
    message: `the address of the request is ambiguous: ${why}`,
    hint: 'Servers read such an address in different ways, so it is not forwarded. Write it plainly.',
  };
}
