import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { frameBytes, OPCODE } from '../../http/websocket-frames.ts';
import { protocolOf } from './agreed-protocol.ts';
import type { StreamPiece } from './stream-wire.ts';

const COMMAND = { use: 'command', ports: [], upgrade: 'websocket' } as const;
const FORWARD = { use: 'forward', ports: [8080, 9090], upgrade: 'websocket' } as const;

describe('channels in messages of a WebSocket', () => {
  for (const name of ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'channel.k8s.io', 'v4.base64.channel.k8s.io']) {
    test(`of ${name} say the same on the other side, however they are cut`, () => {
      const protocol = protocolOf(name, COMMAND)!;
      const input: readonly StreamPiece[] = [
        { channel: 'stdin', event: 'data', bytes: Buffer.from('hello\n') },
        { channel: 'resize', event: 'data', bytes: Buffer.from('{"Width":80,"Height":24}') },
      ];
      const sent = protocol.wire('target').write(input);
      assert.deepEqual(told(protocol.wire('client').read(sent).pieces), told(input));
      const output: readonly StreamPiece[] = [
        { channel: 'stdout', event: 'data', bytes: Buffer.alloc(0) },
        { channel: 'stderr', event: 'data', bytes: Buffer.from([0, 255, 10]) },
        { channel: 'error', event: 'data', bytes: Buffer.from('{"status":"Success"}') },
      ];
      const wire = protocol.wire('target');
      const answer = protocol.wire('client').write(output);
      const pieces = [...answer].flatMap((byte) => wire.read(Buffer.from([byte])).pieces);
      assert.deepEqual(told(pieces), told(output));
    });
  }

  test('are closed one by one in v5, and by nothing before that', () => {
    const end: readonly StreamPiece[] = [{ channel: 'stdin', event: 'end', bytes: Buffer.alloc(0) }];
    const v5 = protocolOf('v5.channel.k8s.io', COMMAND)!;
    assert.deepEqual(told(v5.wire('client').read(v5.wire('target').write(end)).pieces), ['stdin end ']);
    const v4 = protocolOf('v4.channel.k8s.io', COMMAND)!;
    assert.equal(v4.wire('target').write(end).length, 0);
    assert.throws(() => v4.wire('client').read(masked(Buffer.from([255, 0]))), { name: 'MalformedHttp' });
  });

  test('of forwarded ports are two each', () => {
    const protocol = protocolOf('v4.channel.k8s.io', FORWARD)!;
    const sent = protocol.wire('client').write([{ channel: 'data:1', event: 'data', bytes: Buffer.from('hi') }]);
    assert.equal(sent.toString('hex'), '8203026869');
    assert.throws(() => protocol.wire('client').read(masked(Buffer.from([4, 1]))), { message: /that there is not/ });
  });

  test('are the server’s or the client’s to speak on, and no message is anything else', () => {
    const client = protocolOf('v4.channel.k8s.io', COMMAND)!.wire('client');
    for (const payload of [
      [1, 120],
      [2, 120],
      [3, 120],
      [5, 120],
    ]) {
      assert.throws(() => client.read(masked(Buffer.from(payload))), { name: 'MalformedHttp' });
    }
    const base64 = protocolOf('base64.channel.k8s.io', COMMAND)!.wire('client');
    assert.throws(() => base64.read(masked(Buffer.from('0%%%'))), { message: /base64/ });
    assert.throws(() => client.read(frameBytes({ fin: true, opcode: OPCODE.binary, payload: Buffer.from([0]) })), {
      message: /masked/,
    });
  });

  test('answer what asks whether they are there, and say when it is over', () => {
    const client = protocolOf('v5.channel.k8s.io', COMMAND)!.wire('client');
    const ping = frameBytes({ fin: true, opcode: OPCODE.ping, payload: Buffer.from('x') }, Buffer.alloc(4));
    const read = client.read(ping);
    assert.deepEqual([read.reply?.toString('hex'), read.pinged], ['8a0178', true]);
    const close = frameBytes({ fin: true, opcode: OPCODE.close, payload: Buffer.alloc(0) }, Buffer.alloc(4));
    assert.equal(client.read(close).over, true);
  });

  test('are carried in the protocols that are known, and those are all', () => {
    const names = ['v6.channel.k8s.io', 'v5.base64.channel.k8s.io', 'chat', '', 'portforward.k8s.io'];
    assert.deepEqual(
      names.map((name) => protocolOf(name, COMMAND)),
      names.map(() => undefined),
    );
    assert.equal(protocolOf('SPDY/3.1+portforward.k8s.io', COMMAND), undefined);
    assert.equal(protocolOf('SPDY/3.1+portforward.k8s.io', FORWARD)?.opens, true);
    assert.equal(protocolOf('v5.channel.k8s.io', FORWARD), undefined);
    assert.equal(protocolOf('v4.channel.k8s.io', { ...COMMAND, upgrade: 'spdy/3.1' })?.opens, true);
  });
});

function masked(payload: Buffer): Buffer {
  return frameBytes({ fin: true, opcode: OPCODE.binary, payload }, Buffer.from([1, 2, 3, 4]));
}

function told(pieces: readonly StreamPiece[]): readonly string[] {
  return pieces.map(({ channel, event, bytes }) => `${channel} ${event} ${bytes.toString('latin1')}`);
}
