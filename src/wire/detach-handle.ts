import type { Socket } from 'node:net';

/**
 * Takes the libuv handle out of a socket. `_handle` is not a documented property; where it is missing the caller
 * falls back to `data` events, which cost an allocation a read and nothing else.
 */
export function detachHandle(socket: Socket): { readonly handle: object | undefined } {
  const inner = socket as unknown as { _handle: object | null };
  const handle = inner._handle ?? undefined;
  if (handle === undefined) return { handle };
  inner._handle = null;
  socket.removeAllListeners();
  socket.on('error', ignoreAfterDetach);
  socket.destroy();
  return { handle };
}

/** A socket without its handle has nothing to report: its successor has it. */
function ignoreAfterDetach(): void {}
