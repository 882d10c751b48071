import type { ByteStream } from '../../wire/byte-stream.ts';
import { H1ServerConnection } from './h1/server-connection.ts';
import { H2ServerConnection, type H2ServerOptions } from './h2/server-connection.ts';
import type { ServerConnection } from './message.ts';

/** RFC 9113, 3.4: what a client of HTTP/2 sends first. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/**
 * Finds out what a client speaks: what ALPN agreed on, or on a connection without, HTTP/2 where it begins with its preface
 * and HTTP/1.1 where it does not. Nothing that was read is lost. A client that says nothing is waited for until it leaves.
 */
export async function openServerConnection(stream: ByteStream, options: H2ServerOptions): Promise<ServerConnection> {
  const isH2 = stream.alpn === undefined ? await startsWithPreface(stream) : stream.alpn === 'h2';
  return isH2 ? new H2ServerConnection(stream, options) : new H1ServerConnection(stream, options.limits);
}

async function startsWithPreface(stream: ByteStream): Promise<boolean> {
  let seen: Buffer = Buffer.alloc(0);
  for (;;) {
    const bytes = await stream.read();
    if (bytes !== null) seen = seen.length === 0 ? Buffer.from(bytes) : Buffer.concat([seen, bytes]);
    const length = Math.min(seen.length, PREFACE.length);
    const agrees = seen.subarray(0, length).equals(PREFACE.subarray(0, length));
    if (bytes !== null && agrees && length < PREFACE.length) continue;
    if (seen.length > 0) stream.unread(seen);
    return bytes !== null && agrees;
  }
}
