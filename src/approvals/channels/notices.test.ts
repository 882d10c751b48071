import assert from 'node:assert/strict';
import { test } from 'node:test';
import { approvalsOn, obligation } from '../../../test/support/held-requests.ts';
import { jobOf } from '../../../test/support/subjects.ts';
import type { SessionId, TargetName } from '../../model/ids.ts';
import { openStore } from '../../store/store.ts';
import { noticeOf } from './notices.ts';

test('of a target that a run asks for, channels have the reason only where each rule shows texts', async () => {
  await using store = await openStore({ file: ':memory:' });
  await using asking = await approvalsOn(store);
  const ask = async (name: string, showText: boolean) => {
    const { approval } = await asking.service.askAccess({
      session: 'ses_1' as SessionId,
      principal: jobOf(),
      target: { name: name as TargetName, protocol: 'postgres' },
      because: 'the report needs it',
      obligations: [obligation('dba', { showText })],
      rules: ['shop'],
      digest: 'd'.repeat(64),
    });
    const find = (id: string) => asking.service.find(id, { all: true });
    return noticeOf(approval.id, { store, find, url: (id) => `https://gateway.test/approvals/${id}` });
  };
  const shown = await ask('ledger', true);
  assert.deepEqual([shown?.kinds, shown?.target], [['enter'], 'ledger']);
  assert.deepEqual(shown?.statements, [
    {
      text: 'May this run enter the target ledger, as long as its grant lasts?\nIt says: the report needs it',
      parameters: [],
    },
  ]);
  assert.equal((await ask('archive', false))?.statements, undefined);
});
