import { connect, type Socket } from 'node:net';
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import { errorText } from './error-text.ts';

export type SocketAddress =
  | { readonly host: string; readonly port: number }
  /** Of a Unix socket. */
  | { readonly path: string };

/** Connects to a real server; the socket is paused, and destroyed where the signal aborts. Throws `upstream-unreachable`. */
export function openSocket(address: SocketAddress, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const socket =
    'path' in address
      ? connect(address)
      : connect({ ...address, autoSelectFamilyAttemptTimeout: LIMITS.upstreamAddressAttemptMs });
  const abort = () => socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', abort));
  // The socket's owner reads errors off `close` and `errored`; one that comes late must not end the process.
  socket.on('error', () => {});
  return new Promise((resolve, reject) => {
    const onClose = () => {
      if (signal.aborted) reject(signal.reason as Error);
      const cause = socket.errored ?? undefined;
      reject(new Fault('upstream-unreachable', `cannot connect to the server: ${errorText(cause)}`, { cause }));
    };
    socket.once('close', onClose);
    socket.once('connect', () => {
      socket.off('close', onClose);
      socket.setNoDelay(true);
      socket.setKeepAlive(true, LIMITS.upstreamKeepAliveMs);
      socket.pause();
      resolve(socket);
    });
  });
}
