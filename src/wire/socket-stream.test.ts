import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { ReadBuffers } from './read-buffers.ts';
import { SocketStream } from './socket-stream.ts';

test('what was handed out as a view stays as it is after its connection ended, whoever reads then', async () => {
  await using parts = new AsyncDisposableStack();
  const server = createServer();
  parts.adopt(server, (one) => void one.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const buffers = new RememberingBuffers(64 * 1024);
  const pair = async (): Promise<{ readonly stream: SocketStream; readonly peer: Socket }> => {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const socket = connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    const [peer] = await accepted;
    // What it has not sent when its reader goes is lost.
    peer.on('error', () => undefined);
    parts.defer(() => void peer.destroy());
    return { stream: SocketStream.over(socket, { maxAheadBytes: 1024 * 1024, bulkViews: true, buffers }), peer };
  };
  /** A bulk read: a view of a buffer that was lent, which is so once one large read came before. */
  const bulk = async ({ stream, peer }: Awaited<ReturnType<typeof pair>>, byte: number): Promise<Buffer> => {
    peer.write(Buffer.alloc(16 * 1024 * 1024, byte));
    for (;;) {
      const bytes = (await stream.read()) ?? assert.fail('the stream ended');
      if (buffers.lent.has(bytes.buffer)) return bytes;
    }
  };
  const first = await pair();
  const view = await bulk(first, 1);
  assert.ok(view.every((byte) => byte === 1));
  first.stream.destroy();
  const second = await pair();
  await bulk(second, 2);
  assert.ok(view.every((byte) => byte === 1));
  second.stream.destroy();
});

/** Knows which memory it lent: a copy looks the same. */
class RememberingBuffers extends ReadBuffers {
  readonly lent = new Set<ArrayBufferLike>();

  override lease(): Buffer {
    const buffer = super.lease();
    this.lent.add(buffer.buffer);
    return buffer;
  }
}
