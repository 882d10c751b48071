import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { carry } from './carry.ts';

describe('a carried connection', () => {
  let sockets: WebSocketServer;
  before(async () => {
    sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    await once(sockets, 'listening');
  });
  after(() => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  });

  /** A client, the gateway's end, and between them what is tested. */
  async function carried(): Promise<{ client: Socket; gateway: WebSocket; over: Promise<void> }> {
    const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const accepted = once(listener, 'connection') as Promise<[Socket]>;
    const client = connect({
      host: '127.0.0.1',
      port: (listener.address() as AddressInfo).port,
      allowHalfOpen: true,
    });
    const [local] = await accepted;
    listener.close();
    const arrived = once(sockets, 'connection') as Promise<[WebSocket]>;
    const carrier = new WebSocket(`ws://127.0.0.1:${(sockets.address() as AddressInfo).port}/`);
    const [[gateway]] = await Promise.all([arrived, once(carrier, 'open')]);
    return { client, gateway, over: carry(local, carrier) };
  }

  test('goes on in one direction when the other has ended, and is over when both have', async () => {
    const { client, gateway, over } = await carried();
    const heard: string[] = [];
    const halfClosed = new Promise<void>((resolve) => {
      gateway.on('message', (data: Buffer) => (data.length === 0 ? resolve() : void heard.push(data.toString())));
    });
    client.end('the last words');
    await halfClosed;
    assert.equal(heard.join(''), 'the last words');
    gateway.send(Buffer.from('an answer'));
    gateway.send(new Uint8Array(0));
    gateway.close(1000);
    let answer = '';
    for await (const bytes of client) answer += String(bytes);
    assert.equal(answer, 'an answer');
    await over;
  });

  test('a client that does not read slows the gateway down, and gets every byte in the end', async () => {
    const { client, gateway, over } = await carried();
    client.pause();
    const sent = randomBytes(64 * 1024);
    const [pieces, hash] = [400, createHash('sha256')];
    for (let i = 0; i < pieces; i++) {
      gateway.send(sent);
      hash.update(sent);
    }
    gateway.close(1000);
    // Kernels hold some megabytes; a pipe that held all of it would leave nothing here.
    let last = -1;
    while (last !== gateway.bufferedAmount) {
      last = gateway.bufferedAmount;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok(last > 4 * 1024 * 1024, `${last} bytes wait at the gateway`);
    const received = createHash('sha256');
    for await (const bytes of client) received.update(bytes as Buffer);
    assert.equal(received.digest('hex'), hash.digest('hex'));
    client.destroy();
    await over;
  });

  test('a gateway that does not read slows the client down, and gets every byte in the end', async () => {
    const { client, gateway, over } = await carried();
    gateway.pause();
    const sent = randomBytes(24 * 1024 * 1024);
    const expected = createHash('sha256').update(sent).digest('hex');
    const written = new Promise<void>((resolve) => client.end(sent, () => resolve()));
    let last = -1;
    while (last !== client.writableLength) {
      last = client.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok(last > 0, 'the client could send all of it');
    const received = createHash('sha256');
    const ended = new Promise<void>((resolve) => {
      gateway.on('message', (data: Buffer) => (data.length === 0 ? resolve() : void received.update(data)));
    });
    gateway.resume();
    await Promise.all([written, ended]);
    assert.equal(received.digest('hex'), expected);
    gateway.close(1000);
    await over;
    client.destroy();
  });

  test('either end that breaks off takes the other along', async () => {
    for (const broken of ['client', 'gateway'] as const) {
      const { client, gateway, over } = await carried();
      client.on('error', () => undefined);
      const others = broken === 'client' ? once(gateway, 'close') : once(client.resume(), 'end');
      if (broken === 'client') client.resetAndDestroy();
      else gateway.terminate();
      await others;
      client.destroy();
      await over;
    }
  });
});
