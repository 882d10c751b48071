import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { aRun, aSession, ask, aTarget, auditDirectory, openLog, PERMIT } from '../../test/support/audit-log.ts';
import type { ApprovalRecord } from '../model/approval.ts';
import type { Decision } from '../model/decision.ts';
import type { ApprovalId, PersonId } from '../model/ids.ts';
import { readSession } from './read-session.ts';
import { searchStatements } from './search-statements.ts';
import { verifyDirectory } from './verify-directory.ts';

const ASK: Decision = {
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

const USED: ApprovalRecord = {
  id: 'apr_1' as ApprovalId,
  state: 'used',
  digest: 'cd'.repeat(32),
  votes: [
    {
      person: 'per_1' as PersonId,
      login: 'ada',
      answer: 'approve',
      channel: 'web',
      at: '2026-03-04T05:06:07.008Z',
      reason: 'fine',
    },
  ],
  waitedMs: 42_000,
};

const OK = { status: 'ok', rows: 1, tags: ['DELETE 1'] } as const;

describe('the wait of a held request', () => {
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
      seen.map(({ kind, exchange, approval }) => [kind, exchange, approval?.state]),
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
    assert.deepEqual(seen[2]?.approval, USED);
    const found = [];
    for await (const one of searchStatements(directory, { table: 'orders' })) found.push(one);
    assert.deepEqual(
      found.map(({ text, approval, outcome }) => [text, approval?.approval?.state, outcome?.kind]),
      [
        ['delete from orders', 'used', 'reply'],
        ['delete from items', 'denied', 'refusal'],
      ],
    );
    assert.equal((await verifyDirectory(directory)).verdict, 'PASS');
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
