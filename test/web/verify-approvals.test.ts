import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { verifySession as verifyByGateway } from '../../src/audit/verify/verify-directory.ts';
import { verifySession } from '../../web/src/verify/verify-session.ts';
import { ASK, approvalEnded, aRun, aSession, ask, auditDirectory, openLog } from '../support/audit-log.ts';
import { gatherEvidence } from '../support/evidence.ts';

for (const [what, states, verdict] of [
  ['an approval that was used passes', ['used'], 'PASS'],
  ['an approval that was denied fails', ['denied'], 'FAIL'],
  ['no approval fails', [], 'FAIL'],
] as const) {
  test(`a reply that needed an approval, with ${what}, in the browser as on the gateway`, async () => {
    const directory = auditDirectory(after);
    const log = await openLog(directory);
    const run = aRun('run_1');
    await log.openRun(run, {});
    const session = await aSession(log, run, 'ses_1');
    const record = ask(session, 1, 'ALTER TABLE orders ADD note text', ASK);
    for (const state of states) await record.approval(approvalEnded(state));
    await record.end({ status: 'ok', rows: 0 }, []);
    await session.close('completed');
    await log.closeRun(run.id, 'completed');
    await log[Symbol.asyncDispose]();
    const report = await verifySession(await gatherEvidence(directory, 'ses_1'), { session: 'ses_1' });
    const messages = report.steps.flatMap(({ findings }) => findings.map(({ message }) => message));
    assert.deepEqual([report.verdict, (await verifyByGateway(directory, 'ses_1')).verdict], [verdict, verdict]);
    assert.deepEqual(
      messages,
      verdict === 'PASS' ? [] : ['Exchange 1 has a reply here, and not the approval that it needed.'],
    );
  });
}
