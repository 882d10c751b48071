import type { RawFields } from '../../support/h2-frames.ts';

/** Requests of HTTP/2 that would say something else once they were written as HTTP/1.1, or that two servers read in two ways. */
export interface H2Case {
  readonly name: string;
  readonly fields: RawFields;
  /** What follows the fields; the stream ends with it. */
  readonly data?: string;
  readonly trailers?: RawFields;
}

const METHOD = [':method', 'POST'] as const;
const SCHEME = [':scheme', 'http'] as const;
const AUTHORITY = [':authority', 'a.test'] as const;
const PATH = [':path', '/'] as const;
const START = [METHOD, SCHEME, AUTHORITY, PATH] as const;

function withField(name: string, value: string): RawFields {
  return [...START, [name, value]];
}

function withPath(path: string): RawFields {
  return [METHOD, SCHEME, AUTHORITY, [':path', path]];
}

function withAuthority(authority: string): RawFields {
  return [METHOD, SCHEME, [':authority', authority], PATH];
}

export const H2_GOOD: RawFields = [...START, ['x-a', 'b']];

export const H2_REFUSED: readonly H2Case[] = [
  { name: 'a transfer coding', fields: withField('transfer-encoding', 'chunked'), data: '0\r\n\r\n' },
  { name: 'Connection', fields: withField('connection', 'close') },
  { name: 'Keep-Alive', fields: withField('keep-alive', 'timeout=5') },
  { name: 'Proxy-Connection', fields: withField('proxy-connection', 'keep-alive') },
  { name: 'Upgrade', fields: withField('upgrade', 'websocket') },
  { name: 'TE other than trailers', fields: withField('te', 'gzip') },
  { name: 'a length shorter than its body', fields: withField('content-length', '1'), data: 'hello' },
  { name: 'a length longer than its body', fields: withField('content-length', '9'), data: 'hello' },
  { name: 'a length without a body', fields: withField('content-length', '9') },
  { name: 'two lengths', fields: [...START, ['content-length', '5'], ['content-length', '5']], data: 'hello' },
  { name: 'a length with a sign', fields: withField('content-length', '+5'), data: 'hello' },
  { name: 'a list of lengths', fields: withField('content-length', '5, 5'), data: 'hello' },
  { name: 'a field name in capitals', fields: withField('X-A', 'b') },
  { name: 'a pseudo-field behind a field', fields: [METHOD, SCHEME, AUTHORITY, ['x', 'y'], PATH] },
  { name: 'two methods', fields: [METHOD, METHOD, SCHEME, AUTHORITY, PATH] },
  { name: 'two paths', fields: [...START, [':path', '/b']] },
  { name: 'two authorities', fields: [METHOD, SCHEME, AUTHORITY, [':authority', 'b.test'], PATH] },
  { name: 'no method', fields: [SCHEME, AUTHORITY, PATH] },
  { name: 'no scheme', fields: [METHOD, AUTHORITY, PATH] },
  { name: 'no path', fields: [METHOD, SCHEME, AUTHORITY] },
  { name: 'an empty path', fields: withPath('') },
  { name: 'no authority and no Host', fields: [METHOD, SCHEME, PATH] },
  { name: 'a pseudo-field that is none', fields: [...START, [':x', 'y']] },
  { name: "a reply's pseudo-field", fields: [...START, [':status', '200']] },
  { name: 'a method with a line in it', fields: [[':method', 'GET / HTTP/1.1\r\nx: y'], SCHEME, AUTHORITY, PATH] },
  { name: 'a method with a space', fields: [[':method', 'GET /admin'], SCHEME, AUTHORITY, PATH] },
  { name: 'a path with a line in it', fields: withPath('/ HTTP/1.1\r\nx: y') },
  { name: 'a path with a space', fields: withPath('/ HTTP/1.1') },
  { name: 'a path in the absolute form', fields: withPath('http://b.test/') },
  { name: 'a path without its slash', fields: withPath('a') },
  { name: 'a path with a fragment', fields: withPath('/a#b') },
  { name: 'a path with a byte over 127', fields: withPath('/\xe4') },
  { name: 'a scheme with a path in it', fields: [METHOD, [':scheme', 'http://b.test/?'], AUTHORITY, PATH] },
  { name: 'a scheme that is not of HTTP', fields: [METHOD, [':scheme', 'file'], AUTHORITY, PATH] },
  { name: 'an authority with a path', fields: withAuthority('a.test/x') },
  { name: 'an authority with user information', fields: withAuthority('u@a.test') },
  { name: 'an authority with a line in it', fields: withAuthority('a.test\r\nx: y') },
  { name: 'an empty authority', fields: withAuthority('') },
  { name: 'a Host unlike the authority', fields: withField('host', 'b.test') },
  { name: 'two Hosts', fields: [...START, ['host', 'a.test'], ['host', 'a.test']] },
  { name: 'a CONNECT with a path', fields: [[':method', 'CONNECT'], SCHEME, [':authority', 'a.test:443'], PATH] },
  { name: 'a CONNECT without a port', fields: [[':method', 'CONNECT'], AUTHORITY] },
  {
    name: 'an extended CONNECT to something else',
    fields: [[':method', 'CONNECT'], SCHEME, AUTHORITY, PATH, [':protocol', 'connect-udp']],
  },
  { name: ':protocol without CONNECT', fields: [...START, [':protocol', 'websocket']] },
  { name: 'an expectation that is not known', fields: withField('expect', 'x') },
  { name: 'a length behind the body', fields: START, data: 'hello', trailers: [['content-length', '5']] },
  { name: 'a pseudo-field behind the body', fields: START, data: 'hello', trailers: [[':path', '/b']] },
  { name: 'an authorization behind the body', fields: START, data: 'hello', trailers: [['authorization', 'Bearer x']] },
];

/** What nghttp2 leaves out of a request by itself: it goes on without. */
export const H2_DROPPED: readonly H2Case[] = [
  { name: 'a field name with a line in it', fields: withField('x: y\r\nz', 'b') },
  { name: 'a field name with a colon', fields: withField('x:y', 'b') },
  { name: 'a field name with a space', fields: withField('x y', 'b') },
  { name: 'an empty field name', fields: withField('', 'b') },
  { name: 'a field value with CRLF', fields: withField('x', 'a\r\nhost: b.test') },
  { name: 'a field value with LF', fields: withField('x', 'a\nb') },
  { name: 'a field value with CR', fields: withField('x', 'a\rb') },
  { name: 'a field value with NUL', fields: withField('x', 'a\0b') },
];
