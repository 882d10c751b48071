import type { Http2Stream } from 'node:http2';
import { PeerLeft } from '../../../wire/peer-left.ts';

/** Up to so many bytes are copied rather than waited for. */
const COPIED_BYTES = 16 * 1024;

/**
 * Writes to a stream, which sends its bytes later: small ones as a copy, large ones with a promise that tells when they
 * may be used again.
 */
export function writeTo(stream: Http2Stream, bytes: Buffer): Promise<void> | undefined {
  if (bytes.length === 0) return undefined;
  if (stream.destroyed || stream.closed) return Promise.reject(new PeerLeft('the stream was closed'));
  if (bytes.length > COPIED_BYTES) return sent(stream, bytes);
  if (stream.write(Buffer.from(bytes))) return undefined;
  return sent(stream, NOTHING);
}

/** Ends a stream by the fields behind its body, where it is still there to be ended. */
export function sendTrailers(stream: Http2Stream, headers: Readonly<Record<string, string[]>>): void {
  if (!stream.destroyed && !stream.closed) stream.sendTrailers(headers);
}

const NOTHING = Buffer.alloc(0);

function sent(stream: Http2Stream, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    // A stream that is reset forgets whom it had to tell.
    const onClose = (): void => reject(new PeerLeft('the stream was closed'));
    stream.once('close', onClose);
    stream.write(bytes, (cause) => {
      stream.off('close', onClose);
      if (cause) reject(new PeerLeft('the stream broke', { cause }));
      else resolve();
    });
  });
}
