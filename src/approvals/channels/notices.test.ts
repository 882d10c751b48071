import assert from 'node:assert/strict';
import { test } from 'node:test';
import { approvalsOn, obligation } from '../../../test/support/held-requests.ts';
import { jobOf } from '../../../test/support/subjects.ts';
import type { SessionId, TargetName } from '../../model/ids.ts';
import { SSH_MEDIA } from '../../model/ssh-frames.ts';
import { openStore } from '../../store/store.ts';
import { noticeOf, statementsOf } from './notices.ts';

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

test('commands and requests are shown as texts, and nothing that is no text', () => {
  const shown = (media: string, bytes: Uint8Array) => statementsOf({ media, bytes })?.map(({ text }) => text);
  assert.deepEqual(shown(SSH_MEDIA, Buffer.from('rm -rf /srv/old')), ['rm -rf /srv/old']);
  const request = 'POST /orders HTTP/1.1\r\n\r\n{}';
  assert.deepEqual(shown('message/http', Buffer.from(request)), [request]);
  assert.equal(shown('message/http', Buffer.from([0x50, 0xff])), undefined);
});
