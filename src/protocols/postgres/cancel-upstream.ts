import type { Socket } from 'node:net';
import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import { errorText } from '../upstream/error-text.ts';
import { cancelRequest } from './login-messages.ts';
import { withProgress } from './upstream-deadline.ts';
import { dialUpstream } from './upstream-dial.ts';
import type { UpstreamOptions } from './upstream-login.ts';

export type CancelOptions = Pick<UpstreamOptions, 'address' | 'tls' | 'credential' | 'deadlineMs'>;

/**
 * Asks a real server, over a connection of its own and with the TLS of the session's, to cancel what a session does
 * (PostgreSQL manual, 54.2.8). Resolves once the server has closed, which it does when it has passed the request on;
 * whether anything was cancelled it never says. Throws a `Fault`, or the signal's reason.
 */
export function cancelUpstream(
  options: CancelOptions,
  processId: number,
  secretKey: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const { address, tls, credential } = options;
  return withProgress(options.deadlineMs ?? LIMITS.upstreamConnectDeadlineMs, signal, async (progress) => {
    if (secretKey.length === 0) throw new Fault('upstream-protocol', 'the server gave no key to cancel with');
    const dialled = await dialUpstream({ address, tls, clientCertificate: credential.clientCertificate }, progress);
    progress.step = 'cancel';
    await sendAndAwaitClose(dialled.socket, cancelRequest(processId, secretKey));
  });
}

function sendAndAwaitClose(socket: Socket, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('close', () => {
      const cause = socket.errored;
      // A server that has taken the request may close with a reset; what had been written by then has arrived.
      if (cause === null || errorText(cause) === 'ECONNRESET') resolve();
      else reject(new Fault('upstream-closed', `the cancel request did not arrive: ${errorText(cause)}`, { cause }));
    });
    socket.resume();
    socket.write(request);
  });
}
