import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  ASK,
  approvalEnded,
  aRun,
  aSession,
  ask,
  aTarget,
  auditDirectory,
  openLog,
  PERMIT,
} from '../../../test/support/audit-log.ts';
import { copyRunning } from '../../../test/support/copy-running.ts';
import { LIMITS } from '../../model/limits.ts';
import { readSession } from '../read/read-session.ts';
import { searchStatements } from '../read/search-statements.ts';
import { verifyDirectory } from '../verify/verify-directory.ts';

const USED = approvalEnded('used');
const OK = { status: 'ok', rows: 1, tags: ['DELETE 1'] } as const;

describe('the wait of a held request', () => {
  test('names people and their reasons in bodies alone, which can be erased, and verifies without them', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    const record = ask(session, 1, 'delete from orders', ASK);
    await record.approval({ ...USED, state: 'denied' });
    await record.refuse({
      code: 'approval-denied',
      message: 'ada denied the approval apr_1: fine',
      impersonal: 'the approval apr_1 was denied',
    });
    await session.close('completed');
    await log.sync();
    const read = async (): Promise<string[]> => {
      const bodies = [];
      for await (const { event, line, body } of readSession(directory, 'ses_1')) {
        assert.doesNotMatch(line.toString(), /\bada\b|\bfine\b/);
        const opened = body();
        if (event.kind === 'approval' || event.kind === 'refusal') {
          bodies.push(opened.kind === 'bytes' ? `${event.body?.media} ${opened.bytes.toString()}` : opened.kind);
        }
        if (event.kind === 'refusal') assert.equal(event.refusal?.message, 'the approval apr_1 was denied');
      }
      return bodies;
    };
    assert.deepEqual(await read(), [
      'application/json {"votes":[{"login":"ada","person":"psn_1","reason":"fine"}]}',
      'text/plain; charset=utf-8 ada denied the approval apr_1: fine',
    ]);
    await rm(join(directory, 'keys', 'runs', 'run_1.key'));
    assert.deepEqual(await read(), ['withheld', 'withheld']);
    const report = await verifyDirectory(directory);
    assert.deepEqual(
      report.findings.map(({ message }) => message),
      ['the key is not here, and the log erased no bodies'],
    );
    assert.equal(report.totals.withheldBodies, 4);
  });

  test('stands between its request and its end, on disk at once also where the target is recorded in batches', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1', aTarget('batched'));
    const used = ask(session, 1, 'delete from orders', ASK);
    await used.approval(USED);
    await used.reply(Buffer.from('one'));
    await used.end(OK, []);
    const denied = ask(session, 2, 'delete from items', ASK);
    await denied.approval({ ...USED, state: 'denied' });
    await denied.refuse({ code: 'approval-denied', message: 'no' });
    await session.close('completed');
    await log.sync();
    const seen = [];
    for await (const { event } of readSession(directory, 'ses_1')) seen.push(event);
    assert.deepEqual(
      seen.map(({ kind, exchange, held }) => [kind, exchange, held?.state]),
      [
        ['session.open', undefined, undefined],
        ['request', 1, undefined],
        ['approval', 1, 'used'],
        ['reply', 1, undefined],
        ['request', 2, undefined],
        ['approval', 2, 'denied'],
        ['refusal', 2, undefined],
        ['session.close', undefined, undefined],
      ],
    );
    assert.deepEqual(seen[2]?.held, {
      id: 'apr_1',
      state: 'used',
      digest: 'cd'.repeat(32),
      waitedMs: 42_000,
      votes: [{ person: 'psn_1', answer: 'approve', channel: 'web', at: '2026-03-04T05:06:07.008Z' }],
    });
    const found = [];
    for await (const one of searchStatements(directory, { table: 'orders' })) found.push(one);
    assert.deepEqual(
      found.map(({ text, approval, outcome }) => [text, approval?.held?.state, outcome?.kind]),
      [
        ['delete from orders', 'used', 'reply'],
        ['delete from items', 'denied', 'refusal'],
      ],
    );
    assert.equal((await verifyDirectory(directory)).verdict, 'PASS');
  });

  test('that a crash ended was never forwarded, and the recovered record says so; what was approved may have been', async () => {
    const directory = auditDirectory(after);
    // Nothing is sealed by itself: what is asked before the sync is recovered from the state, the rest from the journal.
    await using log = await openLog(directory, { limits: { ...LIMITS, checkpointMs: 1_000_000 } });
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    const [waiting, approved] = [ask(session, 1, 'delete 1', ASK), ask(session, 2, 'delete 2', ASK)];
    await Promise.all([waiting.durable, approved.durable]);
    await log.sync();
    await approved.approval(USED);
    const [denied, late, plain] = [3, 4, 5].map((number) =>
      ask(session, number, 'delete', number === 5 ? PERMIT : ASK),
    );
    await denied?.approval({ ...USED, state: 'denied' });
    await Promise.all([late?.durable, plain?.durable]);
    const crashed = join(directory, '..', 'crashed');
    await copyRunning(directory, crashed);
    await (await openLog(crashed))[Symbol.asyncDispose]();
    const ends = [];
    for await (const { event } of readSession(crashed, 'ses_1')) {
      if (event.kind === 'gap' || event.kind === 'refusal') ends.push([event.exchange, event.kind, event.refusal]);
    }
    const refusal = {
      code: 'approval-cancelled',
      message: 'the session ended before an approval of this was used: it was never forwarded',
    };
    assert.deepEqual(ends, [
      [1, 'refusal', refusal],
      [2, 'gap', undefined],
      [3, 'refusal', refusal],
      [4, 'refusal', refusal],
      [5, 'gap', undefined],
    ]);
    const report = await verifyDirectory(crashed);
    assert.deepEqual([report.verdict, report.findings, report.totals.unknownOutcomes], ['PASS', [], 2]);
  });

  for (const [what, approval] of [
    ['none at all', undefined],
    ['one that was denied', 'denied'],
    ['one that was never answered', 'pending'],
  ] as const) {
    test(`fails the verification where a reply follows on ${what}`, async () => {
      const directory = auditDirectory(after);
      await using log = await openLog(directory);
      const run = aRun('run_1');
      await log.openRun(run, {});
      const session = await aSession(log, run, 'ses_1');
      const record = ask(session, 1, 'delete from orders', ASK);
      if (approval !== undefined) await record.approval({ ...USED, state: approval });
      await record.end(OK, []);
      await session.close('completed');
      await log.sync();
      const { verdict, findings } = await verifyDirectory(directory);
      assert.equal(verdict, 'FAIL');
      assert.match(JSON.stringify(findings), /exchange 1 has a reply, and not the approval that it needed/);
    });
  }
});
