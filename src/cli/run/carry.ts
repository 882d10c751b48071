import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** What may wait to be sent, in each direction, before the other side is slowed down. */
const MAX_WAITING_BYTES = 256 * 1024;
const NOTHING = new Uint8Array(0);

/**
 * Moves bytes between a local connection and the WebSocket that carries it, both ways, until both are closed. An empty
 * message is the end of its direction (src/wire/websocket-stream.ts). Looks at nothing.
 */
export function carry(local: Socket, carrier: WebSocket): Promise<void> {
  sendLocal(local, carrier);
  sendRemote(local, carrier);
  const localClosed = new Promise<void>((resolve) => local.once('close', () => resolve()));
  const carrierClosed = new Promise<void>((resolve) => carrier.once('close', () => resolve()));
  // Whoever breaks off says so by closing, which is what counts.
  local.on('error', () => local.destroy());
  carrier.on('error', () => carrier.terminate());
  void localClosed.then(() => {
    if (carrier.isPaused) carrier.resume();
    carrier.close(1000);
  });
  void carrierClosed.then(() => {
    // What arrived before is still written.
    local.end(() => local.destroySoon());
  });
  local.resume();
  carrier.resume();
  return Promise.all([localClosed, carrierClosed]).then(() => undefined);
}

function sendLocal(local: Socket, carrier: WebSocket): void {
  const sent = (): void => {
    if (local.isPaused() && carrier.bufferedAmount < MAX_WAITING_BYTES) local.resume();
  };
  local.on('data', (bytes: Buffer) => {
    if (carrier.readyState !== carrier.OPEN) return;
    carrier.send(bytes, sent);
    if (carrier.bufferedAmount >= MAX_WAITING_BYTES) local.pause();
  });
  local.once('end', () => {
    if (carrier.readyState === carrier.OPEN) carrier.send(NOTHING);
  });
}

function sendRemote(local: Socket, carrier: WebSocket): void {
  carrier.on('message', (data: Buffer) => {
    if (local.writableEnded || local.destroyed) return;
    if (data.length === 0) local.end();
    else local.write(data);
    if (local.writableLength >= MAX_WAITING_BYTES) carrier.pause();
  });
  local.on('drain', () => {
    if (carrier.isPaused) carrier.resume();
  });
}
