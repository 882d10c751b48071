import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import streams from '../../../../test/corpus/kubernetes/streams.json' with { type: 'json' };
import { MalformedHttp } from '../../http/message.ts';
import { protocolOf } from './agreed-protocol.ts';
import { piecesOf, recorded, type StreamPiece, type StreamWire } from './stream-wire.ts';

const ROUNDS = 400;

/** What clients and servers really said, by what their streams were. */
const SAID = streams.transcripts.flatMap(({ name, turns }) => {
  const bytes = (from: string): Buffer =>
    Buffer.concat(turns.filter(([who]) => who === from).map(([, base64 = '']) => Buffer.from(base64, 'base64')));
  const head = bytes('client').toString('latin1');
  const protocol = /^(?:x-stream-protocol-version|sec-websocket-protocol): (\S+)/im.exec(head)?.[1] ?? '';
  const upgrade = /^upgrade: spdy/im.test(head) ? 'spdy/3.1' : 'websocket';
  const use = head.split('\r\n', 1)[0]?.includes('/portforward') === true ? 'forward' : 'command';
  const known = protocolOf(protocol, { use, ports: [1], upgrade });
  return known === undefined ? [] : [{ name, known, client: body(bytes('client')), server: body(bytes('server')) }];
});

describe('mutations of real streams', () => {
  for (const { name, known, client, server } of SAID) {
    test(`of ${name} are read or refused, never anything else, and what is read goes onto the record and back`, () => {
      const random = generator(7);
      for (let round = 0; round < ROUNDS; round++) {
        for (const [facing, bytes] of [
          ['client', client],
          ['target', server],
        ] as const) {
          if (bytes.length === 0) continue;
          const pieces = read(known.wire(facing), mutated(bytes, random), 1 + Math.floor(random() * 64));
          assert.deepEqual(piecesOf(recorded(pieces, 5)), pieces);
        }
      }
    });
  }
});

function read(wire: StreamWire, bytes: Buffer, cut: number): readonly StreamPiece[] {
  const pieces: StreamPiece[] = [];
  try {
    for (let at = 0; at < bytes.length; at += cut) {
      for (const piece of wire.read(bytes.subarray(at, at + cut)).pieces) {
        pieces.push({ ...piece, bytes: Buffer.from(piece.bytes) });
      }
    }
  } catch (cause) {
    assert.ok(cause instanceof MalformedHttp, String(cause));
  }
  return pieces;
}

/** A few bytes are others, are missing, or stand there twice. */
function mutated(bytes: Buffer, random: () => number): Buffer {
  let result = Buffer.from(bytes);
  for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--) {
    const at = Math.floor(random() * result.length);
    const length = 1 + Math.floor(random() * 8);
    const kind = random();
    if (kind < 0.5) result[at] = Math.floor(random() * 256);
    else if (kind < 0.75) result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
    else result = Buffer.concat([result.subarray(0, at + length), result.subarray(at)]);
  }
  return result;
}

function body(message: Buffer): Buffer {
  return message.subarray(message.indexOf('\r\n\r\n') + 4);
}

/** Mulberry32: the same numbers each time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
