export type HttpFields = readonly (readonly [name: string, value: string])[];

/** A recorded message of HTTP (`message/http`, RFC 9112, 10.1) taken apart. */
export interface HttpMessage {
  /** The request line or the status line. */
  readonly start: string;
  readonly fields: HttpFields;
  readonly body: Uint8Array;
  /** What stood behind the body. */
  readonly trailers: HttpFields;
}

const START = /^(?:HTTP\/[\d.]+ \d{3}(?: .*)?|\S+ \S+ HTTP\/[\d.]+)$/;

/**
 * Undefined where the bytes begin with no head: cut off, or no message. Never throws. `tags` are those of the reply's
 * result, one of which says how many bytes at the end are fields behind the body.
 */
export function readHttpMessage(bytes: Uint8Array, tags: readonly string[] = []): HttpMessage | undefined {
  const end = headEnd(bytes);
  if (end < 0) return undefined;
  const [start = '', ...lines] = latin1(bytes.subarray(0, end)).split('\r\n');
  if (!START.test(start)) return undefined;
  const fields = lines.map(fieldOf);
  const behind = Number(/^trailers (\d{1,9})$/.exec(tags.find((tag) => tag.startsWith('trailers ')) ?? '')?.[1] ?? 0);
  const length = start.startsWith('HTTP/') ? Number.POSITIVE_INFINITY : statedLength(fields);
  const bodyEnd = Math.min(Math.max(end + 4, bytes.length - behind), end + 4 + length);
  const trailers = latin1(bytes.subarray(bodyEnd)).split('\r\n');
  return {
    start,
    fields,
    body: bytes.subarray(end + 4, bodyEnd),
    trailers: trailers.filter((line) => line !== '').map(fieldOf),
  };
}

/** The gateway writes it where it read all of a request's body; what stands behind that are fields. */
function statedLength(fields: HttpFields): number {
  const said = fieldValue(fields, 'content-length') ?? '';
  return /^\d{1,15}$/.test(said) ? Number(said) : Number.POSITIVE_INFINITY;
}

export interface RequestLine {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Decoded for reading. */
  readonly query: HttpFields;
}

export function requestLine(start: string): RequestLine {
  const [method = '', target = ''] = start.split(' ');
  const mark = target.indexOf('?');
  if (mark < 0) return { method, path: target, query: [] };
  return { method, path: target.slice(0, mark), query: formPairs(target.slice(mark + 1)) };
}

/** `GET /customers?limit=3` of a message's text; undefined where it begins with no request line. */
export function askedLine(text: string): string | undefined {
  return /^(\S+ \S+) HTTP\/1\.\d\r?(?:\n|$)/.exec(text.slice(0, MOST_LINE_CHARACTERS))?.[1];
}

/** A request line may be as long as the gateway takes it, which is far less. */
const MOST_LINE_CHARACTERS = 70_000;

/** `404`, and what it means in the server's words. */
export function statusLine(start: string): { readonly status: string; readonly reason: string } {
  const [, status = '', ...reason] = start.split(' ');
  return { status, reason: reason.join(' ') };
}

export function fieldValue(fields: HttpFields, name: string): string | undefined {
  const values = fields.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

/** Names and values of a form or a query, in their order; what cannot be decoded stays as it is. */
export function formPairs(text: string): HttpFields {
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const mark = pair.indexOf('=');
      return mark < 0 ? [decoded(pair), ''] : [decoded(pair.slice(0, mark)), decoded(pair.slice(mark + 1))];
    });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // Not UTF-8, or no percent code: shown as it was sent.
    return text;
  }
}

function fieldOf(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, Math.max(colon, 0)), line.slice(colon + 1).trim()];
}

function headEnd(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(13); at >= 0; at = bytes.indexOf(13, at + 1)) {
    if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at;
  }
  return -1;
}

/** A character for a byte: `TextDecoder` would read windows-1252. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return text;
}

const PIECE = 8192;
