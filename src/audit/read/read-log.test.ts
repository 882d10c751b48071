import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { aRun, aSession, ask, auditDirectory, DENY, exchange, openLog } from '../../../test/support/audit-log.ts';
import { verifyInThread } from '../verify/verify-thread.ts';
import { readLogEntries, readLogHead } from './read-log.ts';
import { findSession } from './read-session.ts';
import { recentRequests } from './recent-requests.ts';

describe('a log that goes on', () => {
  test('says what was signed last, and its entries under that', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    await exchange(session, 1, 'SELECT 1', 'one');
    await log.sync();
    const head = await readLogHead(directory);
    assert.deepEqual([head?.origin, head?.size], ['gateway.example/log', 2]);
    const entries = await readLogEntries(directory, 0, 256);
    assert.deepEqual(
      entries.map(({ index, text }) => [index, (JSON.parse(text) as { kind: string }).kind]),
      [
        [0, 'run.open'],
        [1, 'session.open'],
      ],
    );
    assert.deepEqual(
      (await readLogEntries(directory, 1, 1)).map(({ index }) => index),
      [1],
    );
    assert.deepEqual(await readLogEntries(directory, 2, 10), []);
    await session.close('completed');
  });

  test('is verified in a thread beside it, which finds what was altered', async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    await exchange(session, 1, 'SELECT 1', 'one');
    await session.close('completed');
    await log.sync();
    assert.equal((await verifyInThread(directory)).verdict, 'PASS');
    appendFileSync(findSession(directory, 'ses_1') ?? '', '{}\n');
    const { verdict, findings } = await verifyInThread(directory);
    assert.equal(verdict, 'FAIL');
    assert.match(findings[0]?.file ?? '', /ses_1\.jsonl$/);
  });

  test("gives a session's last requests with their ends, newest first, however long it is", async () => {
    const directory = auditDirectory(after);
    await using log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    for (let number = 1; number <= 200; number++) await exchange(session, number, `SELECT ${number}`, 'x');
    const denied = ask(session, 201, 'DROP TABLE orders', DENY);
    await denied.refuse({ code: 'policy-denied', message: 'no' });
    await log.sync();
    const query = { limit: 2, tailBytes: 16_384, textBytes: 1_000 };
    const last = await recentRequests(directory, 'ses_1', query);
    assert.deepEqual(
      last.map(({ request, outcome, text }) => [request.exchange, outcome?.kind, text]),
      [
        [201, 'refusal', 'DROP TABLE orders'],
        [200, 'reply', 'SELECT 200'],
      ],
    );
    const before = await recentRequests(directory, 'ses_1', { ...query, before: 200, textBytes: 0 });
    assert.deepEqual(
      before.map(({ request, text }) => [request.exchange, text]),
      [
        [199, undefined],
        [198, undefined],
      ],
    );
    assert.deepEqual(await recentRequests(directory, 'ses_none', query), []);
    await session.close('completed');
  });
});
