import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Dice } from '../../../../test/fuzz/mutations.ts';
import { OPEN, REPLY, REQUEST } from './numbers.ts';
import { MalformedSftp, PacketReader, packetOf } from './packets.ts';
import { readReply, replyPacket, type SftpReply, versionPacket } from './replies.ts';
import { exactly, readRequest, requestPacket, type SftpRequest } from './requests.ts';

const b = (text: string): Buffer => Buffer.from(text);

/** One of each kind that is known. */
const REQUESTS: readonly SftpRequest[] = [
  { id: 1, kind: 'open', path: b('/a'), flags: OPEN.read, attributes: {} },
  {
    id: 2,
    kind: 'open',
    path: b('/ä b'),
    flags: OPEN.write | OPEN.create,
    attributes: { permissions: 0o644, size: 7n },
  },
  { id: 3, kind: 'read', handle: b('h'), offset: 2n ** 40n, length: 32768 },
  { id: 4, kind: 'write', handle: b('h'), offset: 0n, data: Buffer.alloc(100_000, 7) },
  { id: 5, kind: 'close', handle: b('') },
  { id: 6, kind: 'fstat', handle: b('h') },
  { id: 7, kind: 'fsetstat', handle: b('h'), attributes: { times: { accessed: 1, modified: 2 } } },
  { id: 8, kind: 'setstat', path: b('x'), attributes: { owner: { uid: 0, gid: 4_294_967_295 } } },
  { id: 9, kind: 'lstat', path: b('.') },
  { id: 10, kind: 'stat', path: b('..') },
  { id: 11, kind: 'opendir', path: b('/') },
  { id: 12, kind: 'readdir', handle: b('d') },
  { id: 13, kind: 'remove', path: b('/x') },
  { id: 14, kind: 'mkdir', path: b('/d'), attributes: { permissions: 0o755 } },
  { id: 15, kind: 'rmdir', path: b('/d') },
  { id: 16, kind: 'realpath', path: b('') },
  { id: 17, kind: 'rename', from: b('/a'), to: b('/b') },
  { id: 18, kind: 'readlink', path: b('/l') },
  { id: 19, kind: 'symlink', from: b('../t'), to: b('/l') },
  { id: 20, kind: 'posix-rename', from: b('/a'), to: b('/b') },
  { id: 21, kind: 'statvfs', path: b('/') },
  { id: 22, kind: 'fstatvfs', handle: b('h') },
  { id: 23, kind: 'hardlink', from: b('/a'), to: b('/b') },
  { id: 24, kind: 'fsync', handle: b('h') },
  { id: 25, kind: 'lsetstat', path: b('/l'), attributes: {} },
  { id: 26, kind: 'limits', raw: Buffer.alloc(0) },
  { id: 27, kind: 'expand-path', path: b('~') },
  { id: 28, kind: 'copy-data', handle: b('h'), offset: 1n, length: 2n, into: b('i'), intoOffset: 3n },
  { id: 29, kind: 'home-directory', user: b('root') },
  { id: 30, kind: 'users-groups-by-id', raw: Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]) },
];

const REPLIES: readonly SftpReply[] = [
  { id: 1, kind: 'status', code: 3, message: b('no') },
  { id: 2, kind: 'handle', handle: b('h') },
  { id: 3, kind: 'data', data: Buffer.alloc(32768, 1) },
  { id: 4, kind: 'name', names: [{ name: b('a'), long: b('-rw a'), raw: Buffer.from([0, 0, 0, 0]) }] },
  { id: 5, kind: 'attrs', raw: Buffer.from([0, 0, 0, 4, 0, 0, 1, 0o244]) },
  { id: 6, kind: 'extended', raw: Buffer.alloc(8) },
];

function packetsOf(bytes: Buffer, step: number): Buffer[] {
  const reader = new PacketReader();
  const packets: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += step) packets.push(...reader.push(bytes.subarray(at, at + step)));
  assert.equal(reader.isIdle, true);
  return packets;
}

describe('packets of SFTP', () => {
  it('reads every request as it was written, however it comes', () => {
    const wire = Buffer.concat(REQUESTS.map(requestPacket));
    for (const step of [wire.length, 1, 7, 4096]) {
      assert.deepEqual(packetsOf(wire, step).map(readRequest), REQUESTS);
    }
  });

  it('reads every reply as it was written, however it comes', () => {
    const wire = Buffer.concat(REPLIES.map(replyPacket));
    for (const step of [wire.length, 1, 5]) assert.deepEqual(packetsOf(wire, step).map(readReply), REPLIES);
  });

  it('takes no length that a packet cannot have', () => {
    for (const length of [0, 256 * 1024 + 1, 0xffff_ffff]) {
      const head = Buffer.alloc(5);
      head.writeUInt32BE(length);
      for (const step of [5, 1]) assert.throws(() => packetsOf(head, step), MalformedSftp);
    }
  });

  it('takes no packet that ends within a field or goes on behind its last', () => {
    for (const request of REQUESTS) {
      const packet = requestPacket(request);
      for (let cut = 5; cut < Math.min(packet.length, 80); cut++)
        assert.throws(() => readRequest(packet.subarray(0, cut)), MalformedSftp);
      if (request.kind === 'write') continue;
      assert.throws(() => readRequest(Buffer.concat([packet, b('x')])), MalformedSftp);
    }
  });

  it('lets go of what rclone sends behind the data of a write', () => {
    const request = { id: 7, kind: 'write', handle: b('h'), offset: 5n, data: b('data') } as const;
    const sent = Buffer.concat([requestPacket(request), b('the rest of its buffer')]);
    sent.writeUInt32BE(sent.length - 4, 0);
    assert.deepEqual(readRequest(sent), request);
    assert.deepEqual(exactly(sent, readRequest(sent)), requestPacket(request));
  });

  it('takes no handle that is longer than handles are', () => {
    const long = Buffer.alloc(257);
    assert.throws(() => readRequest(packetOf(REQUEST.close, [1, long])), MalformedSftp);
    assert.throws(() => readReply(packetOf(REPLY.handle, [1, long])), MalformedSftp);
  });

  it('knows what it does not know', () => {
    assert.deepEqual(readRequest(packetOf(99, [1])), { id: 1, kind: 'unknown', name: 'type 99' });
    assert.deepEqual(readRequest(packetOf(REQUEST.extended, [2, b('check-file'), b('x')])), {
      id: 2,
      kind: 'unknown',
      name: 'check-file',
    });
    assert.throws(() => readReply(packetOf(99, [1])), MalformedSftp);
  });

  it('tells clients of those extensions alone that it knows', () => {
    const said = new Map([
      ['posix-rename@openssh.com', '1'],
      ['statvfs@openssh.com', '1'],
      ['check-file', '1'],
    ]);
    assert.deepEqual(versionPacket(said), packetOf(REPLY.version, [3, b('posix-rename@openssh.com'), b('1')]));
  });

  it('reads a listing of as many names as it says and no more', () => {
    const lying = packetOf(REPLY.name, [1, 0xffff_ffff, b('a'), b('a'), 0]);
    assert.throws(() => readReply(lying), MalformedSftp);
  });

  it('breaks on nothing but what is malformed, whatever comes', () => {
    const dice = new Dice(11);
    const wires = [...REQUESTS.filter(({ kind }) => kind !== 'write').map(requestPacket), ...REPLIES.map(replyPacket)];
    let refused = 0;
    for (let turn = 0; turn < 5_000; turn++) {
      const packet = Buffer.from(dice.pick(wires));
      for (let change = 0; change <= dice.roll(3); change++) packet[4 + dice.roll(packet.length - 4)] = dice.roll(256);
      for (const read of [readRequest, readReply]) {
        try {
          read(packet);
        } catch (cause) {
          assert.equal(cause instanceof MalformedSftp, true, String(cause));
          refused++;
        }
      }
    }
    assert.equal(refused > 1_000, true);
  });
});
