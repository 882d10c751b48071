import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { aRun, aSession, ask, aTarget, auditDirectory, exchange, openLog } from '../../../test/support/audit-log.ts';
import { copyRunning } from '../../../test/support/copy-running.ts';
import { LIMITS } from '../../model/limits.ts';
import { readSession } from '../read/read-session.ts';
import { verifyDirectory } from '../verify/verify-directory.ts';
import { listSegments, segmentName } from './journal-segment.ts';

/** Nothing is sealed by itself in these tests: what the journal holds is all that a crash leaves. */
const SLOW = { ...LIMITS, checkpointMs: 1_000_000, journalAheadBytes: 0 };

/**
 * The directory as a crash would leave it at this moment: a copy, taken while the log is open. It has a session with a
 * state under a checkpoint, and after that a finished exchange, a large reply, and a request that was never answered.
 */
async function crashed(): Promise<string> {
  const directory = auditDirectory(after);
  await using log = await openLog(directory, { limits: SLOW });
  const run = aRun('run_1');
  await log.openRun(run, {});
  const early = await aSession(log, run, 'ses_1', aTarget('strict', 300_000));
  await exchange(early, 1, 'SELECT 1', 'one');
  await log.sync();
  await exchange(early, 2, 'SELECT 2', 'two');
  const large = ask(early, 3, 'SELECT * FROM orders');
  await large.durable;
  for (let i = 0; i < 4; i++) await large.reply(Buffer.alloc(100_000, `${i}`));
  await large.end({ status: 'ok', rows: 1 }, []);
  const late = await aSession(log, run, 'ses_2');
  await ask(late, 1, 'DELETE FROM orders').durable;
  await log.note({ kind: 'target.changed', detail: { name: 'shop' } });
  const snapshot = join(directory, '..', 'crashed');
  await copyRunning(directory, snapshot);
  return snapshot;
}

async function reopen(directory: string): Promise<void> {
  await (await openLog(directory))[Symbol.asyncDispose]();
}

async function kinds(directory: string, session: string): Promise<string[]> {
  const seen: string[] = [];
  for await (const { event } of readSession(directory, session))
    seen.push(`${event.kind} ${event.exchange ?? ''}`.trim());
  return seen;
}

describe('recovery', () => {
  test('closes a run that a log which ended well left open with nothing going on in it, and the log goes on', async () => {
    const directory = auditDirectory(after);
    {
      await using log = await openLog(directory);
      await log.openRun(aRun('run_1'), {});
    }
    const faults: unknown[] = [];
    {
      await using log = await openLog(directory, { onFault: (fault) => faults.push(fault) });
      await log.openRun(aRun('run_2'), {});
      await log.closeRun(aRun('run_2').id, 'completed');
      await log.sync();
      assert.equal(log.published.status.signing.signed, log.published.status.signing.durable);
    }
    assert.deepEqual(faults, []);
    const report = await verifyDirectory(directory);
    assert.deepEqual([report.verdict, report.findings, report.unterminated], ['PASS', [], []]);
  });

  test('seals what the journal holds, says what it does not know, and closes what was open', async () => {
    const directory = await crashed();
    const before = await verifyDirectory(directory);
    assert.equal(before.verdict, 'INCOMPLETE');
    assert.deepEqual(before.unterminated, ['ses_1', 'run_1']);
    await reopen(directory);
    const report = await verifyDirectory(directory);
    assert.deepEqual(report.findings, []);
    assert.equal(report.verdict, 'PASS');
    assert.equal(report.totals.unknownOutcomes, 1);
    assert.deepEqual(await kinds(directory, 'ses_1'), [
      'session.open',
      'request 1',
      'reply 1',
      'request 2',
      'reply 2',
      'request 3',
      'reply 3',
      'session.close',
    ]);
    assert.deepEqual(await kinds(directory, 'ses_2'), ['session.open', 'request 1', 'gap 1', 'session.close']);
    assert.deepEqual(listSegments(join(directory, 'journal')), []);
  });

  test('continues the checkpoint that was signed before', async () => {
    const directory = await crashed();
    const knownCheckpoint = readFileSync(join(directory, 'log/checkpoint'), 'utf8');
    await reopen(directory);
    assert.equal((await verifyDirectory(directory, { knownCheckpoint })).verdict, 'PASS');
  });

  test('may itself be cut off, and is done again', async () => {
    const directory = await crashed();
    const journal = join(directory, 'journal');
    cpSync(journal, `${journal}-kept`, { recursive: true });
    await reopen(directory);
    const once = await verifyDirectory(directory);
    // As if the process had ended before it removed the journal that it had sealed.
    cpSync(`${journal}-kept`, journal, { recursive: true });
    rmSync(`${journal}-kept`, { recursive: true });
    await reopen(directory);
    const twice = await verifyDirectory(directory);
    assert.equal(twice.verdict, 'PASS');
    assert.deepEqual(twice.totals, once.totals);
  });

  test('begins from what was signed, whatever lies after it in the files', async () => {
    const directory = await crashed();
    const [day = ''] = readdirSync(join(directory, 'sessions'));
    const session = join(directory, 'sessions', day, 'ses_1.jsonl');
    writeFileSync(session, Buffer.concat([readFileSync(session), Buffer.from('{"torn":')]));
    const bodies = join(directory, 'bodies/ses_1.bodies');
    writeFileSync(bodies, Buffer.concat([readFileSync(bodies), Buffer.from('CBP torn')]));
    writeFileSync(join(directory, 'log/tile/entries/000.p/9'), 'never signed');
    writeFileSync(join(directory, 'log/checkpoint.tmp'), 'never published');
    await reopen(directory);
    const report = await verifyDirectory(directory);
    assert.deepEqual(report.findings, []);
    assert.equal(report.verdict, 'PASS');
    assert.equal(report.totals.lostBodies, 0);
  });

  test('says of a large body that a power cut took it, where the journal kept its record', async () => {
    const directory = await crashed();
    const { bodies } = (await verifyDirectory(directory)).totals;
    const packs = join(directory, 'bodies/ses_1.bodies');
    truncateSync(packs, readFileSync(packs).length - 1);
    await reopen(directory);
    const report = await verifyDirectory(directory);
    assert.deepEqual(report.findings, []);
    assert.equal(report.verdict, 'PASS');
    assert.equal(report.totals.lostBodies, 1);
    assert.equal(bodies, 3);
    for await (const { event, body } of readSession(directory, 'ses_1')) {
      if (event.kind === 'reply' && event.exchange === 3) assert.deepEqual(body(), { kind: 'unreadable', why: 'lost' });
    }
  });

  test('takes a journal whose last frame is torn up to that frame', async () => {
    const directory = await crashed();
    const [number = 0] = listSegments(join(directory, 'journal'));
    const segment = join(directory, 'journal', segmentName(number));
    truncateSync(segment, readFileSync(segment).length - 3);
    await reopen(directory);
    const report = await verifyDirectory(directory);
    assert.equal(report.verdict, 'PASS');
    assert.deepEqual(await kinds(directory, 'ses_2'), ['session.open', 'request 1', 'gap 1', 'session.close']);
  });

  test('does not go on with a log whose tiles were changed, or a session whose run key was', async () => {
    for (const file of [
      'log/tile/0/000.p/2',
      'state.json',
      'keys/runs/run_1.key',
      'keys/deployment.key',
      'log/checkpoint',
    ]) {
      const directory = await crashed();
      const bytes = readFileSync(join(directory, file));
      bytes[20] = (bytes[20] ?? 0) ^ 1;
      writeFileSync(join(directory, file), bytes);
      await assert.rejects(reopen(directory), { code: 'log-corrupt' }, file);
    }
  });

  test('closes the sessions of a run whose key was erased meanwhile, and its bodies stay withheld', async () => {
    const directory = await crashed();
    rmSync(join(directory, 'keys/runs/run_1.key'));
    await reopen(directory);
    const report = await verifyDirectory(directory);
    assert.deepEqual(
      report.findings.map(({ severity, file }) => [severity, file]),
      [['incomplete', 'keys/runs/run_1.key']],
    );
    assert.deepEqual(report.withheld, ['run_1']);
  });
});
