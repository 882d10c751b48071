/**
 * Requests and replies whose framing or head somebody has smuggled something with, and what becomes of each here. Where a
 * form that looks odd is taken, `because` says why it can be read in one way only.
 */
export interface FramingCase {
  readonly name: string;
  /** latin1. Of a request, all that the client sends. */
  readonly bytes: string;
  /** What the client is told where it is refused; of a reply that is refused it is 502 always. */
  readonly refused?: number;
  /** How the body reads where it is taken. */
  readonly body?: string;
  readonly because?: string;
}

const HOST = 'Host: a.test\r\n';
const CL = 'Content-Length: 5\r\n';
const TE = 'Transfer-Encoding: chunked\r\n';
const CHUNKS = '5\r\nhello\r\n0\r\n\r\n';

function post(fields: string, body: string): string {
  return `POST / HTTP/1.1\r\n${HOST}${fields}\r\n${body}`;
}

function get(line: string, fields = HOST): string {
  return `${line}\r\n${fields}\r\n`;
}

const TWO_FRAMINGS: readonly FramingCase[] = [
  { name: 'CL.TE', bytes: post(`Content-Length: 6\r\n${TE}`, '0\r\n\r\nG'), refused: 400 },
  { name: 'TE.CL', bytes: post(`${TE}Content-Length: 4\r\n`, '5c\r\nGPOST / HTTP/1.1\r\n'), refused: 400 },
  { name: 'TE beside a length of 0', bytes: post(`Content-Length: 0\r\n${TE}`, CHUNKS), refused: 400 },
  { name: 'two lengths that differ', bytes: post(`${CL}Content-Length: 6\r\n`, 'hello!'), refused: 400 },
  { name: 'two lengths that do not differ', bytes: post(`${CL}${CL}`, 'hello'), refused: 400 },
  { name: 'a list of one length twice', bytes: post('Content-Length: 5, 5\r\n', 'hello'), refused: 400 },
  { name: 'a list of two lengths', bytes: post('Content-Length: 5,6\r\n', 'hello'), refused: 400 },
  { name: 'two codings fields', bytes: post(`${TE}${TE}`, CHUNKS), refused: 400 },
  { name: 'chunked, then identity', bytes: post(`${TE}Transfer-Encoding: identity\r\n`, CHUNKS), refused: 400 },
  { name: 'an empty coding, then chunked', bytes: post(`Transfer-Encoding:\r\n${TE}`, CHUNKS), refused: 400 },
  {
    name: 'a CONNECT with a length',
    bytes: `CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n${CL}\r\nhello`,
    refused: 400,
  },
  {
    name: 'an upgrade with a body',
    bytes: `GET / HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: websocket\r\n${CL}\r\nhello`,
    refused: 400,
  },
];

const LENGTHS: readonly FramingCase[] = [
  ...['+5', '-5', '5 5', '0x5', '5;', '5.0', '5e0', '', '"5"', '5\x0b', '\xa05', '1_0', 'five'].map((value) => ({
    name: `a length of ${JSON.stringify(value)}`,
    bytes: post(`Content-Length: ${value}\r\n`, 'hello'),
    refused: 400,
  })),
  { name: 'a length that no number holds', bytes: post('Content-Length: 9999999999999999\r\n', ''), refused: 400 },
  { name: 'a length over 64 bits', bytes: post('Content-Length: 18446744073709551621\r\n', 'hello'), refused: 400 },
  {
    name: 'a length with zeros in front',
    bytes: post('Content-Length: 0005\r\n', 'hello'),
    body: 'hello',
    because: 'RFC 9110, 8.6: any digits, in base ten; it is written anew without them',
  },
  {
    name: 'a length with white space around it',
    bytes: post('Content-Length:\t 5 \t\r\n', 'hello'),
    body: 'hello',
    because: 'RFC 9112, 5.1: it is no part of the value',
  },
  {
    name: 'a length in capitals',
    bytes: post('CONTENT-LENGTH: 5\r\n', 'hello'),
    body: 'hello',
    because: 'RFC 9110, 5.1: names have no case',
  },
];

const CODINGS: readonly FramingCase[] = [
  ...[
    'xchunked',
    'chunked1',
    'identity',
    'gzip',
    'gzip, chunked',
    'chunked, gzip',
    'chunked, identity',
    'cow',
    "'chunked",
  ].map((value) => ({
    name: `the coding ${JSON.stringify(value)}`,
    bytes: post(`Transfer-Encoding: ${value}\r\n`, CHUNKS),
    refused: 501,
  })),
  ...['', ',', 'chunked, chunked', '"chunked"', 'chunked;x=y', 'chunked foo', '[chunked]', '\xa0chunked'].map(
    (value) => ({
      name: `the coding ${JSON.stringify(value)}`,
      bytes: post(`Transfer-Encoding: ${value}\r\n`, CHUNKS),
      refused: 400,
    }),
  ),
  { name: 'a coding behind a vertical tab', bytes: post('Transfer-Encoding:\x0bchunked\r\n', CHUNKS), refused: 400 },
  { name: 'a coding behind a NUL', bytes: post('Transfer-Encoding: \0chunked\r\n', CHUNKS), refused: 400 },
  { name: 'a coding before a bare CR', bytes: post('Transfer-Encoding: chunked\r\r\n', CHUNKS), refused: 400 },
  { name: 'a coding in a folded line', bytes: post('Transfer-Encoding:\r\n chunked\r\n', CHUNKS), refused: 400 },
  {
    name: 'a coding in a line folded by a tab',
    bytes: post('Transfer-Encoding:\r\n\tchunked\r\n', CHUNKS),
    refused: 400,
  },
  {
    name: 'a coding field with a space before its colon',
    bytes: post('Transfer-Encoding : chunked\r\n', CHUNKS),
    refused: 400,
  },
  {
    name: 'a coding field with a tab before its colon',
    bytes: post('Transfer-Encoding\t: chunked\r\n', CHUNKS),
    refused: 400,
  },
  {
    name: 'a coding field with a space in front',
    bytes: post(' Transfer-Encoding: chunked\r\n', CHUNKS),
    refused: 400,
  },
  {
    name: 'a coding field behind another and a bare LF',
    bytes: post('X: y\nTransfer-Encoding: chunked\r\n', CHUNKS),
    refused: 400,
  },
  {
    name: 'a coding field behind another and a bare CR',
    bytes: post('X: y\rTransfer-Encoding: chunked\r\n', CHUNKS),
    refused: 400,
  },
  {
    name: 'a coding field with a character of no name',
    bytes: post('Transfer-Encoding\x80: chunked\r\n', CHUNKS),
    refused: 400,
  },
  {
    name: 'a coding field with a NUL in its name',
    bytes: post('Transfer\0-Encoding: chunked\r\n', CHUNKS),
    refused: 400,
  },
  { name: 'a coding in HTTP/1.0', bytes: `POST / HTTP/1.0\r\n${HOST}${TE}\r\n${CHUNKS}`, refused: 400 },
  {
    name: 'an underscore for the hyphen',
    bytes: post(`Transfer_Encoding: chunked\r\n${CL}`, 'hello'),
    body: 'hello',
    because:
      'it is a field of another name, and goes on as one; servers that equate them see one length, as it is written anew',
  },
  {
    name: 'chunked in capitals',
    bytes: post('Transfer-Encoding: CHUNKED\r\n', CHUNKS),
    body: 'hello',
    because: 'RFC 9112, 7: codings have no case',
  },
  {
    name: 'chunked behind a tab',
    bytes: post('Transfer-Encoding:\tchunked\r\n', CHUNKS),
    body: 'hello',
    because: 'RFC 9112, 5.1: a tab is white space, and no part of the value',
  },
  {
    name: 'Connection that names the coding field',
    bytes: post(`Connection: Transfer-Encoding\r\n${TE}`, CHUNKS),
    body: 'hello',
    because: 'the framing is read before anything is left out, and written anew',
  },
];

const CHUNKED: readonly FramingCase[] = [
  ...(
    [
      ['a chunk extension', '5;a=b\r\nhello\r\n0\r\n\r\n'],
      ['an empty chunk extension', '5;\r\nhello\r\n0\r\n\r\n'],
      ['an extension of the last chunk', '5\r\nhello\r\n0;a\r\n\r\n'],
      ['an extension with a bare LF in it', '5;\nhello\r\n0\r\n\r\n'],
      ['a chunk size with a space behind it', '5 \r\nhello\r\n0\r\n\r\n'],
      ['a chunk size with a space in front', ' 5\r\nhello\r\n0\r\n\r\n'],
      ['a chunk size in 0x', '0x5\r\nhello\r\n0\r\n\r\n'],
      ['a chunk size with a sign', '+5\r\nhello\r\n0\r\n\r\n'],
      ['a negative chunk size', '-5\r\nhello\r\n0\r\n\r\n'],
      ['an empty chunk size', '\r\nhello\r\n0\r\n\r\n'],
      ['a chunk size with an underscore', '0_5\r\nhello\r\n0\r\n\r\n'],
      ['a chunk size that is no digit', 'g\r\nhello\r\n0\r\n\r\n'],
      ['a chunk size over 64 bits', '10000000000000005\r\nhello\r\n0\r\n\r\n'],
      ['a chunk size over 53 bits', '20000000000000\r\nhello'],
      ['a chunk size of 16 zeros and a digit', '00000000000000005\r\nhello\r\n0\r\n\r\n'],
      ['a chunk size and a bare LF', '5\nhello\r\n0\r\n\r\n'],
      ['a chunk size and a bare CR', '5\rhello\r\n0\r\n\r\n'],
      ['a chunk and a bare LF', '5\r\nhello\n0\r\n\r\n'],
      ['a chunk and a bare CR', '5\r\nhello\r0\r\n\r\n'],
      ['a chunk longer than its size', '4\r\nhello\r\n0\r\n\r\n'],
      ['a chunk shorter than its size', '6\r\nhello\r\n0\r\n\r\n'],
      ['a chunk without its CRLF', '5\r\nhello0\r\n\r\n'],
      ['a last chunk and a bare LF', '5\r\nhello\r\n0\n\n'],
      ['no fields and a bare LF', '5\r\nhello\r\n0\r\n\n'],
      ['a length behind the body', '5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n'],
      ['a coding behind the body', '5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'],
      ['a host behind the body', '5\r\nhello\r\n0\r\nHost: b.test\r\n\r\n'],
      ['an authorization behind the body', '5\r\nhello\r\n0\r\nAuthorization: Bearer x\r\n\r\n'],
      ['a request behind the last chunk', '5\r\nhello\r\n0\r\nGET / HTTP/1.1\r\n\r\n'],
      ['a folded field behind the body', '5\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n'],
    ] as const
  ).map(([name, body]) => ({ name, bytes: post(TE, body), refused: 400 })),
  {
    name: 'a chunk size with zeros in front, in capitals',
    bytes: post(TE, '00A\r\nhelloworld\r\n000\r\n\r\n'),
    body: 'helloworld',
    because: 'RFC 9112, 7.1: any hexadecimal digits',
  },
];

const HEADS: readonly FramingCase[] = [
  { name: 'no Host', bytes: get('GET / HTTP/1.1', ''), refused: 400 },
  { name: 'two Hosts', bytes: get('GET / HTTP/1.1', `${HOST}${HOST}`), refused: 400 },
  ...[
    '',
    'u@a.test',
    'a.test, b.test',
    'a.test b.test',
    'a.test/',
    'a.test:',
    'a.test:99999999',
    'a.test:x',
    'a.test#',
    'a?b',
    'a\\b',
    '[::1',
    '%61.test',
    'a.test:80:80',
    'http://a.test',
    '\xe4.test',
    '*',
  ].map((host) => ({
    name: `the Host ${JSON.stringify(host)}`,
    bytes: get('GET / HTTP/1.1', `Host: ${host}\r\n`),
    refused: 400,
  })),
  { name: 'a folded Host', bytes: get('GET / HTTP/1.1', 'Host:\r\n a.test\r\n'), refused: 400 },
  { name: 'an absolute form unlike Host', bytes: get('GET http://b.test/ HTTP/1.1'), refused: 400 },
  { name: 'an absolute form with user information', bytes: get('GET http://u@a.test/ HTTP/1.1'), refused: 400 },
  { name: 'an absolute form of another scheme', bytes: get('GET ftp://a.test/ HTTP/1.1'), refused: 400 },
  { name: 'an absolute form without a host', bytes: get('GET http:/// HTTP/1.1'), refused: 400 },
  { name: 'a CONNECT unlike Host', bytes: get('CONNECT b.test:443 HTTP/1.1'), refused: 400 },
  { name: 'a CONNECT without a port', bytes: get('CONNECT a.test HTTP/1.1'), refused: 400 },
  { name: 'a CONNECT to a path', bytes: get('CONNECT / HTTP/1.1'), refused: 400 },
  { name: 'a star that no OPTIONS asks for', bytes: get('GET * HTTP/1.1'), refused: 400 },
  { name: 'a target without its slash', bytes: get('GET index.html HTTP/1.1'), refused: 400 },
  { name: 'two spaces before the target', bytes: get('GET  / HTTP/1.1'), refused: 400 },
  { name: 'two spaces behind the target', bytes: get('GET /  HTTP/1.1'), refused: 400 },
  { name: 'a tab for a space', bytes: get('GET\t/\tHTTP/1.1'), refused: 400 },
  { name: 'a space in front of the method', bytes: get(' GET / HTTP/1.1'), refused: 400 },
  { name: 'a space behind the version', bytes: get('GET / HTTP/1.1 '), refused: 400 },
  { name: 'a space in the target', bytes: get('GET /a b HTTP/1.1'), refused: 400 },
  { name: 'a fragment in the target', bytes: get('GET /a#b HTTP/1.1'), refused: 400 },
  { name: 'a backslash in the target', bytes: get('GET /a\\b HTTP/1.1'), refused: 400 },
  { name: 'a byte over 127 in the target', bytes: get('GET /\xe4 HTTP/1.1'), refused: 400 },
  { name: 'a NUL in the target', bytes: get('GET /\0 HTTP/1.1'), refused: 400 },
  { name: 'a method with a character of none', bytes: get('GE(T / HTTP/1.1'), refused: 400 },
  { name: 'a request line of HTTP/0.9', bytes: get('GET /'), refused: 400 },
  { name: 'HTTP/2 in the request line', bytes: get('GET / HTTP/2.0'), refused: 505 },
  { name: 'HTTP/1.2 in the request line', bytes: get('GET / HTTP/1.2'), refused: 505 },
  { name: 'a version in small letters', bytes: get('GET / http/1.1'), refused: 400 },
  { name: 'a version with zeros', bytes: get('GET / HTTP/1.01'), refused: 400 },
  { name: 'pseudo-fields of HTTP/2', bytes: get('GET / HTTP/1.1', `${HOST}:method: POST\r\n`), refused: 400 },
  { name: 'a field without a name', bytes: get('GET / HTTP/1.1', `${HOST}: x\r\n`), refused: 400 },
  { name: 'a field without a colon', bytes: get('GET / HTTP/1.1', `${HOST}x\r\n`), refused: 400 },
  { name: 'a field name with a space', bytes: get('GET / HTTP/1.1', `${HOST}X Y: z\r\n`), refused: 400 },
  { name: 'a field with a NUL', bytes: get('GET / HTTP/1.1', `${HOST}X: \0\r\n`), refused: 400 },
  { name: 'a field with a bare CR', bytes: get('GET / HTTP/1.1', `${HOST}X: a\rb\r\n`), refused: 400 },
  { name: 'a field with a bare LF', bytes: get('GET / HTTP/1.1', `${HOST}X: a\nb\r\n`), refused: 400 },
  { name: 'a folded field', bytes: get('GET / HTTP/1.1', `${HOST}X: a\r\n b\r\n`), refused: 400 },
  { name: 'a head that ends in bare LFs', bytes: 'GET / HTTP/1.1\nHost: a.test\n\n', refused: 400 },
  { name: 'a head whose empty line is a bare LF', bytes: `GET / HTTP/1.1\r\n${HOST}\n`, refused: 400 },
  { name: 'white space in front of the first field', bytes: get('GET / HTTP/1.1', ` X: y\r\n${HOST}`), refused: 400 },
  { name: 'an expectation that is not known', bytes: get('GET / HTTP/1.1', `${HOST}Expect: 200-ok\r\n`), refused: 417 },
  {
    name: 'two expectations',
    bytes: get('GET / HTTP/1.1', `${HOST}Expect: 100-continue\r\nExpect: 100-continue\r\n`),
    refused: 400,
  },
  { name: 'two empty lines in front', bytes: `\r\n\r\n${get('GET / HTTP/1.1')}`, refused: 400 },
  {
    name: 'one empty line in front',
    bytes: `\r\n${get('GET / HTTP/1.1')}`,
    body: '',
    because: 'RFC 9112, 2.2: left over from a body of an old client',
  },
  {
    name: 'an absolute form, its Host in capitals and with the port of its scheme',
    bytes: get('GET http://a.test/ HTTP/1.1', 'Host: A.TEST:80\r\n'),
    body: '',
    because: 'RFC 3986, 6.2.2.1 and 6.2.3: it is the same host',
  },
];

export const REQUESTS: readonly FramingCase[] = [...TWO_FRAMINGS, ...LENGTHS, ...CODINGS, ...CHUNKED, ...HEADS];

function ok(fields: string, body = ''): string {
  return `HTTP/1.1 200 OK\r\n${fields}\r\n${body}`;
}

/** Replies to a GET. `refused` is what became of it on the wire; the client is told 502. */
export const REPLIES: readonly FramingCase[] = [
  { name: 'a length beside a coding', bytes: ok(`${CL}${TE}`, CHUNKS), refused: 502 },
  { name: 'two lengths that differ', bytes: ok(`${CL}Content-Length: 6\r\n`, 'hello!'), refused: 502 },
  { name: 'two lengths that do not differ', bytes: ok(`${CL}${CL}`, 'hello'), refused: 502 },
  { name: 'a length with a sign', bytes: ok('Content-Length: +5\r\n', 'hello'), refused: 502 },
  { name: 'a coding that is not known', bytes: ok('Transfer-Encoding: gzip, chunked\r\n', CHUNKS), refused: 502 },
  { name: 'a coding in HTTP/1.0', bytes: `HTTP/1.0 200 OK\r\n${TE}\r\n${CHUNKS}`, refused: 502 },
  { name: 'a bare LF in a field', bytes: ok('X: a\nSet-Cookie: b\r\n'), refused: 502 },
  { name: 'a bare CR in a field', bytes: ok('X: a\rSet-Cookie: b\r\n'), refused: 502 },
  { name: 'a NUL in a field', bytes: ok('X: a\0b\r\n'), refused: 502 },
  { name: 'a folded field', bytes: ok('X: a\r\n b\r\n'), refused: 502 },
  { name: 'a field with a space before its colon', bytes: ok('Content-Length : 5\r\n', 'hello'), refused: 502 },
  { name: 'a head in bare LFs', bytes: 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello', refused: 502 },
  { name: 'no head at all', bytes: 'hello\r\n\r\n', refused: 502 },
  { name: 'a version that is not spoken', bytes: 'HTTP/2.0 200 OK\r\n\r\n', refused: 502 },
  { name: 'a status of two digits', bytes: 'HTTP/1.1 20 OK\r\n\r\n', refused: 502 },
  { name: 'a status of four digits', bytes: 'HTTP/1.1 2000 OK\r\n\r\n', refused: 502 },
  { name: 'a status over 599', bytes: 'HTTP/1.1 999 OK\r\n\r\n', refused: 502 },
  { name: 'a status line with two spaces', bytes: 'HTTP/1.1  200 OK\r\n\r\n', refused: 502 },
  {
    name: 'an upgrade that nobody asked for',
    bytes: 'HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n',
    refused: 502,
  },
  { name: 'a chunk extension', bytes: ok(TE, '5;x\r\nhello\r\n0\r\n\r\n'), refused: 502 },
  { name: 'a chunk longer than its size', bytes: ok(TE, '4\r\nhello\r\n0\r\n\r\n'), refused: 502 },
  { name: 'a length behind the body', bytes: ok(TE, '5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n'), refused: 502 },
  { name: 'an endless row of interim replies', bytes: 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(17), refused: 502 },
  {
    name: 'interim replies, then the reply',
    bytes: `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${ok(CL, 'hello')}`,
    body: 'hello',
    because: 'RFC 9110, 15.2: they may come, and are passed over',
  },
  {
    name: 'no reason and no space before it',
    bytes: 'HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello',
    body: 'hello',
    because: 'some servers leave the space out (RFC 9112, 4 asks for it), and nothing else it could be',
  },
];
