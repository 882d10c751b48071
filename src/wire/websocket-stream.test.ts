import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { PeerLeft } from './peer-left.ts';
import { WebSocketStream } from './websocket-stream.ts';

const AHEAD = 64 * 1024;

describe('a stream over a WebSocket', () => {
  let http: Server;
  let sockets: WebSocketServer;
  before(async () => {
    http = createServer();
    sockets = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: 256 * 1024 });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
  });
  after(() => {
    for (const socket of sockets.clients) socket.terminate();
    http.close();
  });

  /** Our end and the peer's, which is a bare WebSocket. */
  async function pair(pingMs = 60_000): Promise<{ stream: WebSocketStream; peer: WebSocket }> {
    const accepted = once(sockets, 'connection') as Promise<[WebSocket]>;
    const peer = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/`);
    const [socket] = await accepted;
    const stream = new WebSocketStream(socket, {
      peer: '127.0.0.1:1',
      maxAheadBytes: AHEAD,
      maxMessageBytes: 256 * 1024,
      pingMs,
    });
    await once(peer, 'open');
    return { stream, peer };
  }

  test('gives the bytes of messages in their order, however they were cut', async () => {
    const { stream, peer } = await pair();
    const sent = randomBytes(300_000);
    for (let at = 0; at < sent.length; at += 7_001) peer.send(sent.subarray(at, at + 7_001));
    peer.send(new Uint8Array(0));
    const received: Buffer[] = [];
    for (let bytes = await stream.read(); bytes !== null; bytes = await stream.read()) received.push(bytes);
    assert.equal(hash(Buffer.concat(received)), hash(sent));
    assert.equal(stream.signal.aborted, true);
  });

  test('what came in one read with the end is read before the peer is gone', async () => {
    const { stream, peer } = await pair();
    const reading = stream.read();
    const { _socket: tcp } = peer as unknown as { readonly _socket: Socket };
    tcp.cork();
    peer.send(Buffer.from('goodbye'));
    peer.send(new Uint8Array(0));
    tcp.uncork();
    assert.equal(String(await reading), 'goodbye');
    // A few turns of promises: what a codec takes to read a message and to close its session.
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    assert.equal(stream.signal.aborted, false);
    assert.equal(await stream.read(), null);
    assert.equal(stream.signal.aborted, true);
    peer.terminate();
  });

  test('cuts what it writes into messages that the peer takes, and an empty write is none', async () => {
    const { stream, peer } = await pair();
    const sizes: number[] = [];
    const whole = createHash('sha256');
    const ended = new Promise<void>((resolve) => {
      peer.on('message', (data: Buffer) => {
        if (data.length === 0) return resolve();
        sizes.push(data.length);
        whole.update(data);
      });
    });
    const sent = randomBytes(600_000);
    await stream.write(new Uint8Array(0));
    await stream.write(sent);
    await stream.end();
    await ended;
    assert.deepEqual(sizes, [262_144, 262_144, 75_712]);
    assert.equal(whole.digest('hex'), hash(sent));
  });

  test('takes so much ahead of its reader and no more, says that it stalled, and goes on when somebody reads', async () => {
    const { stream, peer } = await pair();
    let stalled = 0;
    stream.onStall(() => stalled++);
    const piece = randomBytes(32 * 1024);
    const pieces = 400;
    for (let i = 0; i < pieces; i++) peer.send(piece);
    // The kernel takes some megabytes at most; the rest waits at the sender for as long as nobody reads.
    const waiting = await settled(() => peer.bufferedAmount);
    assert.ok(waiting > 2 * 1024 * 1024, `${waiting} bytes wait at the sender`);
    assert.ok(stalled >= 1);
    let received = 0;
    while (received < pieces * piece.length) received += (await stream.read())?.length ?? 0;
    assert.equal(received, pieces * piece.length);
    peer.terminate();
  });

  test('a write waits for a peer that does not read', async () => {
    const { stream, peer } = await pair();
    peer.pause();
    let writes = 0;
    let pending: Promise<void> | undefined;
    while (pending === undefined && writes < 1_000) {
      pending = stream.write(Buffer.alloc(256 * 1024));
      writes++;
    }
    assert.ok(pending !== undefined);
    let isDone = false;
    const done = pending.then(() => {
      isDone = true;
    });
    await settled(() => (peer as unknown as { _socket: Socket })._socket.bytesRead);
    assert.equal(isDone, false);
    peer.resume();
    await done;
    peer.terminate();
  });

  test('a peer that leaves, breaks off or talks text ends it', async () => {
    for (const leave of [
      (peer: WebSocket) => peer.close(1000),
      (peer: WebSocket) => peer.terminate(),
      (peer: WebSocket) => peer.send('text'),
      (peer: WebSocket) => peer.send(Buffer.alloc(256 * 1024 + 1)),
    ]) {
      const { stream, peer } = await pair();
      peer.on('error', () => undefined);
      const left = once(stream.signal, 'abort');
      leave(peer);
      await left;
      assert.ok(stream.signal.reason instanceof PeerLeft);
      await stream.end();
    }
  });

  test('a peer that answers no pings is gone', async () => {
    const { stream, peer } = await pair(30);
    (peer as unknown as { _socket: Socket })._socket.pause();
    await once(stream.signal, 'abort');
    peer.terminate();
  });

  test('what was given back comes first', async () => {
    const { stream, peer } = await pair();
    peer.send(Buffer.from('world'));
    assert.equal(String(await stream.read()), 'world');
    stream.unread(Buffer.from('hello '));
    peer.send(Buffer.from('!'));
    assert.equal(String(await stream.read()), 'hello ');
    assert.equal(String(await stream.read()), '!');
    peer.terminate();
  });
});

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Resolves with a number once it has been the same for a while. */
async function settled(read: () => number): Promise<number> {
  let last = read();
  for (let same = 0; same < 10; ) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const now = read();
    same = now === last ? same + 1 : 0;
    last = now;
  }
  return last;
}
