import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { verifySession as verifyByGateway } from '../../src/audit/verify/verify-directory.ts';
import type { ApprovalRecord } from '../../src/model/approval.ts';
import type { Decision } from '../../src/model/decision.ts';
import type { ApprovalId, PersonId } from '../../src/model/ids.ts';
import { verifySession } from '../../web/src/verify/verify-session.ts';
import { aRun, aSession, ask, auditDirectory, openLog, PERMIT } from '../support/audit-log.ts';
import { gatherEvidence } from '../support/evidence.ts';

const HELD: Decision = {
  ...PERMIT,
  effect: 'permit',
  rules: ['ask'],
  obligations: [
    {
      kind: 'approve',
      group: 'dba',
      quorum: 1,
      withinMs: 60_000,
      allowActor: false,
      measureRows: false,
      showText: false,
    },
  ],
};

function ending(state: ApprovalRecord['state']): ApprovalRecord {
  const vote = { person: 'psn_1' as PersonId, login: 'ada', answer: 'approve', channel: 'web', reason: 'so' } as const;
  const votes = [{ ...vote, at: '2026-03-04T05:06:07.008Z' }];
  return { id: 'apr_1' as ApprovalId, state, digest: 'cd'.repeat(32), votes, waitedMs: 5 };
}

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
    const record = ask(session, 1, 'ALTER TABLE orders ADD note text', HELD);
    for (const state of states) await record.approval(ending(state));
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
