import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, constants, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { httpTarget, startHttpGateway } from '../../../test/support/http-gateway.ts';
import { RawHttp } from '../../../test/support/raw-http.ts';
import { until } from '../../../test/support/until.ts';

const PIECE = Buffer.alloc(16 * 1024, 'x');
const CHUNK = Buffer.concat([Buffer.from(`${PIECE.length.toString(16)}\r\n`), PIECE, Buffer.from('\r\n')]);
const SAID = 'that is too much';

describe('a server that answers before it has the whole body, and takes no more', () => {
  for (const version of ['1.1', '2'] as const) {
    test(`is heard by a client of HTTP/1.1, over HTTP/${version}`, async () => {
      await using server = await (version === '2' ? hastyHttp2() : hastyHttp1());
      await using gateway = await gatewayTo(server.port, version);
      const { user, password } = await gateway.grant();
      await using client = await RawHttp.connect({ host: '127.0.0.1', port: gateway.port });
      const head = `POST /t/api/up HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${user}.${password}\r\n`;
      client.send(Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n`));
      const reply = client.reply();
      const sending = sendUntil(reply, () => client.send(CHUNK));
      const { status, body } = (await reply) ?? assert.fail('the connection ended without a reply');
      await sending;
      assert.deepEqual([status, body.toString()], [413, SAID]);
      assert.deepEqual(gateway.faults, []);
    });

    test(`is heard by a client of HTTP/2, over HTTP/${version}, whose connection goes on`, async () => {
      await using server = await (version === '2' ? hastyHttp2() : hastyHttp1());
      await using gateway = await gatewayTo(server.port, version);
      const { user, password } = await gateway.grant();
      await using parts = new AsyncDisposableStack();
      const session = connect(`http://127.0.0.1:${gateway.port}`);
      parts.defer(() => session.destroy());
      for (let round = 0; round < 2; round++) {
        const authorization = `Bearer ${user}.${password}`;
        const stream = session.request({ ':method': 'POST', ':path': '/t/api/up', authorization });
        stream.on('error', () => undefined);
        const response = once(stream, 'response') as Promise<[{ readonly ':status': number }]>;
        const pieces: Buffer[] = [];
        stream.on('data', (piece: Buffer) => pieces.push(piece));
        const sending = sendUntil(response, () => stream.writable && !stream.writableNeedDrain && stream.write(PIECE));
        const [headers] = await response;
        await sending;
        await until(async () => stream.closed && Buffer.concat(pieces).length === SAID.length);
        assert.deepEqual([headers[':status'], Buffer.concat(pieces).toString()], [413, SAID]);
        assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
        stream.destroy();
      }
      assert.deepEqual(gateway.faults, []);
    });
  }
});

function gatewayTo(port: number, version: '1.1' | '2') {
  return startHttpGateway({
    targets: [httpTarget({ host: '127.0.0.1', port }, { http: { basePath: '', hosts: [], version } })],
  });
}

/** Goes on for as long as nothing was heard, and a little longer. */
async function sendUntil(heard: Promise<unknown>, send: () => unknown): Promise<void> {
  let isHeard = false;
  void heard.finally(() => (isHeard = true)).catch(() => undefined);
  for (let after = 0; after < 5; after += isHeard ? 1 : 0) {
    send();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Answers to the first bytes of a body, and closes a turn later with what it was sent unread, which resets the connection. */
async function hastyHttp1() {
  const server = createServer((socket) => {
    let seen = '';
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      seen += bytes.toString('latin1');
      if (seen.length < 1_000) return;
      socket.pause();
      const reply = `HTTP/1.1 413 No\r\ncontent-length: ${SAID.length}\r\nconnection: close\r\n\r\n${SAID}`;
      socket.write(reply, () => setImmediate(() => socket.destroy()));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: async () => void server.close() };
}

async function hastyHttp2() {
  const server = createHttp2Server();
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    stream.once('data', () => {
      stream.respond({ ':status': 413 });
      stream.end(SAID, () => stream.close(constants.NGHTTP2_NO_ERROR));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: async () => void server.close() };
}
