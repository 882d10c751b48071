import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { PERMIT_ALL, type TestGateway } from '../../../test/support/gateway.ts';
import { httpTarget, startHttpGateway } from '../../../test/support/http-gateway.ts';
import { recorded } from '../../../test/support/recorded.ts';
import { FrameReader, frameBytes, MessageJoiner, OPCODE } from './websocket-frames.ts';

describe('frames', () => {
  const FRAMES = [0, 1, 125, 126, 127, 65_535, 65_536].map((length) => ({
    fin: true,
    opcode: OPCODE.binary,
    payload: Buffer.alloc(length, 'x'),
  }));

  test('are read as they were written, masked and not, whole and byte by byte', () => {
    for (const key of [undefined, Buffer.from([1, 2, 3, 4])]) {
      const bytes = Buffer.concat(FRAMES.map((frame) => frameBytes(frame, key)));
      assert.deepEqual(new FrameReader({ masked: key !== undefined }).push(bytes), FRAMES);
      const short = frameBytes(FRAMES[3] ?? assert.fail(), key);
      const reader = new FrameReader({ masked: key !== undefined });
      const read = [...short].flatMap((byte) => reader.push(Buffer.from([byte])));
      assert.deepEqual(read, [FRAMES[3]]);
    }
  });

  const BROKEN: readonly (readonly [what: string, bytes: readonly number[]])[] = [
    ['a bit of an extension', [0xc1, 0x80, 0, 0, 0, 0]],
    ['an opcode that is none', [0x83, 0x80, 0, 0, 0, 0]],
    ['no mask of a client', [0x81, 0x00]],
    ['a control frame in parts', [0x09, 0x80, 0, 0, 0, 0]],
    ['a long control frame', [0x89, 0xfe, 0, 126]],
    ['a length of 2 GB', [0x82, 0xff, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]],
    ['a length of 63 bits', [0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0]],
  ];
  for (const [what, bytes] of BROKEN) {
    test(`with ${what} are refused`, () => {
      assert.throws(() => new FrameReader({ masked: true }).push(Buffer.from(bytes)), { name: 'MalformedHttp' });
    });
  }

  test('of one message are joined, and a ping between them passes', () => {
    const joiner = new MessageJoiner();
    const piece = (fin: boolean, opcode: number, text: string) =>
      joiner.push({ fin, opcode, payload: Buffer.from(text) });
    assert.equal(piece(false, OPCODE.text, 'a'), undefined);
    assert.equal(piece(true, OPCODE.ping, 'p')?.opcode, OPCODE.ping);
    assert.equal(piece(false, OPCODE.continuation, 'b'), undefined);
    assert.deepEqual(piece(true, OPCODE.continuation, 'c'), {
      fin: true,
      opcode: OPCODE.text,
      payload: Buffer.from('abc'),
    });
    assert.throws(() => piece(true, OPCODE.continuation, 'd'), { name: 'MalformedHttp' });
  });
});

describe('a WebSocket through the gateway', () => {
  test('carries messages both ways, on record, and ends when either side ends it', async () => {
    await using server = await echo();
    await using gateway = await startHttpGateway({ targets: [httpTarget(server)] });
    const socket = await open(gateway, 'chat');
    assert.equal(socket.protocol, 'chat');
    const long = 'z'.repeat(200_000);
    for (const text of ['one', long]) {
      socket.send(text);
      const [said] = (await once(socket, 'message')) as [Buffer];
      assert.equal(String(said), `echo ${text}`);
    }
    socket.close(1000, 'enough');
    const [code] = (await once(socket, 'close')) as [number];
    assert.equal(code, 1000);
    assert.equal(server.headers?.['authorization'], 'Bearer target-token');
    assert.equal(server.headers?.['sec-websocket-extensions'], undefined);
    const kept = await until(gateway, 'reply');
    const inputs = kept.filter(({ event }) => event.kind === 'input').map(({ body }) => body);
    const said = Buffer.concat(inputs).toString('latin1');
    assert.ok(said.includes('one') && said.includes(long), 'what the client said is on record as it said it');
    const reply = kept.find(({ event }) => event.kind === 'reply');
    assert.match(reply?.body.toString('latin1', 0, 400) ?? '', /^HTTP\/1.1 101 Switching Protocols\r\n[\s\S]*echo one/);
  });

  test('is masked message by message, however it was cut into frames', async () => {
    await using server = await echo();
    const policies = [{ ...PERMIT_ALL, mask: ['email'] }];
    await using gateway = await startHttpGateway({ targets: [httpTarget(server)], policies });
    const socket = await open(gateway);
    socket.send('split');
    const [said] = (await once(socket, 'message')) as [Buffer];
    assert.doesNotMatch(String(said), /ada@example/);
    assert.match(String(said), /^mail to .*!$/);
    socket.terminate();
  });

  test('that its target does not open is answered as the target did', async () => {
    await using server = await echo({ refuses: true });
    await using gateway = await startHttpGateway({ targets: [httpTarget(server)] });
    await assert.rejects(open(gateway), /418/);
  });
});

async function open(gateway: TestGateway, protocol?: string): Promise<WebSocket> {
  const { user, password } = await gateway.grant();
  const headers = { authorization: `Bearer ${user}.${password}` };
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/t/api/socket`, protocol ?? [], { headers });
  await once(socket, 'open');
  return socket;
}

/** What is on record once there is such an event. */
async function until(gateway: TestGateway, kind: string) {
  for (;;) {
    const kept = await recorded(gateway);
    if (kept.some(({ event }) => event.kind === kind)) return kept;
  }
}

async function echo({ refuses = false } = {}) {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    perMessageDeflate: true,
    verifyClient: (_, done) => done(!refuses, 418),
  });
  await once(server, 'listening');
  const seen: { headers?: Record<string, unknown> } = {};
  server.on('connection', (socket, request) => {
    seen.headers = request.headers;
    socket.on('message', (data: Buffer) => {
      if (String(data) !== 'split') return socket.send(`echo ${String(data)}`);
      for (const [index, piece] of ['mail to ada@exa', 'mple.te', 'st!'].entries())
        socket.send(piece, { fin: index === 2 });
      return undefined;
    });
  });
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    get headers() {
      return seen.headers;
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
