import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { aRun, aSession, auditDirectory, exchange, openLog } from '../../test/support/audit-log.ts';
import { readDeploymentKey } from './audit-keys.ts';
import { auditPaths } from './audit-paths.ts';
import { type ErasureDetail, markErasure, markPath } from './erasing.ts';
import { listSegments, loadSegment } from './journal/journal-segment.ts';
import type { OpenAuditLog } from './open-audit-log.ts';
import { readLogEntries } from './read/read-log.ts';
import { readSession } from './read/read-session.ts';
import { verifyDirectory } from './verify/verify-directory.ts';

const DETAIL: ErasureDetail = { run: 'run_1', erasure: 'era_1', by: 'psn_ada', reason: 'data-subject' };
const SECRET = 'canary-in-a-reply';

/** A run with one session that said the secret, closed. */
async function recordRun(log: OpenAuditLog, id = 'run_1', session = 'ses_1'): Promise<void> {
  const run = aRun(id);
  await log.openRun(run, {});
  const record = await aSession(log, run, session);
  await exchange(record, 1, `SELECT '${SECRET}'`, SECRET);
  await record.close('completed');
  await log.closeRun(run.id, 'completed');
}

async function erasuresIn(directory: string): Promise<unknown[]> {
  const entries = (await readLogEntries(directory, 0, 1_000)).map(({ text }) => JSON.parse(text));
  return entries.filter(({ kind }) => kind === 'bodies.erased').map(({ detail }) => detail);
}

async function bodiesOf(directory: string, session: string): Promise<string[]> {
  const kinds: string[] = [];
  for await (const { body } of readSession(directory, session)) kinds.push(body().kind);
  return kinds;
}

/** Whether any group of the journal that is on disk still says it. */
function journalSays(directory: string, text: string): boolean {
  const { journal, keys } = auditPaths(directory);
  const deployment = readDeploymentKey(keys);
  assert.ok(deployment);
  return listSegments(journal).some((number) =>
    loadSegment(journal, number, deployment).groups.some(({ records }) => records.includes(text)),
  );
}

describe('erasing the bodies of a run', () => {
  test('is said in the log, takes the key and the journal, and leaves everything else to verify', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    await recordRun(log);
    await recordRun(log, 'run_2', 'ses_2');
    await log.sync();
    assert.equal(journalSays(directory, SECRET), true);
    assert.equal(await log.eraseRun(DETAIL), 'erased');

    assert.deepEqual(await erasuresIn(directory), [DETAIL]);
    assert.equal(existsSync(join(directory, 'keys', 'runs', 'run_1.key')), false);
    assert.equal(existsSync(markPath(auditPaths(directory), 'run_1')), false);
    assert.equal(journalSays(directory, SECRET), false);
    assert.deepEqual(await bodiesOf(directory, 'ses_1'), ['withheld', 'withheld', 'withheld', 'none']);
    assert.deepEqual(await bodiesOf(directory, 'ses_2'), ['bytes', 'bytes', 'bytes', 'none']);
    const { verdict, findings, withheld, erased } = await verifyDirectory(directory);
    assert.deepEqual([verdict, findings, withheld], ['PASS', [], ['run_1']]);
    assert.deepEqual(
      erased.map(({ at, ...said }) => [said, /^\d{4}-/.test(at)]),
      [[{ run: 'run_1', by: 'psn_ada', reason: 'data-subject' }, true]],
    );
    assert.equal(await log.eraseRun(DETAIL), 'absent');
    assert.equal((await erasuresIn(directory)).length, 1);
  });

  test('is refused while the run is open, or a session of it is', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    assert.equal(await log.eraseRun(DETAIL), 'open');
    await log.closeRun(run.id, 'completed');
    assert.equal(await log.eraseRun(DETAIL), 'open');
    await session.close('completed');
    assert.equal(await log.eraseRun(DETAIL), 'erased');
    assert.deepEqual(await erasuresIn(directory), [DETAIL]);
  });

  test('says nothing of a run that it has no key of', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    assert.equal(await log.eraseRun({ ...DETAIL, run: 'run_elsewhere' }), 'absent');
    assert.deepEqual(await erasuresIn(directory), []);
  });

  for (const [where, isSaid] of [
    ['before the log said it', false],
    ['after the log said it', true],
  ] as const) {
    test(`that a crash interrupts ${where} is done at the next start, and said once`, async () => {
      const directory = auditDirectory(after);
      const first = await openLog(directory);
      await recordRun(first);
      await first.sync();
      await markErasure(auditPaths(directory), DETAIL);
      if (isSaid) await first.note({ kind: 'bodies.erased', detail: { ...DETAIL } });
      await first[Symbol.asyncDispose]();
      // As the crash left it: said or marked, and the key still there.
      const crashed = await verifyDirectory(directory);
      assert.equal(crashed.verdict, isSaid ? 'INCOMPLETE' : 'PASS');
      assert.equal(existsSync(join(directory, 'keys', 'runs', 'run_1.key')), true);

      await (await openLog(directory))[Symbol.asyncDispose]();
      assert.equal(existsSync(join(directory, 'keys', 'runs', 'run_1.key')), false);
      assert.deepEqual(await erasuresIn(directory), [DETAIL]);
      assert.equal((await verifyDirectory(directory)).verdict, 'PASS');
      assert.deepEqual(
        readdirSync(join(directory, 'keys', 'runs')).filter((name) => name.includes('erasing')),
        [],
      );
    });
  }

  test('leaves no start to a mark that somebody wrote otherwise', async () => {
    const directory = auditDirectory(after);
    await (await openLog(directory))[Symbol.asyncDispose]();
    writeFileSync(markPath(auditPaths(directory), 'run_1'), '{"detail":{"run":"run_2"},"logSize":0}\n');
    await assert.rejects(openLog(directory), /run_1\.erasing is not the mark of an erasure/);
  });

  test('a key that is gone without a word makes the verdict INCOMPLETE', async () => {
    const directory = auditDirectory(after);
    const log = await openLog(directory);
    await recordRun(log);
    await log[Symbol.asyncDispose]();
    const path = join(directory, 'keys', 'runs', 'run_1.key');
    assert.equal(readFileSync(path).length, 64);
    rmSync(path);
    const { verdict, findings, erased } = await verifyDirectory(directory);
    assert.deepEqual([verdict, erased], ['INCOMPLETE', []]);
    assert.equal(findings[0]?.message, 'the key is not here, and the log erased no bodies');
  });
});

describe('what is left of a body once its key is gone', () => {
  test('cannot be confirmed by whoever guesses it, for the salt went with it; an unsalted digest could be', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    await recordRun(log);
    await log.sync();
    const digests = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const { event } of readSession(directory, 'ses_1')) found.push(event.body?.digest ?? '');
      return found;
    };
    assert.equal(await log.eraseRun(DETAIL), 'erased');
    const guess = Buffer.from(SECRET);
    const left = await digests();
    // What a reader of the log can make of a guess: nothing that stands in a line.
    for (const unsalted of [guess, Buffer.concat([Buffer.of(1), guess])]) {
      assert.equal(left.includes(createHash('sha256').update(unsalted).digest('hex')), false);
    }
    // The twin without a salt: a dictionary of three finds it.
    const twin = createHash('sha256').update(guess).digest('hex');
    const dictionary = ['yes', SECRET, 'no'];
    assert.equal(
      dictionary.find((word) => createHash('sha256').update(word).digest('hex') === twin),
      SECRET,
    );
  });
});
