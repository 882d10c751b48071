import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApi } from '../../../../test/support/api.ts';
import type { GrantId, RunId, SessionId } from '../../../model/ids.ts';
import { runSql } from './sql-query.ts';
import { openWay } from './way-in.ts';

const POLICIES = `
  - { name: read, principals: any, targets: [people], operations: [read, session, transaction], effect: permit }
  - { name: asked, principals: any, targets: [people], operations: [delete], effect: permit, approve: { group: dba, within: 10m } }
`;

test('a query that people do not answer in its time says which approval it waits for, and passes once it was given', async () => {
  await using api = await startApi({ policies: POLICIES });
  const dba = await api.person('dora', { groups: ['dba'], roles: ['approver'] });
  const { user, run } = await api.grant();
  const asker = { grant: user as GrantId, run: run as RunId, session: 'ses_1' as SessionId };
  const target = api.behind.targets.get('people');
  assert.ok(target);
  const ask = async (waitMs: number) => {
    using way = await openWay(target, asker, api.behind);
    return await runSql(way, 'DELETE FROM people WHERE id = 99', 'people', new AbortController().signal, waitMs);
  };
  const waited = await ask(1_500);
  assert.equal(waited.kind === 'refused' && waited.data?.['code'], 'approval-pending', JSON.stringify(waited));
  const { approval } = waited.data as { readonly approval: string };
  const { json } = await api.call('GET', `/v1/approvals/${approval}`, { auth: dba });
  const answer = { answer: 'approve', digest: json['digest'] };
  assert.equal((await api.call('POST', `/v1/approvals/${approval}/answer`, { auth: dba, json: answer })).status, 200);
  const ran = await ask(30_000);
  assert.equal(ran.kind, 'data', JSON.stringify(ran));
});
