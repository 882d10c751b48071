import { constants, type Http2Session } from 'node:http2';
import { destroySession } from './destroy-session.ts';

/** More PING and SETTINGS frames than any keep-alive or measuring of bandwidth sends in a minute. */
const CONTROL_FRAMES_IN_A_MINUTE = 600;

/** Gives what counts one more of what a peer may do so often in a minute; one too many ends the connection. */
export function floodGuard(session: Http2Session, mostInAMinute: number, onFlood?: () => void): () => void {
  let count = 0;
  let minute: NodeJS.Timeout | undefined;
  session.once('close', () => clearInterval(minute));
  return () => {
    minute ??= setInterval(() => {
      count = 0;
    }, 60_000).unref();
    if (++count !== mostInAMinute + 1) return;
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    void destroySession(session);
    onFlood?.();
  };
}

/** RFC 9113, 10.5: frames that ask for an answer and are for nothing else. */
export function guardControlFrames(session: Http2Session): void {
  const count = floodGuard(session, CONTROL_FRAMES_IN_A_MINUTE);
  session.on('ping', count);
  session.on('remoteSettings', count);
}
