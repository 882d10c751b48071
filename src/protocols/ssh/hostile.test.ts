import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { startSshGateway } from '../../../test/support/ssh-gateway.ts';
import { until } from '../../../test/support/until.ts';
import { Fault } from '../../model/fault.ts';
import { Refused } from '../../model/refusal.ts';
import { readTerminal, readVariable, readWindowSize } from './channels/asked.ts';
import type { SshSession } from './channels/kind.ts';
import { refusalOf } from './conversation.ts';
import { readCertificate, signCertificate, whyNotGood } from './keys/certificate.ts';
import { privateKey } from './keys/private-key.ts';
import { readPublicKey, verifies } from './keys/public-key.ts';
import { Lanes } from './lanes.ts';
import { globs, isForward } from './target-patterns.ts';
import { MalformedSsh, PacketWriter } from './transport/packets.ts';

const key = privateKey(generateKeyPairSync('ed25519').privateKey);
const curve = privateKey(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey);
const rsa = privateKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
const certificate = signCertificate({
  key,
  authority: curve,
  keyId: 'grt_1',
  principals: ['grt_1'],
  validAfterMs: 0,
  validBeforeMs: 4_000_000_000_000,
  serial: 1n,
  nonce: randomBytes(32),
  extensions: ['permit-pty', 'permit-port-forwarding'],
});

/** What a hostile peer makes of good bytes: some changed, cut, or with more behind them. */
function mutations(bytes: Buffer): fc.Arbitrary<Buffer> {
  const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
  return fc.tuple(changes, fc.nat(bytes.length), fc.boolean()).map(([all, length, isCut]) => {
    const changed = Buffer.from(bytes);
    for (const [at, value] of all) changed[at] = value;
    return isCut ? changed.subarray(0, length) : changed;
  });
}

function readsOrMalformed(read: (bytes: Buffer) => unknown, bytes: Buffer): void {
  const attempt = (changed: Buffer): void => {
    try {
      read(changed);
    } catch (cause) {
      assert.ok(cause instanceof MalformedSsh, String(cause));
    }
  };
  read(bytes);
  fc.assert(fc.property(mutations(bytes), attempt), { numRuns: 300 });
}

describe('what hostile peers send', () => {
  it('is read or malformed, wherever it was changed: keys, certificates, what channels ask', () => {
    for (const { blob } of [key, curve, rsa]) readsOrMalformed(readPublicKey, blob);
    readsOrMalformed(readCertificate, certificate);
    const terminal = new PacketWriter().string('xterm').u32(80).u32(24).u32(0).u32(0).string('\0').done();
    readsOrMalformed(readTerminal, terminal);
    readsOrMalformed(readWindowSize, terminal.subarray(9));
    readsOrMalformed(readVariable, new PacketWriter().string('LANG').string('C').done());
  });

  it('proves nothing where a signature was changed', () => {
    const data = Buffer.from('what is signed');
    for (const one of [key, curve, rsa]) {
      const signature = new PacketWriter().string(one.algorithm).string(one.sign(data)).done();
      const shown = readPublicKey(one.blob);
      assert.equal(verifies(shown, one.algorithm, data, signature), true);
      assert.equal(verifies(shown, one.algorithm, Buffer.from('another'), signature), false);
      assert.equal(verifies(shown, 'ssh-rsa', data, signature), false);
      const changed = Buffer.from(signature);
      changed[changed.length - 1]! ^= 1;
      assert.equal(verifies(shown, one.algorithm, data, changed), false);
    }
    const forged = Buffer.from(certificate);
    forged[forged.indexOf('grt_1')] = 0x68;
    assert.throws(() => readCertificate(forged), MalformedSsh);
  });

  it('gets nobody in by a certificate for others, of another time or kind', () => {
    const read = readCertificate(certificate);
    const wanted = { kind: 'user', principal: 'grt_1', nowMs: 1_000_000_000_000 } as const;
    assert.equal(whyNotGood(read, wanted), undefined);
    assert.equal(whyNotGood(read, { ...wanted, principal: 'grt_2' }), 'it is for other names');
    assert.equal(whyNotGood(read, { ...wanted, kind: 'host' }), 'it is for a user');
    assert.equal(whyNotGood(read, { ...wanted, nowMs: 4_000_000_000_000 }), 'it is not valid now');
    assert.equal(whyNotGood({ ...read, principals: [] }, wanted), 'it is for other names');
    assert.equal(
      whyNotGood({ ...read, criticalOptions: ['force-command'] }, wanted),
      'it demands what is not known here',
    );
  });

  it('ends its own connection and breaks nothing', async () => {
    await using gateway = await startSshGateway({ targets: [], limits: { admissionDeadlineMs: 2_000 } });
    let open = 0;
    for (let i = 0; i < 60; i++) {
      const socket = connect(gateway.port, '127.0.0.1');
      open++;
      socket.on('error', () => undefined);
      socket.resume();
      socket.once('close', () => open--);
      const ident = i % 3 === 0 ? '' : 'SSH-2.0-fuzz\r\n';
      const length = Buffer.from([0, 0, 0, 8 * (i % 8), 4, 20]);
      socket.write(Buffer.concat([Buffer.from(ident), ...(i % 2 ? [length] : []), randomBytes(i * 7)]));
      if (i % 5 === 0) socket.end();
    }
    await until(() => Promise.resolve(open === 0));
    assert.deepEqual(gateway.faults, []);
  });
});

describe('what a client is told that ended its command', () => {
  it('is the host, or that nothing can be recorded any more', () => {
    const told = (cause: unknown): string => refusalOf(cause).code;
    assert.equal(told(new Fault('upstream-closed', 'the host closed the connection')), 'upstream-unavailable');
    assert.equal(told(new Fault('log-unavailable', 'no space is left')), 'record-unavailable');
  });
});

describe('lanes of a connection', () => {
  it('are given again once they are free, and refused beyond so many', async () => {
    let opened = 0;
    let closed = 0;
    const admit = (): Promise<SshSession> => {
      opened++;
      const session = { signal: new AbortController().signal, [Symbol.asyncDispose]: async () => void closed++ };
      return Promise.resolve(session as unknown as SshSession);
    };
    {
      await using lanes = new Lanes({ admit, most: 2, onEnded: () => undefined });
      const first = await lanes.take();
      await lanes.take();
      const isFull = (cause: unknown): boolean => cause instanceof Refused && cause.refusal.code === 'connection-limit';
      await assert.rejects(lanes.take(), isFull);
      await lanes.give(first);
      assert.equal(await lanes.take(), first);
    }
    assert.deepEqual([opened, closed], [2, 2]);
  });
});

describe('places and names of a target', () => {
  it('are met by their patterns alone', () => {
    const allowed = globs(['LANG', 'LC_*', 'A*B*C']);
    assert.deepEqual(
      ['LANG', 'LC_', 'LC_ALL', 'LANGUAGE', 'XLANG', 'ABC', 'A1B2C', 'AC', 'ABCD'].map((name) => allowed(name)),
      [true, true, true, false, false, true, true, false, false],
    );
    const forwards = ['db.internal:5432', '*.svc:443', '10.0.0.1:*', '[::1]:80'];
    assert.equal(isForward(forwards, 'DB.internal', 5432), true);
    assert.equal(isForward(forwards, 'db.internal', 5433), false);
    assert.equal(isForward(forwards, 'a.b.svc', 443), true);
    assert.equal(isForward(forwards, 'svc', 443), false);
    assert.equal(isForward(forwards, '10.0.0.1', 22), true);
    assert.equal(isForward(forwards, '::1', 80), true);
    assert.equal(isForward([], 'localhost', 22), false);
  });
});
