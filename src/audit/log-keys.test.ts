import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { auditDirectory, openLog as openAny } from '../../test/support/audit-log.ts';
import { copyRunning } from '../../test/support/copy-running.ts';
import { Fault } from '../model/fault.ts';
import { LIMITS } from '../model/limits.ts';
import { openCheckpoint } from './log/checkpoint.ts';
import { parseVerifierKey } from './log/signed-note.ts';
import type { OpenAuditLog } from './open-audit-log.ts';
import { localSigner, type Signer } from './signer.ts';
import { verifyDirectory } from './verify/verify-directory.ts';

const ORIGIN = 'gateway.example/log';

/** Opens a log, which ends with the test file however its test ends. */
async function openLog(...args: Parameters<typeof openAny>): Promise<OpenAuditLog> {
  const log = await openAny(...args);
  // Its directory may be gone by then; what counts is that no thread is left.
  after(() => Promise.resolve(log[Symbol.asyncDispose]()).catch(() => undefined));
  return log;
}

async function noted(log: OpenAuditLog, name: string): Promise<void> {
  await log.note({ kind: 'target.changed', detail: { action: 'create', by: 'gateway', name } });
  await log.sync();
}

/** Who signed the newest checkpoint, of these keys. */
function signedBy(directory: string, ...vkeys: readonly string[]): readonly boolean[] {
  const note = readFileSync(join(directory, 'log/checkpoint'), 'utf8');
  return vkeys.map((vkey) => {
    const verifier = parseVerifierKey(vkey);
    return verifier !== undefined && openCheckpoint(note, ORIGIN, [verifier]) !== undefined;
  });
}

async function close(log: OpenAuditLog): Promise<void> {
  await log[Symbol.asyncDispose]();
}

describe('a log that changes its key', () => {
  test('signs with both for a while, then with the new one alone, and verifies with whichever key the auditor has', async () => {
    const directory = auditDirectory(after);
    let now = Date.now();
    const clock = () => now;
    const log = await openLog(directory, { clock });
    const first = log.verifierKey;
    await noted(log, 'a');
    const early = readFileSync(join(directory, 'log/checkpoint'), 'utf8');
    const second = await log.published.rotate('psn_1', 1_000);
    assert.equal(log.verifierKey, second);
    await noted(log, 'b');
    assert.deepEqual(signedBy(directory, first, second), [true, true]);
    await close(log);

    now += 1_001;
    const again = await openLog(directory, { clock });
    await noted(again, 'c');
    assert.deepEqual(signedBy(directory, first, second), [false, true]);
    const third = await again.published.rotate('psn_1', 0);
    await noted(again, 'd');
    assert.deepEqual(signedBy(directory, first, second, third), [false, false, true]);
    assert.deepEqual(
      again.published.status.keys.map(({ state }) => state),
      ['signs', 'retired', 'retired'],
    );
    await close(again);

    assert.deepEqual(
      readdirSync(join(directory, 'keys/old')).filter((name) => name.endsWith('.key')),
      [],
    );
    for (const verifierKey of [first, second, third]) {
      const report = await verifyDirectory(directory, { verifierKey, knownCheckpoint: early });
      const known = verifierKey === first ? [] : ['the checkpoint that was kept is not of this log'];
      assert.deepEqual(
        report.findings.map(({ message }) => message),
        known,
      );
    }
    const unknown = generateKeyPairSync('ed25519').publicKey;
    const other = `${ORIGIN}+00000000+${unknown.export({ format: 'der', type: 'spki' }).toString('base64')}`;
    assert.equal((await verifyDirectory(directory, { verifierKey: other })).verdict, 'FAIL');
  });

  test('proves each hand-over: any byte of it that is changed fails', async () => {
    const directory = auditDirectory(after);
    const log = await openLog(directory);
    const first = log.verifierKey;
    await log.published.rotate('psn_1', 60_000);
    await close(log);
    assert.equal((await verifyDirectory(directory, { verifierKey: first })).verdict, 'PASS');
    const old = join(directory, 'keys/old');
    for (const name of readdirSync(old).filter((one) => !one.endsWith('.key'))) {
      const bytes = readFileSync(join(old, name));
      for (let at = 3; at < bytes.length; at += 29) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ 1;
        writeFileSync(join(old, name), damaged);
        const report = await verifyDirectory(directory, { verifierKey: first });
        assert.equal(report.verdict, 'FAIL', `${name} at ${at}`);
      }
      writeFileSync(join(old, name), bytes);
    }
    rmSync(join(old, readdirSync(old).find((name) => name.endsWith('.tlog-proof')) ?? ''));
    assert.equal((await verifyDirectory(directory, { verifierKey: first })).verdict, 'FAIL');
  });

  test('goes on with a rotation wherever the process ended in it', async () => {
    const directory = auditDirectory(after);
    const log = await openLog(directory);
    const first = log.verifierKey;
    await noted(log, 'a');
    // As a process leaves it that ends after the new key was made, and after the log named it.
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    await close(log);
    const begun = `${directory}-begun`;
    await copyRunning(directory, begun);
    const ring = await openLog(begun);
    const second = await ring.published.rotate('psn_1', 60_000);
    await close(ring);
    const states: readonly (readonly [string, (path: string) => void])[] = [
      [
        'the new key was made',
        (path) => {
          cpSync(join(directory, 'keys'), join(path, 'keys'), { recursive: true });
          rmSync(join(path, 'keys/old'), { recursive: true });
          cpSync(join(begun, 'keys/log.key'), join(path, 'keys/next.key'));
          writeFileSync(join(path, 'keys/next.vkey'), `${second}\n`);
        },
      ],
      [
        'the old key was put away',
        (path) => {
          for (const name of ['log.key', 'log.vkey']) cpSync(join(directory, 'keys', name), join(path, 'keys', name));
          cpSync(join(begun, 'keys/log.key'), join(path, 'keys/next.key'));
          writeFileSync(join(path, 'keys/next.vkey'), `${second}\n`);
        },
      ],
      [
        'the new key took its name',
        (path) => {
          cpSync(join(directory, 'keys/log.vkey'), join(path, 'keys/log.vkey'));
          writeFileSync(join(path, 'keys/next.vkey'), `${second}\n`);
        },
      ],
    ];
    for (const [what, leave] of states) {
      const path = `${directory}-${states.findIndex(([one]) => one === what)}`;
      cpSync(begun, path, { recursive: true });
      leave(path);
      const next = await openLog(path);
      await noted(next, 'b');
      await next.published.rotate('psn_1', 60_000).catch((fault: unknown) => assert.fail(`${what}: ${String(fault)}`));
      await close(next);
      const report = await verifyDirectory(path, { verifierKey: first });
      assert.deepEqual(report.findings, [], what);
      assert.equal(existsSync(join(path, 'keys/next.vkey')), false, what);
    }
    assert.ok(createPublicKey(privateKey).equals(publicKey));
  });
});

/** A key that is kept elsewhere: reachable or not, as a test says. */
function farSigner(place: string): Signer & { reachable: boolean } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const signer = {
    ...localSigner(privateKey, publicKey, place),
    reachable: true,
    sign: (bytes: Uint8Array) =>
      signer.reachable
        ? Promise.resolve(sign(null, bytes, privateKey))
        : Promise.reject(new Fault('signer-unavailable', `${place} cannot be reached`)),
  };
  return signer;
}

describe('a log whose key is kept elsewhere', () => {
  test('records on while that cannot be reached, says so, and is signed once it can', async () => {
    const directory = auditDirectory(after);
    const signer = farSigner('vault transit/log');
    const faults: string[] = [];
    const limits = { ...LIMITS, signerRetryMs: 5, signerMaxRetryMs: 5 };
    const log = await openLog(directory, {
      signer,
      limits,
      onFault: ({ code, message }) => faults.push(`${code}: ${message}`),
    });
    await noted(log, 'a');
    assert.deepEqual(
      readdirSync(join(directory, 'keys')).toSorted((one, other) => (one < other ? -1 : 1)),
      ['deployment.key', 'log.vkey', 'runs'],
    );
    signer.reachable = false;
    for (const target of ['b', 'c', 'd']) await noted(log, target);
    assert.equal(log.fault, undefined);
    const { durable, signed, fault = '' } = log.published.status.signing;
    assert.deepEqual([durable, signed], [4, 1]);
    assert.match(fault, /vault transit\/log does not sign: .*cannot be reached/u);
    assert.equal(faults.length, 1, 'it is told once');
    assert.equal((await verifyDirectory(directory)).verdict, 'PASS', 'what is signed is whole');
    signer.reachable = true;
    await log.published.witnessed(4, AbortSignal.timeout(5_000));
    assert.equal(log.published.status.signing.fault, undefined);
    await close(log);
    assert.equal((await verifyDirectory(directory)).verdict, 'PASS');
  });

  test('that could not be reached to the end is INCOMPLETE, not altered, and signed by the next start', async () => {
    const directory = auditDirectory(after);
    const signer = farSigner('vault transit/log');
    const log = await openLog(directory, { signer });
    await noted(log, 'a');
    signer.reachable = false;
    await noted(log, 'b');
    await close(log);
    const report = await verifyDirectory(directory);
    assert.equal(report.verdict, 'INCOMPLETE');
    assert.match(report.findings[0]?.message ?? '', /2 entries were written and 1 signed/u);
    signer.reachable = true;
    await close(await openLog(directory, { signer }));
    assert.equal((await verifyDirectory(directory)).verdict, 'PASS');
  });

  test('moves from a file to a KMS and on to another, and not back', async () => {
    const directory = auditDirectory(after);
    const log = await openLog(directory);
    const first = log.verifierKey;
    await noted(log, 'a');
    await close(log);
    const [one, other] = [farSigner('kms one'), farSigner('kms other')];
    const moved = await openLog(directory, { signer: one });
    await noted(moved, 'b');
    const second = moved.verifierKey;
    assert.notEqual(second, first);
    await assert.rejects(moved.published.rotate('psn_1', 0), {
      code: 'config-invalid',
      message: /name its next one in log\.key/u,
    });
    await close(moved);
    await assert.rejects(openLog(directory, { signer: other }), {
      code: 'config-invalid',
      message: /log\.previousKey/u,
    });
    const again = await openLog(directory, { signer: other, previous: one });
    await noted(again, 'c');
    assert.notEqual(again.verifierKey, second);
    await close(again);
    await assert.rejects(openLog(directory, { signer: one, previous: other }), { message: /cannot come back/u });
    assert.equal((await verifyDirectory(directory, { verifierKey: first })).verdict, 'PASS');
    assert.equal(existsSync(join(directory, 'keys/log.key')), false);
  });

  test('takes no signature that is not its own, and no key that witnesses would not know', async () => {
    const directory = auditDirectory(after);
    const wrong = generateKeyPairSync('ed25519').privateKey;
    const signer = { ...farSigner('kms'), sign: (bytes: Uint8Array) => Promise.resolve(sign(null, bytes, wrong)) };
    const log = await openLog(directory, { signer, onFault: () => undefined });
    assert.match(log.published.status.signing.fault ?? '', /made a signature that is not its own/u);
    await close(log);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const curve = localSigner(privateKey, publicKey, 'kms');
    await assert.rejects(openLog(auditDirectory(after), { signer: curve }), {
      code: 'config-invalid',
      message: /not Ed25519/u,
    });
  });
});
