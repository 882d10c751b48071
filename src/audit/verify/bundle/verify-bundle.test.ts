import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { generateX25519Identity } from 'age-encryption';
import { type BundleWorld, bundleWorld, type MadeBundle } from '../../../../test/support/evidence-bundle.ts';
import { firstReason, ownFiles, UnpackedBundle, verifyBytes } from '../../../../test/support/unpacked-bundle.ts';
import { encodeVerifierKey } from '../../log/signed-note.ts';
import type { BundleReport, StepId } from './report.ts';

const directory = mkdtempSync(join(tmpdir(), 'chaperone-bundle-'));
let world: BundleWorld;
let made: MadeBundle;

before(async () => {
  world = await bundleWorld(directory);
  await world.makeRun('run_1');
  made = await world.bundle('run_1');
});
after(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

function verdictOf({ steps }: BundleReport, id: StepId): string | undefined {
  return steps.find((step) => step.id === id)?.verdict;
}

describe('the bundle of a run', () => {
  test('passes by keys of the verifier, and every step says so', async () => {
    const report = await verifyBytes(made.bytes, ownFiles(made));
    assert.deepEqual(
      report.steps.map(({ id, verdict }) => `${id} ${verdict}`),
      [
        'archive PASS',
        'contents PASS',
        'statement PASS',
        'checkpoint PASS',
        'log PASS',
        'sessions PASS',
        'bodies PASS',
        'decisions PASS',
        'identity PASS',
        'time SKIPPED',
      ],
    );
    assert.equal(report.verdict, 'PASS');
    assert.equal(report.keys, 'own');
    const { sessions, events, requests, bodies, withheldBodies } = report.totals;
    assert.deepEqual(
      { sessions, events, requests, bodies, withheldBodies },
      {
        sessions: 2,
        events: 52,
        requests: 23,
        bodies: 49,
        withheldBodies: 0,
      },
    );
    assert.deepEqual(report.summary?.byTarget, { shop: { requests: 23, denied: 1 } });
    assert.equal(report.run?.workload?.['sourceRef'], 'refs/heads/main');
  });

  test('is incomplete without keys of the verifier: it was only checked against itself', async () => {
    const report = await verifyBytes(made.bytes, {});
    assert.equal(report.verdict, 'INCOMPLETE');
    assert.equal(report.keys, 'bundle');
    assert.equal(verdictOf(report, 'checkpoint'), 'INCOMPLETE');
    assert.equal(verdictOf(report, 'statement'), 'INCOMPLETE');
    assert.equal(verdictOf(report, 'sessions'), 'PASS');
  });

  test('is incomplete where one of the two keys is missing', async () => {
    const { policy, statementKey } = ownFiles(made);
    assert.equal((await verifyBytes(made.bytes, { policy })).verdict, 'INCOMPLETE');
    assert.equal((await verifyBytes(made.bytes, { statementKey })).verdict, 'INCOMPLETE');
    assert.equal((await verifyBytes(made.bytes, { policy, statementKey })).verdict, 'PASS');
  });

  test("fails by another log's key, and by another statement key", async () => {
    const { policy, statementKey } = ownFiles(made);
    const log = encodeVerifierKey('gateway.example/log', generateKeyPairSync('ed25519').publicKey);
    const otherLog = await verifyBytes(made.bytes, { policy: Buffer.from(`log ${log}\nquorum none\n`), statementKey });
    assert.equal(otherLog.verdict, 'FAIL');
    assert.match(firstReason(otherLog), /no known key signed it/);
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = Buffer.from(publicKey.export({ format: 'pem', type: 'spki' }));
    const otherStatement = await verifyBytes(made.bytes, { policy, statementKey: pem });
    assert.equal(otherStatement.verdict, 'FAIL');
    assert.match(firstReason(otherStatement), /no statement key of yours signed it/);
  });

  test('passes by any of several keys, as they are after one was changed for another', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const next = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const log = encodeVerifierKey('gateway.example/log', generateKeyPairSync('ed25519').publicKey);
    const report = await verifyBytes(made.bytes, {
      policy: Buffer.from(`log ${log}\n${made.policy}`),
      statementKey: Buffer.from(next + made.statementKey),
    });
    assert.equal(report.verdict, 'PASS');
  });

  test('says that the CI token was not opened where the auditor has no key or another', async () => {
    const { policy, statementKey } = ownFiles(made);
    const without = await verifyBytes(made.bytes, { policy, statementKey });
    assert.equal(verdictOf(without, 'identity'), 'SKIPPED');
    const stranger = Buffer.from(await generateX25519Identity());
    const other = await verifyBytes(made.bytes, { policy, statementKey, auditorKey: stranger });
    assert.equal(other.verdict, 'INCOMPLETE');
    assert.match(firstReason(other), /does not open the CI token/);
  });

  test('holds the CI token against an issuer’s keys of the verifier’s own', async () => {
    const jwks = (await UnpackedBundle.of(made.bytes)).files.get('identity/jwks.json') ?? Buffer.of();
    const detail = ({ steps }: BundleReport) => steps.find(({ id }) => id === 'identity')?.detail;
    const kept = await verifyBytes(made.bytes, ownFiles(made));
    assert.match(detail(kept) ?? '', /by its issuer's keys as the gateway kept them$/);
    const own = await verifyBytes(made.bytes, { ...ownFiles(made), issuerKeys: jwks });
    assert.equal(own.verdict, 'PASS');
    assert.match(detail(own) ?? '', /by its issuer's keys that you named$/);
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256' };
    const issuerKeys = Buffer.from(JSON.stringify({ keys: [key] }));
    const other = await verifyBytes(made.bytes, { ...ownFiles(made), issuerKeys });
    assert.equal(other.verdict, 'FAIL');
    assert.match(firstReason(other), /not signed by the issuer's keys that you named/);
    const { policy, statementKey } = ownFiles(made);
    const sealed = await verifyBytes(made.bytes, { policy, statementKey, issuerKeys });
    assert.equal(sealed.verdict, 'INCOMPLETE');
    await assert.rejects(verifyBytes(made.bytes, { issuerKeys: Buffer.from('{}') }), /no key set in JSON/);
  });

  test('is incomplete where the verifier asks for a timestamp and there is none', async () => {
    const certificate = Buffer.from(TEST_CERTIFICATE);
    const report = await verifyBytes(made.bytes, { ...ownFiles(made), tsa: certificate });
    assert.equal(report.verdict, 'INCOMPLETE');
    assert.match(firstReason(report), /the statement has no timestamp/);
  });
});

describe('what is withheld', () => {
  test('bodies whose key is not in the bundle are listed, and the rest passes', async () => {
    const bundle = await UnpackedBundle.of(made.bytes);
    const report = await verifyBytes(await bundle.remove('keys/run_1.key').pack(), ownFiles(made));
    assert.equal(report.verdict, 'PASS');
    assert.equal(verdictOf(report, 'bodies'), 'SKIPPED');
    assert.equal(report.totals.withheldBodies, 49);
    assert.deepEqual(
      report.withheld.map(({ why }) => why),
      ['no-key', 'no-key'],
    );
  });

  test('bodies that the caller might not have are listed with why', async () => {
    const report = await verifyBytes((await world.bundle('run_1', 'role')).bytes, ownFiles(made));
    assert.equal(report.verdict, 'PASS');
    assert.deepEqual(
      report.withheld.map(({ file, why }) => `${file} ${why}`),
      ['bodies/ses_run_1_1.bodies role', 'bodies/ses_run_1_2.bodies role'],
    );
  });

  test('a body file that is gone without a word leaves the evidence incomplete', async () => {
    const bundle = await UnpackedBundle.of(made.bytes);
    const report = await verifyBytes(await bundle.remove('bodies/ses_run_1_1.bodies').pack(), ownFiles(made));
    assert.equal(report.verdict, 'INCOMPLETE');
    assert.match(firstReason(report), /missing, and nothing says why/);
  });

  test('an erasure that the log knows is told with who, when and why; one that only the bundle tells is not believed', async () => {
    await world.makeRun('run_2');
    const told = await UnpackedBundle.of((await world.bundle('run_2')).bytes);
    for (const path of told.paths(/^bodies\//)) told.remove(path);
    const said = {
      files: ['1', '2'].map((n) => ({ path: `bodies/ses_run_2_${n}.bodies`, why: 'erased' })),
      run: 'run_2',
      v: 1,
    };
    told.write('withheld.json', JSON.stringify(said));
    assert.equal((await verifyBytes(await told.pack(), ownFiles(made))).verdict, 'INCOMPLETE');

    const detail = { run: 'run_2', erasure: 'ers_1', by: 'psn_1', reason: 'subject-request' } as const;
    assert.equal(await world.log.eraseRun(detail), 'erased');
    const erased = await world.bundle('run_2');
    const report = await verifyBytes(erased.bytes, ownFiles(erased));
    assert.equal(firstReason(report), '');
    assert.equal(report.verdict, 'PASS');
    const [first] = report.withheld;
    assert.equal(first?.why, 'erased');
    assert.equal(first.by, 'psn_1');
    assert.equal(first.reason, 'subject-request');
    assert.match(first.at ?? '', /^\d{4}-\d\d-\d\dT/);
  });
});

describe('a run that goes on', () => {
  test('is incomplete, and what there is of it is verified', async () => {
    await world.makeRun('run_3', { close: false });
    const live = await world.bundle('run_3');
    const report = await verifyBytes(live.bytes, ownFiles(live));
    assert.equal(report.verdict, 'INCOMPLETE');
    assert.match(firstReason(report), /not closed when the bundle was made/);
    assert.equal(verdictOf(report, 'sessions'), 'PASS');
    await world.log.closeRun('run_3' as never, 'completed');
    await world.service.closed('run_3');
  });
});

/** Of nobody: only that one was named counts. */
const TEST_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBODCB66ADAgECAhQYYeLn3DiwSE6KN1MNpQeJe8MhizAFBgMrZXAwETEPMA0G
A1UEAwwGbm9ib2R5MCAXDTI2MTEyMzA0NTYxNFoYDzIxMjYxMDMwMDQ1NjE0WjAR
MQ8wDQYDVQQDDAZub2JvZHkwKjAFBgMrZXADIQC6x7XSD+r0QSh5sraBd76TYaAz
8Wgsk5b/wURySKvbbaNTMFEwHQYDVR0OBBYEFAJP3veQQ428hyfZ9vnk2t2bMnHJ
MB8GA1UdIwQYMBaAFAJP3veQQ428hyfZ9vnk2t2bMnHJMA8GA1UdEwEB/wQFMAMB
Af8wBQYDK2VwA0EA95GoglO9NswO+N/BEvbe/mz7DAwVQyLsMl0iFBvIYcGkGc9P
4XU6B2YUGhLOhA6VJgI5ZwNJxSsO2li/WOjYAA==
-----END CERTIFICATE-----
`;
