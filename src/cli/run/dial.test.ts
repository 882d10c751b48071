import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Secret } from '../../model/secret.ts';
import { ApiClient } from '../api-client.ts';
import { CliError } from '../cli-error.ts';
import { openDoor } from './dial.ts';
import { RunKey } from './run-key.ts';

/** Something that answers requests for WebSockets in its own way. */
async function dialed(answer: (attempt: number) => { status: number; type: string; text: string; retry?: string }) {
  let attempts = 0;
  const server = createServer();
  server.on('upgrade', (_request, socket) => {
    // Whoever was answered may leave before the end.
    socket.on('error', () => undefined);
    const { status, type, text, retry } = answer(++attempts);
    const more = retry === undefined ? '' : `Retry-After: ${retry}\r\n`;
    const head = `HTTP/1.1 ${status} Whatever\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`;
    socket.end(`${head}${more}Connection: close\r\n\r\n${text}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const api = ApiClient.find({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, {});
    const grant = { id: 'grt_1', secret: new Secret('s'), key: await RunKey.generate(Date.now) };
    const error: unknown = await openDoor(api, grant)
      .dial('/v1/carrier/shop')
      .catch((cause: unknown) => cause);
    assert.ok(error instanceof CliError, String(error));
    return { error, attempts };
  } finally {
    server.close();
  }
}

test('a proxy that takes no WebSockets is told from the gateway, and what to do then', async () => {
  const { error } = await dialed(() => ({ status: 200, type: 'text/html', text: '<p>welcome' }));
  assert.deepEqual(
    [error.exitCode, error.message, error.hint],
    [
      69,
      'no WebSocket could be opened: something answered 200',
      'A proxy on the way may not let WebSockets through. `--direct` connects to the native ports instead.',
    ],
  );
});

test("the gateway's own no is said in its words, made harmless for a terminal", async () => {
  const text = JSON.stringify({
    title: 'Refused',
    status: 403,
    code: 'grant-revoked',
    detail: 'It was \u001b[31mrevoked.',
  });
  const { error } = await dialed(() => ({ status: 403, type: 'application/problem+json', text }));
  assert.deepEqual([error.exitCode, error.message], [77, 'It was \\e[31mrevoked. (grant-revoked)']);
});

test('too many at once is tried again, and not for ever', async () => {
  const { error, attempts } = await dialed((attempt) =>
    attempt < 3
      ? { status: 429, type: 'application/problem+json', text: '{}', retry: '0' }
      : { status: 403, type: 'application/problem+json', text: '{"title":"No"}' },
  );
  assert.deepEqual([attempts, error.message], [3, 'No']);
});

test('an answer that never ends is not read to its end', async () => {
  const { error } = await dialed(() => ({ status: 500, type: 'text/plain', text: 'x'.repeat(1024 * 1024) }));
  assert.equal(error.message, 'no WebSocket could be opened: something answered 500');
});

test('of many at once each gets its turn, and a gateway is asked by a few at a time', async () => {
  let asking = 0;
  let most = 0;
  const server = createServer();
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => undefined);
    most = Math.max(most, ++asking);
    setImmediate(() => {
      asking--;
      socket.end('HTTP/1.1 200 Whatever\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const api = ApiClient.find({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, {});
    const grant = { id: 'grt_1', secret: new Secret('s'), key: await RunKey.generate(Date.now) };
    const door = openDoor(api, grant);
    const all = await Promise.allSettled(Array.from({ length: 100 }, () => door.dial('/v1/carrier/shop')));
    assert.deepEqual(
      all.map(({ status }) => status),
      Array.from({ length: 100 }, () => 'rejected'),
    );
    assert.ok(most >= 1 && most <= 16, `${most} at once`);
  } finally {
    server.close();
  }
});
