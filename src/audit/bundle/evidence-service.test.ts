import assert from 'node:assert/strict';
import { createPublicKey, hash, verify } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  aRun,
  aSession,
  ask,
  aTarget,
  auditDirectory,
  DENY,
  exchange,
  openLog,
  PERMIT,
} from '../../../test/support/audit-log.ts';
import { bundleOf, evidenceOf, factsOf, POLICY_TEXT, unzipStored } from '../../../test/support/bundles.ts';
import type { RunId } from '../../model/ids.ts';
import { parseProof } from '../c2sp/proof-text.ts';
import { leafHash } from '../log/merkle.ts';
import { parseVerifierKey } from '../log/signed-note.ts';
import { verifyProof } from '../log/tlog-proof.ts';
import type { OpenAuditLog } from '../open-audit-log.ts';
import { readLogHead } from '../read/read-log.ts';
import { preAuthEncoding } from './dsse.ts';
import type { RunManifest } from './manifest.ts';
import type { Statement } from './statement.ts';

/** A run of a session with a read, and a statement that is refused; both closed. */
async function aClosedRun(log: OpenAuditLog, id: string): Promise<void> {
  const run = aRun(id);
  await log.openRun(run, {});
  const session = await aSession(log, run, `ses_of_${id}`);
  await exchange(session, 1, 'select 1', 'one');
  const denied = ask(session, 2, 'drop table orders', DENY);
  await denied.refuse({ code: 'policy-denied', message: 'dropping is not allowed' });
  await session.close('completed');
  await log.closeRun(run.id, 'completed');
}

function manifestIn(files: ReadonlyMap<string, Buffer>): RunManifest {
  return JSON.parse(String(files.get('run-manifest.json'))) as RunManifest;
}

function statementIn(files: ReadonlyMap<string, Buffer>): Statement {
  const { dsseEnvelope } = JSON.parse(String(files.get('statement.sigstore.json'))) as {
    dsseEnvelope: { payload: string; signatures: { sig: string }[] };
  };
  const payload = Buffer.from(dsseEnvelope.payload, 'base64');
  const signature = Buffer.from(dsseEnvelope.signatures[0]?.sig ?? '', 'base64');
  const key = createPublicKey(String(files.get('trust/statement.pub.pem')));
  assert.ok(verify('sha256', preAuthEncoding('application/vnd.in-toto+json', payload), key, signature));
  return JSON.parse(payload.toString()) as Statement;
}

function entriesIn(files: ReadonlyMap<string, Buffer>): { entry: string; index: number }[] {
  const lines = String(files.get('log/entries.jsonl')).trimEnd().split('\n');
  return lines.map((line) => {
    const { entry, index } = JSON.parse(line) as { entry: string; index: string };
    return { entry, index: Number(index) };
  });
}

describe('the evidence of a run', () => {
  test('is made when the run closed, complete, and every part of it proves the others', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    await using evidence = evidenceOf(log, {
      facts: {
        facts: (run) => Promise.resolve(factsOf(run)),
        policy: (digest) => Promise.resolve(digest === PERMIT.policy ? POLICY_TEXT : undefined),
      },
    });
    await aClosedRun(log, 'run_1');
    await evidence.closed('run_1');
    const files = unzipStored(await bundleOf(evidence, 'run_1'));
    const manifest = manifestIn(files);
    assert.equal(manifest.complete, true);
    assert.equal(manifest.run.termination, 'completed');
    assert.deepEqual(
      manifest.sessions.map(({ id, target, protocol, outcome }) => [id, target, protocol, outcome]),
      [['ses_of_run_1', 'shop', 'postgres', 'completed']],
    );
    for (const { path, sha256, bytes } of manifest.files) {
      const file = files.get(path);
      assert.deepEqual([path, file && hash('sha256', file, 'hex'), String(file?.length)], [path, sha256, bytes]);
    }
    const statement = statementIn(files);
    assert.equal(statement.subject[0]?.digest.sha256, hash('sha256', files.get('run-manifest.json') ?? '', 'hex'));
    assert.equal(statement.predicate.complete, true);
    assert.deepEqual(statement.predicate.summary, {
      allowed: 1,
      approved: 0,
      byTarget: { shop: { denied: 1, requests: 2 } },
      denied: 1,
      errors: 0,
      maskedFields: 0,
      requests: 2,
      rowsReturned: '1',
      unknownOutcome: 0,
    });
    const entries = entriesIn(files);
    const verifier = parseVerifierKey(log.verifierKey);
    assert.ok(verifier);
    for (const { entry, index } of entries) {
      const proof = parseProof(String(files.get(`proofs/${index}.tlog-proof`)));
      assert.ok(proof?.index === index && verifyProof(proof, Buffer.from(entry), verifier), `entry ${index} is proved`);
    }
    const kinds = entries.map(({ entry }) => (JSON.parse(entry) as { kind: string }).kind);
    assert.deepEqual(kinds, ['run.open', 'session.open', 'session.close', 'run.close', 'run.manifest']);
    const noted = JSON.parse(entries[4]?.entry ?? '') as { detail: { digest: string; run: string } };
    assert.deepEqual(noted.detail, { digest: statement.subject[0]?.digest.sha256, run: 'run_1' });
    assert.equal(statement.predicate.log.manifestIndex, 4);
    const close = JSON.parse(entries[2]?.entry ?? '') as { root: string; size: string };
    assert.deepEqual([manifest.sessions[0]?.root, String(manifest.sessions[0]?.events)], [close.root, close.size]);
    assert.equal(String(files.get('sessions/ses_of_run_1.jsonl')).trimEnd().split('\n').length, Number(close.size));
    assert.equal(leafHash(Buffer.from(entries[0]?.entry ?? '')).length, 64);
    assert.match(String(files.get('keys/run_1.key')), /^[0-9a-f]{64}\n$/);
  });

  test('has the same bytes at every download, also after a restart, whatever else the log took since', async () => {
    const directory = auditDirectory(after);
    let first: Buffer;
    {
      await using log = await openLog(directory);
      await using evidence = evidenceOf(log);
      await aClosedRun(log, 'run_1');
      first = await bundleOf(evidence, 'run_1');
      const others = Array.from({ length: 300 }, (_, other) => log.openRun(aRun(`run_x${other}`), {}));
      await Promise.all(others);
      assert.ok(first.equals(await bundleOf(evidence, 'run_1')));
    }
    await using log = await openLog(directory);
    await using evidence = evidenceOf(log);
    assert.ok(first.equals(await bundleOf(evidence, 'run_1')));
  });

  test('of a run that goes on says INCOMPLETE, holds what was durable, and is made anew once the run closes', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    await using evidence = evidenceOf(log);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    await exchange(session, 1, 'select 1', 'one');
    const live = unzipStored(await bundleOf(evidence, 'run_1'));
    assert.equal(manifestIn(live).complete, false);
    assert.equal(manifestIn(live).log.closeIndex, undefined);
    assert.equal(statementIn(live).predicate.complete, undefined);
    assert.match(String(live.get('README.txt')), /^INCOMPLETE: the run was still open/m);
    assert.equal(String(live.get('sessions/ses_1.jsonl')).trimEnd().split('\n').length, 3);
    assert.equal((await evidence.state('run_1'))?.state, 'open');
    await session.close('completed');
    await log.closeRun(run.id, 'completed');
    const closed = unzipStored(await bundleOf(evidence, 'run_1'));
    assert.equal(manifestIn(closed).complete, true);
    assert.match(String(closed.get('README.txt')), /^COMPLETE/m);
  });

  test('of a run whose gateway died before it was made is made at the next start, and the run says how it ended', async () => {
    const directory = auditDirectory(after);
    {
      await using log = await openLog(directory);
      await aClosedRun(log, 'run_1');
    }
    await using log = await openLog(directory);
    await using evidence = evidenceOf(log);
    await evidence.sweep();
    const state = await evidence.state('run_1');
    assert.deepEqual([state?.state, state?.complete, state?.index], ['made', true, 4]);
  });

  test('goes on where a crash came between the manifest in the log and the statement', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    await aClosedRun(log, 'run_1');
    {
      await using evidence = evidenceOf(log);
      await evidence.closed('run_1');
    }
    // What stands on disk when the power goes just after the note.
    const kept = join(directory, '..', 'evidence');
    rmSync(join(kept, 'run_1', 'kept.json'));
    rmSync(join(kept, 'run_1', 'statement.sigstore.json'));
    writeFileSync(join(kept, 'unfinished', 'run_1'), '');
    await using evidence = evidenceOf(log);
    await evidence.sweep();
    const state = await evidence.state('run_1');
    assert.deepEqual([state?.state, state?.complete, state?.index], ['made', true, 5]);
    const files = unzipStored(await bundleOf(evidence, 'run_1'));
    assert.equal(statementIn(files).predicate.log.manifestIndex, 5);
    assert.deepEqual(readdirSync(join(kept, 'unfinished')), []);
  });

  test('is told as withheld once its bodies were erased, and the entry that says so is in it', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    await using evidence = evidenceOf(log);
    await aClosedRun(log, 'run_1');
    const before = unzipStored(await bundleOf(evidence, 'run_1'));
    await log.eraseRun({ run: 'run_1', erasure: 'ers_1', by: 'gateway', reason: 'age' });
    const files = unzipStored(await bundleOf(evidence, 'run_1'));
    const gone = [...before.keys()].filter((path) => !files.has(path));
    assert.deepEqual(gone.sort(), ['bodies/ses_of_run_1.bodies', 'keys/run_1.key', 'replay/ses_of_run_1.sql']);
    const withheld = JSON.parse(String(files.get('withheld.json'))) as {
      files: unknown;
      erased: { erasure: string }[];
    };
    assert.deepEqual(withheld.files, [{ path: 'bodies/ses_of_run_1.bodies', why: 'erased' }]);
    assert.deepEqual(
      withheld.erased.map(({ erasure }) => erasure),
      ['ers_1'],
    );
    assert.deepEqual(files.get('statement.sigstore.json'), before.get('statement.sigstore.json'));
    const kinds = entriesIn(files).map(({ entry }) => (JSON.parse(entry) as { kind: string }).kind);
    assert.equal(kinds.at(-1), 'bodies.erased');
    assert.equal((await evidence.state('run_1'))?.bodies, 'erased');
  });

  test('is made without waiting for witnesses, and handed out with them once they are there', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    let quorum = false;
    let waited = 0;
    await using evidence = evidenceOf(log, {
      witnessed: async (_minSize, signal) => {
        if (!signal.aborted) waited++;
        const { checkpoint = '' } = (await readLogHead(directory)) ?? {};
        return { checkpoint, witnessed: quorum };
      },
    });
    await aClosedRun(log, 'run_1');
    await evidence.closed('run_1');
    assert.deepEqual([waited, (await evidence.state('run_1'))?.witnessed], [0, false]);
    const before = await bundleOf(evidence, 'run_1');
    assert.ok(before.equals(await bundleOf(evidence, 'run_1')));
    assert.equal(waited, 1);
    for (let other = 0; other < 20; other++) await log.openRun(aRun(`run_x${other}`), {});
    quorum = true;
    const files = unzipStored(await bundleOf(evidence, 'run_1'));
    assert.equal((await evidence.state('run_1'))?.witnessed, true);
    assert.deepEqual(files.get('statement.sigstore.json'), unzipStored(before).get('statement.sigstore.json'));
    assert.deepEqual(readdirSync(join(directory, '..', 'evidence', 'unfinished')), []);
  });

  test('of a long run is sent in pieces, none of which grows with it', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    await using evidence = evidenceOf(log);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1', aTarget('batched'));
    for (let number = 1; number <= 2_500; number++) await exchange(session, number, `select ${number}`, 'one');
    await session.close('completed');
    await log.closeRun(run.id, 'completed');
    const bundle = await evidence.open('run_1', { withholds: undefined, signal: AbortSignal.timeout(20_000) });
    assert.ok(bundle);
    let [bytes, largest] = [0, 0];
    for await (const piece of bundle.stream()) {
      bytes += piece.length;
      largest = Math.max(largest, piece.length);
    }
    assert.equal(bytes, bundle.bytes);
    assert.ok(bytes > 2 * 1024 * 1024, `${bytes} bytes`);
    assert.ok(largest <= 256 * 1024, `a piece of ${largest} bytes`);
  });

  test('is made again where what was kept of it is gone, and is kept then', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    await aClosedRun(log, 'run_1');
    {
      await using evidence = evidenceOf(log);
      await evidence.closed('run_1');
    }
    rmSync(join(directory, '..', 'evidence'), { recursive: true });
    await using evidence = evidenceOf(log);
    const first = await bundleOf(evidence, 'run_1');
    assert.equal(manifestIn(unzipStored(first)).complete, true);
    assert.ok(first.equals(await bundleOf(evidence, 'run_1')));
  });

  test('of runs that the store does not know is looked for once, and the others are made', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const asked: string[] = [];
    await using evidence = evidenceOf(log, {
      facts: {
        facts: (run) => {
          asked.push(run);
          return Promise.resolve(run === 'run_1' ? undefined : factsOf(run));
        },
        policy: () => Promise.resolve(POLICY_TEXT),
      },
    });
    await aClosedRun(log, 'run_1');
    await aClosedRun(log, 'run_2');
    await log.sync();
    await evidence.sweep();
    await evidence.sweep();
    assert.deepEqual(asked, ['run_1', 'run_2']);
    assert.equal((await evidence.state('run_2'))?.state, 'made');
  });

  test('waits for the log of a run that was just closed, whose last session is ending', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const closedAt = new Date().toISOString();
    const facts = factsOf('run_1');
    await using evidence = evidenceOf(log, {
      facts: {
        facts: () => Promise.resolve({ ...facts, run: { ...facts.run, closedAt } }),
        policy: () => Promise.resolve(undefined),
      },
    });
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    await log.closeRun(run.id, 'completed');
    const asked = bundleOf(evidence, 'run_1');
    await session.close('completed');
    assert.equal(manifestIn(unzipStored(await asked)).complete, true);
  });

  test('names the sessions that other gateways recorded, and is incomplete alone', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    await using evidence = evidenceOf(log, {
      facts: {
        facts: (run) =>
          Promise.resolve(factsOf(run, { elsewhere: [{ session: 'ses_9', gateway: 'other.example/log' }] })),
        policy: () => Promise.resolve(undefined),
      },
    });
    await aClosedRun(log, 'run_1');
    const files = unzipStored(await bundleOf(evidence, 'run_1'));
    assert.deepEqual(manifestIn(files).elsewhere, [{ gateway: 'other.example/log', session: 'ses_9' }]);
    assert.equal(manifestIn(files).complete, false);
    assert.deepEqual((await evidence.state('run_1'))?.why, [
      'Sessions of it were recorded by other.example/log, whose bundle has them.',
    ]);
  });

  test('without bodies has no key, no bodies and no view made of them, and says why', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    await using evidence = evidenceOf(log);
    await aClosedRun(log, 'run_1');
    const whole = unzipStored(await bundleOf(evidence, 'run_1'));
    const files = unzipStored(await bundleOf(evidence, 'run_1', 'role'));
    const gone = [...whole.keys()].filter((path) => !files.has(path));
    assert.deepEqual(gone.sort(), ['bodies/ses_of_run_1.bodies', 'keys/run_1.key', 'replay/ses_of_run_1.sql']);
    assert.deepEqual(JSON.parse(String(files.get('withheld.json'))), {
      v: 1,
      run: 'run_1',
      files: [{ path: 'bodies/ses_of_run_1.bodies', why: 'role' }],
    });
    assert.deepEqual(files.get('run-manifest.json'), whole.get('run-manifest.json'));
    assert.equal(String([...files.values()].map(String)).includes('drop table orders'), false);
  });

  test('of a run that is not in this log is none', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    await using evidence = evidenceOf(log);
    await log.openRun(aRun('run_1'), {});
    assert.equal(await evidence.state('run_2'), undefined);
    assert.equal(await evidence.open('run_2', { withholds: undefined, signal: AbortSignal.timeout(5_000) }), undefined);
    await log.closeRun('run_1' as RunId, 'completed');
  });
});
