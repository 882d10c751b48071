import { contentLength, isFieldValue, isToken, mayTrail } from '../grammar.ts';
import { type Fields, MalformedHttp } from '../message.ts';
import type { HttpWireLimits } from '../wire-limits.ts';

/** What a header section says, its pseudo-fields apart (RFC 9113, 8.3). */
export interface Section {
  readonly pseudo: ReadonlyMap<string, string>;
  readonly fields: Fields;
  /** The length that `content-length` states. */
  readonly length: number | undefined;
  readonly host: string | undefined;
  readonly expectsContinue: boolean;
}

export interface SectionLimits {
  readonly maxHttpFields: number;
  readonly maxHttpHeadBytes: number;
}

/** Of the fields behind a body. */
export function trailerLimits({ maxHttpFields, maxHttpTrailerBytes }: HttpWireLimits): SectionLimits {
  return { maxHttpFields, maxHttpHeadBytes: maxHttpTrailerBytes };
}

/** What HTTP/2 says by other means; its presence makes a message malformed (RFC 9113, 8.2.2). */
const FORBIDDEN: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

const UPPER_CASE = /[A-Z]/;

/**
 * Reads a header section from names and values in turn. What stands here is checked by nghttp2 for the most part, and
 * again, since what it lets pass changes with its version. Throws `MalformedHttp`.
 */
export function readSection(raw: readonly string[], limits: SectionLimits): Section {
  if (raw.length / 2 > limits.maxHttpFields + MOST_PSEUDO_FIELDS) throw new MalformedHttp(431, 'too many fields');
  checkSize(raw, limits.maxHttpHeadBytes);
  const pseudo = new Map<string, string>();
  const fields: [string, string][] = [];
  const single = new Map<string, string>();
  let cookies = '';
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    if (!isFieldValue(value)) throw new MalformedHttp(400, 'a field value with a character that values have not');
    if (name.startsWith(':')) {
      if (fields.length > 0 || single.size > 0 || pseudo.has(name))
        throw new MalformedHttp(400, 'a pseudo-field out of its place');
      pseudo.set(name, value);
      continue;
    }
    checkName(name);
    if (SINGLE.has(name)) {
      if (single.has(name)) throw new MalformedHttp(400, `more than one ${name} field`);
      single.set(name, value);
    } else if (name === 'te') {
      if (value.toLowerCase() !== 'trailers') throw new MalformedHttp(400, 'a te field that HTTP/2 has not');
    } else if (name === 'cookie') {
      // RFC 9113, 8.2.3: its crumbs are one field everywhere else.
      cookies = cookies === '' ? value : `${cookies}; ${value}`;
    } else fields.push([name, value]);
  }
  if (cookies !== '') fields.push(['cookie', cookies]);
  return { pseudo, fields, length: lengthOf(single), host: single.get('host'), expectsContinue: expectation(single) };
}

/** Reads the fields behind a body. */
export function readTrailers(raw: readonly string[], limits: SectionLimits): Fields {
  const { pseudo, fields, length, host } = readSection(raw, limits);
  if (pseudo.size > 0 || length !== undefined || host !== undefined || !fields.every(([name]) => mayTrail(name))) {
    throw new MalformedHttp(400, 'a field that may not stand behind a body');
  }
  return fields;
}

/** As `node:http2` takes them: names and values in turn. Throws `RangeError` for what HTTP/2 has not. */
export function headerList(fields: Fields): string[] {
  const list: string[] = [];
  for (const [name, value] of fields) {
    if (FORBIDDEN.has(name) || SINGLE.has(name) || !isToken(name) || !isFieldValue(value)) {
      throw new RangeError(`the field ${name} among those that go on`);
    }
    list.push(name, value);
  }
  return list;
}

/** As `sendTrailers` takes them: several of one name as a list. */
export function trailerHeaders(fields: Fields): Record<string, string[]> {
  const headers = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of fields) {
    if (!mayTrail(name) || !isToken(name) || !isFieldValue(value))
      throw new RangeError(`the field ${name} behind a body`);
    headers[name] = [...(headers[name] ?? []), value];
  }
  return headers;
}

const SINGLE: ReadonlySet<string> = new Set(['content-length', 'expect', 'host']);
/** :method, :scheme, :authority, :path, :protocol. */
const MOST_PSEUDO_FIELDS = 5;

/** RFC 9113, 6.5.2 counts 32 bytes more for each field; `node:http2` says the bound to its peer and does not hold it. */
function checkSize(raw: readonly string[], maxBytes: number): void {
  let bytes = 0;
  for (const text of raw) bytes += text.length + 16;
  if (bytes > maxBytes) throw new MalformedHttp(431, 'a head that is too long');
}

function checkName(name: string): void {
  if (FORBIDDEN.has(name)) throw new MalformedHttp(400, 'a field of the connection, which HTTP/2 has not');
  if (!isToken(name) || UPPER_CASE.test(name)) {
    throw new MalformedHttp(400, 'a field name with a character that names have not');
  }
}

function lengthOf(single: ReadonlyMap<string, string>): number | undefined {
  const text = single.get('content-length');
  const length = text === undefined ? undefined : contentLength(text);
  if (text !== undefined && length === undefined) throw new MalformedHttp(400, 'a length that is none');
  return length;
}

function expectation(single: ReadonlyMap<string, string>): boolean {
  const expect = single.get('expect');
  if (expect === undefined) return false;
  if (expect.toLowerCase() !== '100-continue') throw new MalformedHttp(417, 'an expectation that is not known');
  return true;
}
