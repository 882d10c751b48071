import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { constants, createDeflate, deflateSync, gzipSync } from 'node:zlib';
import type { StreamPiece } from '../stream-wire.ts';
import { DICTIONARY } from './dictionary.ts';
import { dataFrame, openFrame, pingFrame, resetFrame } from './frames.ts';
import { HeaderReader, type Headers, HeaderWriter } from './header-block.ts';
import { SpdyWire } from './spdy-wire.ts';

const EXEC: readonly StreamPiece[] = [
  opened('error', { streamtype: 'error' }),
  opened('stdin', { streamtype: 'stdin' }),
  opened('stdout', { streamtype: 'stdout' }),
  { channel: 'stdin', event: 'data', bytes: Buffer.from('hello\n') },
  { channel: 'stdin', event: 'end', bytes: Buffer.alloc(0) },
];

describe('SPDY/3.1', () => {
  test('says the same on the other side, however it is cut', () => {
    const sent = new SpdyWire('target', 'command').write(EXEC);
    assert.deepEqual(told(new SpdyWire('client', 'command').read(sent).pieces), told(EXEC));
    const wire = new SpdyWire('client', 'command');
    const pieces = [...sent].flatMap((byte) => wire.read(Buffer.from([byte])).pieces);
    assert.deepEqual(told(pieces), told(EXEC));
  });

  test('gives streams, and what is said on them, back to who opened them', () => {
    const client = new SpdyWire('client', 'command');
    const target = new SpdyWire('target', 'command');
    client.read(target.write(EXEC));
    const answers: readonly StreamPiece[] = [
      { channel: 'stdout', event: 'accept', bytes: Buffer.alloc(0) },
      { channel: 'stdout', event: 'data', bytes: Buffer.from('HELLO\n') },
      { channel: 'stdout', event: 'end', bytes: Buffer.alloc(0) },
      { channel: 'error', event: 'data', bytes: Buffer.from('{"status":"Success"}') },
      { channel: 'stdin', event: 'reset', bytes: Buffer.from('5') },
    ];
    assert.deepEqual(told(target.read(client.write(answers)).pieces), told(answers));
  });

  test('has the ports of forwarded connections in the heads of their streams, each pair by itself', () => {
    const sent = new SpdyWire('target', 'forward').write([
      opened('error:1', { streamtype: 'error', port: '8080', requestid: '0' }),
      opened('data:3', { streamtype: 'data', port: '8080', requestid: '0' }),
      opened('error:5', { streamtype: 'error', port: '9090', requestid: '1' }),
    ]);
    assert.deepEqual(told(new SpdyWire('client', 'forward').read(sent).pieces), [
      'error:1 open streamtype: error\nport: 8080\nrequestid: 0\n',
      'data:3 open streamtype: data\nport: 8080\nrequestid: 0\n',
      'error:5 open streamtype: error\nport: 9090\nrequestid: 1\n',
    ]);
  });

  test('answers what asks whether it is there, and tells that it was asked', () => {
    const wire = new SpdyWire('client', 'command');
    const { reply, pinged, pieces } = wire.read(pingFrame(7));
    assert.deepEqual([reply?.toString('hex'), pinged, pieces.length], ['800300060000000400000007', true, 0]);
    // An answer to a ping of its own is no ping.
    assert.deepEqual(wire.read(pingFrame(2)), { pieces: [], reply: undefined, pinged: false, over: false });
    assert.equal(wire.ping().toString('hex'), '800300060000000400000002');
    assert.equal(new SpdyWire('target', 'command').ping().toString('hex'), '800300060000000400000001');
  });

  for (const [name, facing, bytes] of REFUSED()) {
    test(`takes no ${name}`, () => {
      assert.throws(() => new SpdyWire(facing, 'command').read(bytes), { name: 'MalformedHttp' });
    });
  }

  test('ignores what was under way on a stream that was closed', () => {
    const wire = new SpdyWire('client', 'command');
    wire.read(new SpdyWire('target', 'command').write(EXEC));
    wire.read(resetFrame(5, 5));
    assert.deepEqual(wire.read(dataFrame(5, Buffer.from('late'), false)).pieces, []);
  });
});

describe('header blocks', () => {
  const headers: Headers = [
    ['streamtype', 'stdout'],
    ['port', '8080'],
  ];

  test('of one stream are read one after another, deflated with the dictionary or stored', async () => {
    const deflated = new HeaderReader();
    for (const block of await deflatedBlocks(3, plain(headers))) assert.deepEqual(deflated.read(block), headers);
    const stored = new HeaderReader();
    const writer = new HeaderWriter();
    for (let block = 0; block < 3; block++) assert.deepEqual(stored.read(writer.write(headers)), headers);
  });

  test('that unpack to too much, or are of another dictionary, are refused', () => {
    const bomb = deflateSync(Buffer.alloc(1024 * 1024), { dictionary: DICTIONARY });
    assert.throws(() => new HeaderReader().read(bomb), { status: 400 });
    const other = deflateSync(plain(headers), { dictionary: Buffer.from('another') });
    assert.throws(() => new HeaderReader().read(other), { message: /dictionary/ });
    assert.throws(() => new HeaderReader().read(gzipSync(plain(headers))), { message: /no zlib/ });
  });
});

function REFUSED(): readonly (readonly [string, 'client' | 'target', Buffer])[] {
  const writer = (): HeaderWriter => new HeaderWriter();
  const stdout = (): Buffer => writer().write([['streamtype', 'stdout']]);
  return [
    ['frame of another version', 'client', Buffer.from('800200060000000400000001', 'hex')],
    ['frame of a kind that is not known', 'client', Buffer.from('8003000a00000000', 'hex')],
    ['headers after a stream was opened', 'client', Buffer.from('800300080000000400000001', 'hex')],
    ['frame that is longer than any', 'client', Buffer.from('0000000100100001', 'hex')],
    ['frame of the stream zero', 'client', dataFrame(0, Buffer.from('x'), false)],
    ['data of a stream that was not opened', 'client', dataFrame(1, Buffer.from('x'), false)],
    ['stream that a server opens', 'target', openFrame(2, stdout(), false)],
    ['stream with an even number of a client', 'client', openFrame(2, stdout(), false)],
    ['stream that says not what it is for', 'client', openFrame(1, writer().write([]), false)],
    ['stream for what nobody knows', 'client', openFrame(1, writer().write([['streamtype', 'agent']]), false)],
    ['head that breaks its line', 'client', openFrame(1, writer().write([['streamtype', 'stdout\nport: 1']]), false)],
    [
      'second stream of one channel',
      'client',
      Buffer.concat([
        openFrame(1, stdout(), false),
        openFrame(3, Buffer.concat([Buffer.from([0]), stdout().subarray(3)]), false),
      ]),
    ],
    [
      'output of a client’s',
      'client',
      Buffer.concat([openFrame(1, stdout(), false), dataFrame(1, Buffer.from('x'), false)]),
    ],
  ];
}

/** As a peer with zlib makes them: one stream, flushed behind each. */
async function deflatedBlocks(count: number, text: Buffer): Promise<readonly Buffer[]> {
  const deflate = createDeflate({ dictionary: DICTIONARY });
  const blocks: Buffer[] = [];
  for (let at = 0; at < count; at++) {
    deflate.write(text);
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    blocks.push(deflate.read() as Buffer);
  }
  deflate.destroy();
  return blocks;
}

function plain(headers: Headers): Buffer {
  const number = (value: number): Buffer => Buffer.from([0, 0, value >> 8, value & 0xff]);
  return Buffer.concat([
    number(headers.length),
    ...headers.flatMap((pair) => pair.flatMap((text) => [number(text.length), Buffer.from(text)])),
  ]);
}

function opened(channel: string, head: Readonly<Record<string, string>>): StreamPiece {
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\n`);
  return { channel, event: 'open', bytes: Buffer.from(lines.join('')) };
}

function told(pieces: readonly StreamPiece[]): readonly string[] {
  return pieces.map(({ channel, event, bytes }) => `${channel} ${event} ${bytes.toString('latin1')}`);
}
