import type { RawRequest, Requests } from './protocol-under-test.ts';

export const CANARY = 'c4n4ry-7f3a';

export function request(what: string, ...fieldsAndBody: readonly string[]): RawRequest {
  const [method = '', target = ''] = what.split(' ');
  const body = fieldsAndBody.find((line) => line.startsWith('\n'))?.slice(1) ?? '';
  const fields = fieldsAndBody.filter((line) => !line.startsWith('\n')).map((line) => `${line}\r\n`);
  const head = `${method} ${target} HTTP/1.1\r\nhost: shop.test\r\n${fields.join('')}\r\n`;
  return { what: [what, ...fields].join(', '), bytes: Buffer.from(head + body, 'latin1'), readies: 1 };
}

export function raw(what: string, bytes: string, readies = 1): RawRequest {
  return { what, bytes: Buffer.from(bytes, 'latin1'), readies };
}

const get = (target: string, ...fields: readonly string[]): RawRequest => request(`GET ${target}`, ...fields);

const PIPELINED = 'GET /text HTTP/1.1\r\nhost: shop.test\r\n\r\n';

const CONVERSATION: readonly RawRequest[] = [
  get('/text'),
  get('/json', 'accept: application/json'),
  request('HEAD /json'),
  get('/chunked'),
  get('/trailers', 'te: trailers'),
  get('/none'),
  get('/unchanged', 'if-none-match: "1"'),
  get('/error'),
  get('/cookies', 'cookie: a=1; b=2'),
  get('/gzip'),
  get('/range', 'range: bytes=2-4'),
  get('/sse', 'accept: text/event-stream'),
  get('/missing?q=1%202&r'),
  get('/a/../text'),
  request('POST /a', 'content-type: application/json', 'content-length: 7', '\n{"a":1}'),
  request('POST /a', 'transfer-encoding: chunked', '\n3\r\none\r\n4\r\n two\r\n0\r\n\r\n'),
  request('PUT /a', 'expect: 100-continue', 'content-length: 3', '\nput'),
  request('OPTIONS /a'),
  raw('two at once', PIPELINED + PIPELINED, 2),
  get('/large?lines=300'),
  get('/text'),
];

const DENIED: readonly RawRequest[] = [
  request('DELETE /drop/keep'),
  request('DELETE /drop/keep', 'content-length: 4', '\nkeep'),
  request('DELETE /drop/keep', 'transfer-encoding: chunked', '\n4\r\nkeep\r\n0\r\n\r\n'),
  request('DELETE /drop/%6beep'),
  request('DELETE /x/../drop/keep'),
  request('DELETE http://shop.test/drop/keep'),
];

const HELD: readonly RawRequest[] = [
  request('PATCH /keep', 'content-type: application/json', 'content-length: 7', '\n{"a":1}'),
  request('PATCH /keep', 'transfer-encoding: chunked', '\n3\r\nall\r\n0\r\n\r\n'),
];

const UNKNOWN: readonly RawRequest[] = [request('FROB /keep'), request('get /keep'), request('PURGE /keep')];

const UNSUPPORTED: readonly RawRequest[] = [
  request('TRACE /keep'),
  request('OPTIONS *'),
  get('/a%2fkeep'),
  get('/a/..;/keep'),
  get('/../keep'),
  get('/%c0%ae%c0%ae/keep'),
];

const CANARIES: readonly RawRequest[] = [
  'json',
  'key',
  'problem',
  'text',
  'chunked',
  'untyped',
  'csv',
  'xml',
  'html',
  'field',
  'cookie',
  'redirect',
  'gzip',
  'sse',
  'trailer',
].map((shape) => get(`/canary/${shape}`, 'accept-encoding: gzip'));

export const MALFORMED: readonly RawRequest[] = [
  raw('text of another protocol', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'),
  raw(
    'a length and a coding',
    'POST / HTTP/1.1\r\nhost: shop.test\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n',
  ),
  raw('two lengths', 'POST / HTTP/1.1\r\nhost: shop.test\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\n'),
  raw('a folded line', 'GET / HTTP/1.1\r\nhost: shop.test\r\nx: a\r\n b\r\n\r\n'),
  raw('white space before a colon', 'GET / HTTP/1.1\r\nhost : shop.test\r\n\r\n'),
  raw('no host', 'GET / HTTP/1.1\r\n\r\n'),
  raw('two hosts', 'GET / HTTP/1.1\r\nhost: shop.test\r\nhost: evil.test\r\n\r\n'),
  raw('a bare line feed', 'GET / HTTP/1.1\nhost: shop.test\n\n'),
  raw('a NUL', 'GET /\0 HTTP/1.1\r\nhost: shop.test\r\n\r\n'),
  raw('a head that is too long', `GET / HTTP/1.1\r\nhost: shop.test\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`),
  raw('a version that is not there', 'GET / HTTP/3.0\r\nhost: shop.test\r\n\r\n'),
  raw('a thousand bytes of 255', `${'\xff'.repeat(1_000)}\r\n\r\n`),
];

const BROKEN_BODIES: readonly RawRequest[] = [
  raw('a chunk without a size', 'POST /a HTTP/1.1\r\nhost: shop.test\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'),
  raw('a chunk extension', 'POST /a HTTP/1.1\r\nhost: shop.test\r\ntransfer-encoding: chunked\r\n\r\n1;a=b\r\nx\r\n'),
];

export const REQUESTS: Requests = {
  conversation: CONVERSATION,
  permitted: get('/permitted'),
  permittedReached: /\/permitted/,
  denied: DENIED,
  deniedKind: 'delete',
  deniedReached: /drop/,
  held: HELD,
  heldKind: 'patch',
  heldReached: /PATCH \/keep/,
  marker: 'keep',
  tellsWaiting: false,
  unknown: UNKNOWN,
  unsupported: UNSUPPORTED,
  canaries: CANARIES,
  canary: CANARY,
  large: (bytes) => get(`/large?lines=${Math.ceil(bytes / 1_000)}`),
  hanging: get('/hanging'),
  garbage: { beforeLogin: MALFORMED, afterLogin: [...MALFORMED, ...BROKEN_BODIES] },
  codes: {
    badClaim: '407',
    noTarget: '403',
    denied: '403',
    withdrawn: '403',
    unrecorded: '503',
    upstreamUnavailable: '502',
    upstreamLost: 'broken off',
  },
};
