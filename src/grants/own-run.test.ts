import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import type { TargetName } from '../model/ids.ts';
import { findGrant } from '../store/grant-rows.ts';
import { insertOwnRun } from './own-run.ts';

const START = Date.parse('2026-01-02T03:04:05.678Z');
const ADA = { id: 'psn_01', display: 'ada', issuer: 'https://gateway.example' };

onEachStore('runs of the gateway itself', (stores) => {
  test('one is the run of whoever asked, in one target, until its time is over', async () => {
    const store = await stores.open();
    const circumstances = { store, now: () => START, random: (bytes: number) => randomBytes(bytes) };
    const purpose = { target: 'pg-staging' as TargetName, purpose: 'targets classify', seconds: 120 };
    const { run, principal } = await insertOwnRun(circumstances, ADA, purpose);
    const { grant, ...who } = principal;
    assert.deepEqual(who, { id: 'psn_01', kind: 'human', display: 'ada', run });
    assert.deepEqual(
      { ...grant, id: 'id', run: 'run' },
      {
        id: 'id',
        run: 'run',
        targets: ['pg-staging'],
        rule: 'targets classify',
        issuedAt: '2026-01-02T03:04:05.678Z',
        expiresAt: '2026-01-02T03:06:05.678Z',
      },
    );
    assert.deepEqual([run.kind, run.demo, run.asserted], ['human', false, { purpose: 'targets classify' }]);
    const found = await findGrant(store, grant.id);
    assert.deepEqual([found?.run.id, found?.run.principal, found?.grant.revoked_at], [run.id, 'psn_01', null]);
  });
});
