import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { aRun, aSession, auditDirectory, exchange, openLog } from '../../../test/support/audit-log.ts';
import { bundleOf, evidenceOf, unzipStored } from '../../../test/support/bundles.ts';
import { AWS_KEY, mockAwsKms, mockVault, VAULT_TOKEN } from '../../../test/support/kms-mock.ts';
import { Fault } from '../../model/fault.ts';
import { Secret } from '../../model/secret.ts';
import { openAwsKmsSigner } from '../../signers/aws-kms-signer.ts';
import { openVaultSigner } from '../../signers/vault-signer.ts';
import type { OpenAuditLog } from '../open-audit-log.ts';
import { readLogEntries } from '../read/read-log.ts';
import type { LogNote } from '../recorder.ts';
import { localSigner, type Signer } from '../signer.ts';
import { verifyDirectory } from '../verify/verify-directory.ts';
import { preAuthEncoding, readSigned } from './dsse.ts';
import { StatementKeyRing } from './statement-keys.ts';

const PAYLOAD = Buffer.from('{"said":1}');
const AT_ONCE = { signerDeadlineMs: 2_000, signerMaxRetryMs: 0 };

function notes(): { readonly taken: LogNote[]; readonly note: (note: LogNote) => Promise<void> } {
  const taken: LogNote[] = [];
  return { taken, note: (note) => Promise.resolve(void taken.push(note)) };
}

function aSigner(place = 'kms'): Signer {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return localSigner(privateKey, createPublicKey(privateKey), place);
}

async function signs(ring: StatementKeyRing): Promise<boolean> {
  const { signature, keyId } = await ring.sign(PAYLOAD);
  const encoded = preAuthEncoding('application/vnd.in-toto+json', PAYLOAD);
  return keyId === ring.current.keyId && verify('sha256', encoded, ring.current.publicKey, signature);
}

async function aClosedRun(log: OpenAuditLog, id: string): Promise<void> {
  const run = aRun(id);
  await log.openRun(run, {});
  const session = await aSession(log, run, `ses_of_${id}`);
  await exchange(session, 1, 'select 1', 'one');
  await session.close('completed');
  await log.closeRun(run.id, 'completed');
}

describe('a key of statements', () => {
  test('is replaced only once the log names the next one, and its private half is gone then', async () => {
    const directory = join(auditDirectory(after), 'keys');
    const ring = new StatementKeyRing(directory);
    const first = ring.current.keyId;
    const before = readFileSync(join(directory, 'statement.key'), 'utf8');
    const refusing = { note: () => Promise.reject(new Fault('log-unavailable', 'the disk is full')) };
    await assert.rejects(ring.rotate('psn_1', refusing), { code: 'log-unavailable' });
    assert.deepEqual([ring.current.keyId, ring.isRotating], [first, true]);
    // Whether the log took it is not known: nothing is signed before it is.
    await assert.rejects(ring.sign(PAYLOAD), { code: 'signer-unavailable', message: /next key is not in the log yet/ });
    const log = notes();
    const { keyId } = await ring.rotate('psn_1', log);
    const detail = { by: 'psn_1', from: first, to: keyId, what: 'statement' };
    assert.deepEqual(log.taken, [{ kind: 'key.rotated', detail }]);
    assert.deepEqual([ring.isRotating, await signs(ring)], [false, true]);
    const files = [...readdirSync(directory), ...readdirSync(join(directory, 'old'))].sort();
    assert.deepEqual(files, ['old', `statement-${first}.json`, 'statement.key', 'statement.pub.pem']);
    assert.notEqual(readFileSync(join(directory, 'statement.key'), 'utf8'), before);
    assert.equal(createPublicKey(ring.publicKeyOf(first) ?? '').asymmetricKeyType, 'ec');
  });

  test('goes on with a change wherever the process ended in it', async () => {
    const directory = join(auditDirectory(after), 'keys');
    const path = (name: string) => join(directory, name);
    const ring = new StatementKeyRing(directory);
    await assert.rejects(ring.rotate('psn_1', { note: () => Promise.reject(new Error('the power went')) }));
    const begun = new StatementKeyRing(directory);
    assert.equal(begun.isRotating, true);
    const [key, pem] = ['statement-next.key', 'statement-next.pub.pem'].map((name) => readFileSync(path(name)));
    const [oldKey, oldPem] = ['statement.key', 'statement.pub.pem'].map((name) => readFileSync(path(name)));
    const { keyId } = await begun.rotate('gateway', notes());
    // As it stands after the record of the old key, and then after the private half was moved.
    for (const isMoved of [false, true]) {
      if (!isMoved) {
        writeFileSync(path('statement-next.key'), key ?? '');
        writeFileSync(path('statement.key'), oldKey ?? '');
      }
      writeFileSync(path('statement-next.pub.pem'), pem ?? '');
      writeFileSync(path('statement.pub.pem'), oldPem ?? '');
      const again = new StatementKeyRing(directory);
      assert.deepEqual([again.current.keyId, again.isRotating, await signs(again)], [keyId, false, true]);
      assert.equal(existsSync(path('statement-next.pub.pem')), false);
    }
  });

  test('goes to a KMS and back to a file, each time by the log, and never back to one that was replaced', async () => {
    const directory = join(auditDirectory(after), 'keys');
    const first = new StatementKeyRing(directory).current.keyId;
    const signer = aSigner();
    const moved = new StatementKeyRing(directory, { signer });
    assert.deepEqual([moved.current.keyId, moved.isRotating], [first, true]);
    await moved.rotate('gateway', notes());
    assert.deepEqual(
      [moved.place, await signs(moved), existsSync(join(directory, 'statement.key'))],
      ['kms', true, false],
    );
    await assert.rejects(moved.rotate('psn_1', notes()), { code: 'config-invalid', message: /evidence\.key/ });
    const back = new StatementKeyRing(directory);
    assert.equal(back.isRotating, true);
    await back.rotate('gateway', notes());
    assert.deepEqual([back.place, await signs(back), back.old.length], ['file', true, 2]);
    assert.throws(() => new StatementKeyRing(directory, { signer }), {
      code: 'config-invalid',
      message: /cannot come back/,
    });
  });

  test('that is Ed25519, or another than its public half, is refused', () => {
    const directory = join(auditDirectory(after), 'keys');
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const signer = localSigner(privateKey, publicKey, 'kms');
    assert.throws(() => new StatementKeyRing(directory, { signer }), { code: 'config-invalid', message: /P-256/ });
    assert.equal(new StatementKeyRing(directory).old.length, 0);
    const other = aSigner().publicKey.export({ format: 'pem', type: 'spki' });
    writeFileSync(join(directory, 'statement.pub.pem'), other);
    assert.throws(() => new StatementKeyRing(directory), { code: 'log-corrupt', message: /is not the public key of/ });
    renameSync(join(directory, 'statement.key'), join(directory, 'statement.pub.pem'));
    assert.throws(() => new StatementKeyRing(directory), { code: 'log-corrupt' });
  });
});

describe('a key of statements that is kept elsewhere', () => {
  test('in Vault’s Transit engine or AWS KMS (mocked) signs them; another signature than its own is none', async () => {
    await using vault = await mockVault('ecdsa-p256');
    await using kms = await mockAwsKms('ecdsa-p256');
    const signal = AbortSignal.timeout(5_000);
    const token = () => Promise.resolve(new Secret(VAULT_TOKEN));
    const secretAccessKey = new Secret(AWS_KEY.secretAccessKey);
    const credentials = () => Promise.resolve({ accessKeyId: AWS_KEY.accessKeyId, secretAccessKey });
    const places = await Promise.all([
      openVaultSigner({ address: vault.url, mount: 'transit', name: 'log', token }, { fetch, signal }),
      openAwsKmsSigner({ ...AWS_KEY, endpoint: kms.url, credentials }, { fetch, signal }),
    ]);
    for (const signer of places) {
      const ring = new StatementKeyRing(join(auditDirectory(after), 'keys'), { signer });
      assert.deepEqual([await signs(ring), ring.place], [true, signer.place]);
      const swapped = { ...signer, publicKey: aSigner().publicKey };
      const wrong = new StatementKeyRing(join(auditDirectory(after), 'keys'), { signer: swapped });
      await assert.rejects(wrong.sign(PAYLOAD), { code: 'signer-unavailable', message: /signs with another key/ });
    }
  });

  test('and cannot be reached leaves evidence to be tried again, says so, and costs the log one entry', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const inner = aSigner('vault transit/statements');
    let isAway = true;
    const signer: Signer = {
      ...inner,
      sign: (bytes, signal) =>
        isAway
          ? Promise.reject(new Fault('signer-unavailable', `${inner.place} cannot be reached: ECONNREFUSED`))
          : inner.sign(bytes, signal),
    };
    const ring = new StatementKeyRing(join(directory, 'keys'), { signer, limits: AT_ONCE });
    const faults: unknown[] = [];
    await using evidence = evidenceOf(log, { signer: ring, onFault: (fault) => void faults.push(fault) });
    await aClosedRun(log, 'run_1');
    await log.sync();
    await evidence.sweep();
    await assert.rejects(bundleOf(evidence, 'run_1'), { code: 'signer-unavailable', message: /cannot be reached/ });
    const state = await evidence.state('run_1');
    assert.deepEqual(
      [state?.state, state?.complete, state?.why],
      [
        'making',
        false,
        ['Its statement waits for the key that signs it (vault transit/statements); it is tried again.'],
      ],
    );
    assert.match(String(faults[0]), /cannot be reached/);
    isAway = false;
    const files = unzipStored(await bundleOf(evidence, 'run_1'));
    assert.equal((await evidence.state('run_1'))?.state, 'made');
    const { signature, payload, keyId } = readSigned(String(files.get('statement.sigstore.json')));
    const encoded = preAuthEncoding('application/vnd.in-toto+json', payload);
    assert.deepEqual([keyId, verify('sha256', encoded, inner.publicKey, signature)], [ring.current.keyId, true]);
    const entries = await readLogEntries(directory, 0, 100);
    assert.equal(entries.filter(({ text }) => text.includes('"kind":"run.manifest"')).length, 1);
  });
});

describe('what a bundle says of the gateway’s keys', () => {
  test('is the log’s key as it is now, and the key that signed its statement', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    await using evidence = evidenceOf(log);
    const vkey = await log.published.rotate('psn_1', 0);
    await aClosedRun(log, 'run_1');
    const first = evidence.keys.statementKey;
    const files = unzipStored(await bundleOf(evidence, 'run_1'));
    assert.deepEqual([String(files.get('trust/log.vkey')), vkey === log.verifierKey], [`${vkey}\n`, true]);
    const { publicKey } = await evidence.rotate('psn_1');
    assert.equal(evidence.keys.statementKey, publicKey);
    await log.eraseRun({ run: 'run_1', erasure: 'ers_1', by: 'gateway', reason: 'age' });
    const erased = unzipStored(await bundleOf(evidence, 'run_1'));
    assert.equal(String(erased.get('trust/statement.pub.pem')), first);
    await log.sync();
    assert.deepEqual((await verifyDirectory(directory)).findings, []);
    rmSync(join(directory, 'keys/statement.pub.pem'));
    assert.equal((await verifyDirectory(directory)).findings[0]?.file, 'keys/statement.key');
  });
});
