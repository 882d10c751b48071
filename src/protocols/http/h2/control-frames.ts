import type { Http2Session } from 'node:http2';

/** More than any keep-alive or measuring of bandwidth sends in a minute. */
const MOST_IN_A_MINUTE = 600;

/** Calls `onFlood` where a peer sends more PING and SETTINGS frames than have a use (RFC 9113, 10.5). */
export function watchControlFrames(session: Http2Session, onFlood: () => void): void {
  let frames = 0;
  let minute: NodeJS.Timeout | undefined;
  const count = (): void => {
    minute ??= setInterval(() => {
      frames = 0;
    }, 60_000).unref();
    if (++frames === MOST_IN_A_MINUTE) onFlood();
  };
  session.on('ping', count);
  session.on('remoteSettings', count);
  session.once('close', () => clearInterval(minute));
}
