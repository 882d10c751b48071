import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
// @ts-expect-error -- The package has types for its clients and servers alone.
import library from 'ssh2/lib/protocol/crypto.js';
import { GcmCipher, GcmDecipher, type GcmKeys } from './gcm.ts';
import { MalformedSsh } from './packets.ts';
import type { Ssh2Cipher, Ssh2Decipher } from './ssh2.ts';

const ALGORITHMS = ['aes-128-gcm', 'aes-256-gcm'] as const;
const PAYLOADS = [1, 11, 12, 15, 16, 17, 255, 32_777, 200_000].map((bytes) => randomBytes(bytes));

describe('packets under AES-GCM', () => {
  for (const algorithm of ALGORITHMS) {
    it(`are read as they were sent, however they are cut, with ${algorithm}`, () => {
      const keys = newKeys(algorithm);
      const sent: Buffer[] = [];
      const cipher = new GcmCipher(keys, (piece) => sent.push(Buffer.from(piece)));
      for (const payload of PAYLOADS) cipher.seal(payload.subarray(0, 9), payload.subarray(9));
      for (const cut of [1, 3, 4, 5, 19, 4_096, 65_536, Infinity]) {
        const read: Buffer[] = [];
        const decipher = new GcmDecipher(keys, (payload) => void read.push(Buffer.from(payload)));
        feed(decipher, Buffer.concat(sent), cut);
        assert.deepEqual(read, PAYLOADS);
        assert.deepEqual([cipher.outSeqno, decipher.inSeqno], [16, 16]);
      }
    });

    it(`are the library's, both ways, with ${algorithm}`, () => {
      const keys = newKeys(algorithm);
      const small = PAYLOADS.filter(({ length }) => length < 33_000);
      const info = { sslName: algorithm, keyLen: keys.key.length, ivLen: 12, authLen: 16, blockLen: 16, stream: true };
      const theirs: Buffer[] = [];
      const outbound = {
        onWrite: (piece: Buffer) => theirs.push(Buffer.from(piece)),
        seqno: keys.sequence,
        cipherInfo: info,
        cipherIV: Buffer.from(keys.iv),
        cipherKey: keys.key,
        forceNative: true,
      };
      const theirCipher = library.createCipher({ outbound }) as Ssh2Cipher;
      for (const payload of small) {
        const packet = theirCipher.allocPacket(payload.length);
        packet.set(payload, 5);
        theirCipher.encrypt(packet);
      }
      const read: Buffer[] = [];
      feed(new GcmDecipher(keys, (payload) => void read.push(Buffer.from(payload))), Buffer.concat(theirs), 1_000);
      assert.deepEqual(read, small);

      const ours: Buffer[] = [];
      const cipher = new GcmCipher(keys, (piece) => ours.push(Buffer.from(piece)));
      for (const payload of small) {
        const packet = cipher.allocPacket(payload.length);
        packet.set(payload, 5);
        cipher.encrypt(packet);
      }
      const theyRead: Buffer[] = [];
      const inbound = {
        onPayload: (payload: Buffer) => void theyRead.push(Buffer.from(payload)),
        seqno: keys.sequence,
        decipherInfo: info,
        decipherIV: Buffer.from(keys.iv),
        decipherKey: keys.key,
        forceNative: true,
      };
      feed(library.createDecipher({ inbound }) as Ssh2Decipher, Buffer.concat(ours), 1_000);
      assert.deepEqual(theyRead, small);
    });
  }

  it('are refused where a bit was changed, or a length is none', () => {
    const keys = newKeys('aes-128-gcm');
    const sent: Buffer[] = [];
    new GcmCipher(keys, (piece) => sent.push(Buffer.from(piece))).seal(Buffer.alloc(9), Buffer.from('a command'));
    const packet = Buffer.concat(sent);
    for (let at = 0; at < packet.length; at++) {
      const changed = Buffer.from(packet);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const seen: Buffer[] = [];
      const decipher = new GcmDecipher(keys, (payload) => void seen.push(payload));
      // A length that grew waits for more, which will not fit either.
      const more = Buffer.concat([changed, Buffer.alloc(2 ** 17)]);
      assert.throws(() => feed(decipher, more, Infinity), MalformedSsh);
      assert.deepEqual(seen, []);
    }
  });

  it('stop where what takes a payload says so', () => {
    const keys = newKeys('aes-256-gcm');
    const sent: Buffer[] = [];
    const cipher = new GcmCipher(keys, (piece) => sent.push(Buffer.from(piece)));
    for (const text of ['one', 'two', 'three']) cipher.seal(Buffer.from(text), Buffer.alloc(0));
    const bytes = Buffer.concat(sent);
    const ofOne = bytes.length / 3;
    const decipher = new GcmDecipher(keys, (payload) => (payload.toString() === 'two' ? false : undefined));
    assert.equal(decipher.decrypt(bytes, 0, bytes.length), 2 * ofOne);
  });
});

function newKeys(algorithm: GcmKeys['algorithm']): GcmKeys {
  // Its counter runs over within the packets of a test.
  const iv = Buffer.concat([randomBytes(4), Buffer.alloc(7, 0xff), Buffer.of(0xfd)]);
  return { algorithm, key: randomBytes(algorithm === 'aes-128-gcm' ? 16 : 32), iv, sequence: 7 };
}

function feed(decipher: Pick<Ssh2Decipher, 'decrypt'>, bytes: Buffer, cut: number): void {
  for (let at = 0; at < bytes.length; at += cut) {
    const piece = Buffer.from(bytes.subarray(at, at + cut));
    decipher.decrypt(piece, 0, piece.length);
    // What was given is not kept.
    if (decipher instanceof GcmDecipher) piece.fill(0);
  }
}
