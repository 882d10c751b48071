import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readSshFrames, type SshFrame, writeSshFrame } from './ssh-frames.ts';

const FRAMES: readonly SshFrame[] = [
  { kind: 'window', atMs: 0, bytes: Buffer.from([0, 0, 0, 80, 0, 0, 0, 24]) },
  { kind: 'out', atMs: 12, bytes: Buffer.from('hello') },
  { kind: 'err', atMs: 4_294_967_295, bytes: Buffer.alloc(0) },
];

describe('frames of a channel', () => {
  it('are read as they were written', () => {
    assert.deepEqual(readSshFrames(Buffer.concat(FRAMES.map((frame) => writeSshFrame(frame)))), FRAMES);
    assert.equal(
      writeSshFrame(FRAMES[1]!).toString('hex'),
      `010000000c00000005${Buffer.from('hello').toString('hex')}`,
    );
  });

  it('end where they were cut, and at what is none', () => {
    const wire = Buffer.concat(FRAMES.map((frame) => writeSshFrame(frame)));
    const cut = readSshFrames(wire.subarray(0, 17 + 9 + 3)).map(({ bytes }) => Buffer.from(bytes).toString('latin1'));
    assert.deepEqual(cut[1], 'hel');
    assert.deepEqual(readSshFrames(Buffer.from([99, 0, 0, 0, 0, 0, 0, 0, 0])), []);
    assert.deepEqual(readSshFrames(Buffer.alloc(0)), []);
  });
});
