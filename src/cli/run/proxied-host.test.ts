import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { proxiedHost, readFirstLine } from './proxied-host.ts';

test('the host is that of a tunnel or of the absolute form, in lower case and without its port', () => {
  for (const [line, host] of [
    ['CONNECT API.example.com:443 HTTP/1.1', 'api.example.com'],
    ['CONNECT api.example.com.:443 HTTP/1.1', 'api.example.com'],
    ['GET http://api.example.com/a?b HTTP/1.1', 'api.example.com'],
    ['GET http://user@api.example.com:80 HTTP/1.0', 'api.example.com'],
    ['GET /a HTTP/1.1', undefined],
    ['GET https://api.example.com/ HTTP/1.1', undefined],
    ['CONNECT  HTTP/1.1', undefined],
    ['', undefined],
  ] as const) {
    assert.equal(proxiedHost(line), host, line);
  }
});

test('the first line is read however it comes, and stays to be read', async () => {
  await withSockets(async (client, served) => {
    client.write('CONNECT a.ex');
    const reading = readFirstLine(served);
    client.write('ample:443 HTTP/1.1\r\nhost: a\r\n\r\nmore');
    assert.equal(await reading, 'CONNECT a.example:443 HTTP/1.1');
    client.end();
    let all = '';
    for await (const piece of served) all += String(piece);
    assert.equal(all, 'CONNECT a.example:443 HTTP/1.1\r\nhost: a\r\n\r\nmore');
  });
});

test('who leaves before, or never ends the line, is nobody', async () => {
  await withSockets(async (client, served) => {
    const reading = readFirstLine(served);
    client.end('CONN');
    await assert.rejects(reading, /left before/);
  });
  await withSockets(async (client, served) => {
    const reading = readFirstLine(served);
    client.write('x'.repeat(20_000));
    await assert.rejects(reading, /too long/);
  });
});

async function withSockets(use: (client: Socket, served: Socket) => Promise<void>): Promise<void> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [served] = await accepted;
  try {
    await use(client, served);
  } finally {
    client.destroy();
    served.destroy();
    server.close();
  }
}
