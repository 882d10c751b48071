import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { ByteStream } from '../../src/wire/byte-stream.ts';
import { ReadBuffers } from '../../src/wire/read-buffers.ts';
import { SocketStream } from '../../src/wire/socket-stream.ts';

const BUFFERS = new ReadBuffers(64 * 1024);

export interface StreamPair extends AsyncDisposable {
  /** The side that is tested. */
  readonly stream: ByteStream;
  /** The other side, raw. */
  readonly peer: Socket;
  /** All that the peer was sent, latin1, as soon as it has `enough` of it; or at its end. */
  received(enough?: (text: string) => boolean): Promise<string>;
}

/** Two ends of one TCP connection. */
export async function streamPair(options: { readonly bulkViews?: boolean } = {}): Promise<StreamPair> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const peer = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  const [socket] = await accepted;
  server.close();
  const stream = streamOver(socket, options.bulkViews ?? false);
  let text = '';
  let ended = false;
  let onMore: (() => void) | undefined;
  peer.setNoDelay(true);
  peer.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
    onMore?.();
  });
  // Whichever way it ends is an end; the tests look at what came before.
  peer.on('error', () => undefined);
  peer.on('close', () => {
    ended = true;
    onMore?.();
  });
  return {
    stream,
    peer,
    async received(enough = () => false) {
      while (!ended && !enough(text)) {
        await new Promise<void>((resolve) => {
          onMore = resolve;
        });
      }
      return text;
    },
    async [Symbol.asyncDispose]() {
      peer.destroy();
      await stream[Symbol.asyncDispose]();
    },
  };
}

/** As the gateway makes them: of clients without views, of targets with them. */
export function streamOver(socket: Socket, bulkViews: boolean): ByteStream {
  return SocketStream.over(socket, { maxAheadBytes: 256 * 1024, bulkViews, buffers: BUFFERS });
}
