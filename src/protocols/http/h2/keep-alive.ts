import type { Http2Session } from 'node:http2';
import { destroySession } from './destroy-session.ts';

/**
 * Pings a client (RFC 9113, 6.7), and ends the connection of one that answered none since the last: a session that was
 * told nonsense may read no more, and then does not notice that its client has left. Milliseconds.
 */
export function keepAlive(session: Http2Session, everyMs: number): void {
  let answered = true;
  const timer = setInterval(() => {
    if (!answered) {
      void destroySession(session);
      return;
    }
    answered = false;
    if (session.destroyed) return;
    session.ping((fault) => {
      answered ||= fault === null;
    });
  }, everyMs).unref();
  session.once('close', () => clearInterval(timer));
}
