import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { aRun, aSession, ask, auditDirectory, DENY, exchange, openLog } from '../../../test/support/audit-log.ts';
import { findSession } from '../read/read-session.ts';
import { surveySession } from './survey-session.ts';
import { surveyBeside } from './survey-thread.ts';

test('a survey says the same in a thread as here, of whole lines alone', async () => {
  const directory = auditDirectory(after);
  await using log = await openLog(directory);
  const run = aRun('run_1');
  await log.openRun(run, {});
  const session = await aSession(log, run, 'ses_1');
  await exchange(session, 1, 'select 1', 'one');
  const failed = ask(session, 2, 'select x');
  await failed.end({ status: 'error', rows: 0, code: '42703' }, [{ by: 'detector', name: 'email', count: 2 }]);
  const denied = ask(session, 3, 'drop table orders', DENY);
  await denied.refuse({ code: 'policy-denied', message: 'no' });
  await session.close('completed');
  await log.closeRun(run.id, 'completed');
  await log.sync();
  const path = findSession(directory, 'ses_1') ?? '';
  const whole = readFileSync(path);
  const survey = await surveySession(path, { root: true });
  assert.deepEqual(survey.summary, {
    allowed: 2,
    approved: 0,
    byTarget: { shop: { denied: 1, requests: 3 } },
    denied: 1,
    errors: 1,
    maskedFields: 2,
    requests: 3,
    rowsReturned: '1',
    unknownOutcome: 0,
  });
  assert.deepEqual(
    [survey.events, survey.bytes, survey.sha256, survey.outcome],
    [8, whole.length, hash('sha256', whole, 'hex'), 'completed'],
  );
  assert.deepEqual(await surveyBeside(path, { root: true, threadBytes: 0 }), survey);
  appendFileSync(path, '{"v":1');
  assert.deepEqual(await surveySession(path, { root: true }), survey);
});
