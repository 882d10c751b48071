import type { WebSocket } from 'ws';

/**
 * Pings the peer (RFC 6455, 5.5.2), which keeps the proxies in between from closing a quiet connection, and ends the
 * connection of a peer that answered none since the last. Ends with the connection.
 */
export function keepAlive(socket: WebSocket, everyMs: number): void {
  let answered = true;
  const timer = setInterval(() => {
    // Nothing is read of a peer that is too far ahead, its answers included.
    if (socket.isPaused) answered = true;
    if (!answered) return socket.terminate();
    answered = socket.isPaused;
    if (socket.readyState === socket.OPEN) socket.ping();
  }, everyMs);
  timer.unref();
  socket.on('pong', () => {
    answered = true;
  });
  socket.once('close', () => clearInterval(timer));
}
