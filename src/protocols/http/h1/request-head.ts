import { contentLength, hostOf, isAuthority, isOriginForm, isToken, listOf, sameAuthority } from '../grammar.ts';
import { type BodyLength, type Fields, MalformedHttp, type RequestHead, SPDY } from '../message.ts';
import { checkCharacters, type FieldBlock, readFieldBlock } from './field-block.ts';
import { isKey, withoutField } from './websocket-key.ts';

export interface HeadLimits {
  readonly maxHttpFields: number;
  readonly maxHttpTargetBytes: number;
}

export interface ParsedRequest {
  readonly head: RequestHead;
  readonly length: BodyLength;
  readonly expectsContinue: boolean;
  /** Of an upgrade: what its answer is made of. */
  readonly websocketKey?: string;
  /** True where the client leaves the connection open for another request (RFC 9112, 9.3). */
  readonly persistent: boolean;
}

/** Reads a request's head, of which `text` is all up to the empty line, with the last field's CRLF. Throws `MalformedHttp`. */
export function parseRequestHead(text: string, limits: HeadLimits): ParsedRequest {
  checkCharacters(text);
  const end = text.indexOf('\r\n');
  const line = readRequestLine(text.slice(0, end), limits.maxHttpTargetBytes);
  const block = readFieldBlock(text, end + 2, limits.maxHttpFields);
  const place = readPlace(line, block.host);
  const length = requestLength(line, block);
  const upgrade = readUpgrade(line, block, length);
  const { fields, websocketKey } =
    upgrade === 'websocket' ? readKey(block) : { fields: block.fields, websocketKey: undefined };
  return {
    head: {
      version: line.version,
      method: line.method,
      ...place,
      ...(upgrade === undefined ? undefined : { upgrade }),
      fields,
    },
    length,
    ...(websocketKey === undefined ? undefined : { websocketKey }),
    expectsContinue: expectsContinue(line, block.expect),
    persistent: isPersistent(line.version, block.connection),
  };
}

/** RFC 9112, 9.3. */
export function isPersistent(version: '1.0' | '1.1', connection: readonly string[]): boolean {
  if (connection.includes('close')) return false;
  return version === '1.1' || connection.includes('keep-alive');
}

/** True where the body comes in chunks, false where there is no coding. Throws for anything else (RFC 9112, 6.1). */
export function isChunked(coding: string | undefined, version: '1.0' | '1.1'): boolean {
  if (coding === undefined) return false;
  if (version === '1.0') throw new MalformedHttp(400, 'a transfer coding in HTTP/1.0');
  if (coding.toLowerCase() === 'chunked') return true;
  const codings = listOf(coding);
  if (codings.length > 0 && codings.every(isToken) && codings.filter((one) => one === 'chunked').length <= 1) {
    throw new MalformedHttp(501, 'a transfer coding other than chunked alone');
  }
  throw new MalformedHttp(400, 'a transfer coding that cannot be read');
}

interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly version: '1.0' | '1.1';
}

/** Longer than every registered method by far. */
const MAX_METHOD_BYTES = 64;

/** RFC 9112, 3: one space between each. */
function readRequestLine(line: string, maxTargetBytes: number): RequestLine {
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  if (first <= 0 || last === first) throw new MalformedHttp(400, 'a request line without its three parts');
  const method = line.slice(0, first);
  const target = line.slice(first + 1, last);
  if (method.length > MAX_METHOD_BYTES || !isToken(method)) throw new MalformedHttp(400, 'a method that is none');
  if (target.length > maxTargetBytes) throw new MalformedHttp(414, 'a request target that is too long');
  switch (line.slice(last + 1)) {
    case 'HTTP/1.1':
      return { method, target, version: '1.1' };
    case 'HTTP/1.0':
      return { method, target, version: '1.0' };
    default:
      if (!/^HTTP\/[0-9]\.[0-9]$/.test(line.slice(last + 1))) throw new MalformedHttp(400, 'a version that is none');
      throw new MalformedHttp(505, 'a version of HTTP that is not spoken here');
  }
}

interface Place {
  readonly authority: string;
  readonly target: string;
  readonly absolute: boolean;
}

/** Who is asked, and for what: the four forms of a target (RFC 9112, 3.2), and the Host field beside each. */
function readPlace({ method, target, version }: RequestLine, host: string | undefined): Place {
  // Clients of HTTP/1.0 need not say it; some CONNECT so.
  if (host === undefined && version === '1.1') throw new MalformedHttp(400, 'no Host field');
  if (host !== undefined && !isAuthority(host)) throw new MalformedHttp(400, 'a Host field that names no host');
  if (method === 'CONNECT') return readAuthorityForm(target, host);
  const authority = host ?? '';
  if (target.charCodeAt(0) === 0x2f) {
    if (!isOriginForm(target)) throw new MalformedHttp(400, 'a request target with a character that targets have not');
    return { authority, target, absolute: false };
  }
  if (target === '*' && method === 'OPTIONS') return { authority, target, absolute: false };
  return readAbsoluteForm(target, method, host);
}

function readAuthorityForm(target: string, host: string | undefined): Place {
  if (!isAuthority(target) || !/:[0-9]+$/.test(target)) throw new MalformedHttp(400, 'a CONNECT to no host and port');
  // Some clients leave the port out of Host.
  if (host !== undefined && host.toLowerCase() !== target.toLowerCase() && host.toLowerCase() !== hostOf(target)) {
    throw new MalformedHttp(400, 'a Host field unlike the host that is asked for');
  }
  return { authority: target, target: '', absolute: false };
}

const ABSOLUTE = /^(https?):\/\/([^/?]*)(.*)$/i;

/**
 * RFC 9112, 3.2.2 lets the target win over Host; where they differ, whoever reads the other one reads another request.
 */
function readAbsoluteForm(target: string, method: string, host: string | undefined): Place {
  const [, scheme = '', authority = '', rest = ''] = ABSOLUTE.exec(target) ?? [];
  if (scheme === '' || !isAuthority(authority)) throw new MalformedHttp(400, 'a request target that is none');
  const defaultPort = scheme.toLowerCase() === 'https' ? '443' : '80';
  if (host !== undefined && !sameAuthority(host, authority, defaultPort)) {
    throw new MalformedHttp(400, 'a Host field unlike the host that is asked for');
  }
  // RFC 9112, 3.2.4: OPTIONS without a path asks for the server; the others, for the root.
  if (rest === '' && method === 'OPTIONS') return { authority, target: '*', absolute: true };
  const origin = rest.startsWith('/') ? rest : `/${rest}`;
  if (!isOriginForm(origin)) throw new MalformedHttp(400, 'a request target with a character that targets have not');
  return { authority, target: origin, absolute: true };
}

/** RFC 9112, 6.3, but nothing that could be read in two ways is repaired. */
function requestLength({ method, version }: RequestLine, block: FieldBlock): BodyLength {
  const chunked = isChunked(block.transferEncoding, version);
  if (chunked && block.contentLength !== undefined) throw new MalformedHttp(400, 'a length beside a transfer coding');
  const length = block.contentLength === undefined ? undefined : contentLength(block.contentLength);
  if (block.contentLength !== undefined && length === undefined) throw new MalformedHttp(400, 'a length that is none');
  if (method === 'CONNECT' && (chunked || length !== undefined)) throw new MalformedHttp(400, 'a CONNECT with a body');
  if (chunked) return 'unknown';
  return length === undefined || length === 0 ? 'none' : length;
}

/** RFC 6455, 4.1, and SPDY of any method; another upgrade is not taken up, as RFC 9110, 7.8 allows. */
function readUpgrade({ method, version }: RequestLine, block: FieldBlock, length: BodyLength): string | undefined {
  if (!block.connection.includes('upgrade') || version === '1.0') return undefined;
  if (block.upgrade.includes(SPDY)) return length === 'none' ? SPDY : undefined;
  if (!block.upgrade.includes('websocket') || method !== 'GET') return undefined;
  if (length !== 'none') throw new MalformedHttp(400, 'an upgrade with a body');
  return 'websocket';
}

function readKey({ fields }: FieldBlock): { readonly fields: Fields; readonly websocketKey: string } {
  const { rest, values } = withoutField(fields, 'sec-websocket-key');
  const [websocketKey] = values;
  if (values.length !== 1 || !isKey(websocketKey)) throw new MalformedHttp(400, 'an upgrade without a key');
  return { fields: rest, websocketKey };
}

/** RFC 9110, 10.1.1. */
function expectsContinue({ version }: RequestLine, expect: string | undefined): boolean {
  if (expect === undefined || version === '1.0') return false;
  if (expect.toLowerCase() !== '100-continue') throw new MalformedHttp(417, 'an expectation that is not known');
  return true;
}
