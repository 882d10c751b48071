import type { Http2Session } from 'node:http2';

/**
 * Destroys a session in a turn of its own. Where that happens while nghttp2 still reads what arrived, which any of its
 * events and any promise that one of them settled is part of, Node ends the process (nodejs/node, issue 64850).
 */
export function destroySession(session: Http2Session): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      session.destroy();
      resolve();
    });
  });
}
