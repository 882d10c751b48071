import { END_HEADERS, END_STREAM, FRAME, frame, headerBlock, type RawFields } from '../support/h2-frames.ts';
import { MALFORMED, REQUESTS } from './http-requests.ts';
import { RAW_FRAMES } from './http2-client.ts';
import type { RawRequest, Requests } from './protocol-under-test.ts';

/** Higher than any that the client has used, and odd. */
const STREAM = 9_001;
const GET: RawFields = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'shop.test'],
  [':path', '/'],
];

function garbage(what: string, ...frames: readonly Buffer[]): RawRequest {
  return { what, bytes: Buffer.concat([Buffer.from(RAW_FRAMES), ...frames]), readies: 0 };
}

function headers(fields: RawFields, flags = END_HEADERS + END_STREAM): Buffer {
  return frame(FRAME.headers, flags, STREAM, headerBlock(fields));
}

const BROKEN: readonly RawRequest[] = [
  garbage('text of HTTP/1.1', Buffer.from('GET / HTTP/1.1\r\nhost: shop.test\r\n\r\n')),
  garbage('a name in capitals', headers([...GET, ['X-Upper', 'a']])),
  garbage('a field of the connection', headers([...GET, ['connection', 'close']])),
  garbage('a transfer coding', headers([...GET, ['transfer-encoding', 'chunked']])),
  garbage('two paths', headers([...GET, [':path', '/b']])),
  garbage('no path', headers(GET.slice(0, 3))),
  garbage('a length without a body', headers([...GET, ['content-length', '3']])),
  garbage(
    'a head that is too long',
    headers([...GET, ['x', 'x'.repeat(15_000)]], 0),
    ...Array.from({ length: 40 }, more),
  ),
  garbage('data of no stream', frame(FRAME.data, 0, STREAM, Buffer.from('x'))),
  garbage('a PING that is too short', frame(FRAME.ping, 0, 0, Buffer.alloc(7))),
  garbage('what goes on with nothing', more()),
  garbage('a push of the client', frame(5, END_HEADERS, STREAM, Buffer.concat([Buffer.alloc(4, 2), headerBlock(GET)]))),
];

function more(): Buffer {
  return frame(FRAME.continuation, 0, STREAM, headerBlock([['x', 'x'.repeat(15_000)]]));
}

/** The same as over HTTP/1.1, but for what cannot be said in frames, or only in frames. */
export const HTTP2_REQUESTS: Requests = {
  ...REQUESTS,
  garbage: { beforeLogin: MALFORMED, afterLogin: BROKEN },
};
