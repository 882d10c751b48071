import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import { type ApprovalFilter, changedApprovals, listApprovals } from './approval-lists.ts';
import {
  type ApprovalRow,
  claimApproval,
  countPending,
  findApproval,
  insertApproval,
  insertVote,
  redeemApproval,
} from './approval-rows.ts';
import { cancelEndedRuns, expireApprovals } from './approval-sweeps.ts';
import type { Store } from './store.ts';

const at = (minute: number) => `2026-01-02T03:${String(minute).padStart(2, '0')}:00.000Z`;

function row(id: string, more: Partial<ApprovalRow> = {}): ApprovalRow {
  return {
    id,
    kind: 'request',
    access: null,
    state: 'pending',
    digest: 'd',
    run_id: 'run_1',
    session: 'ses_1',
    exchange: 1,
    gateway: 'gateway.test/1',
    holder: null,
    target: 'demo',
    protocol: 'postgres',
    principal: 'wrk_1',
    display: 'acme/shop@refs/heads/main',
    repository: null,
    actor: '{}',
    body: 'sealed',
    operations: '[]',
    context: '{}',
    obligations: '[]',
    rules: '[]',
    policy: 'p',
    estimate: null,
    requested_at: at(0),
    expires_at: at(30),
    decided_at: null,
    usable_until: null,
    used_at: null,
    reason: null,
    revision: 1,
    changed_at: at(0),
    ...more,
  };
}

const insert = (store: Store, one: ApprovalRow, groups: readonly string[] = ['dba']) =>
  store.write((trx) => insertApproval(trx, one, groups));
const vote = (store: Store, approval: string, person: string) =>
  store.write((trx) =>
    insertVote(trx, {
      approval,
      person,
      login: person,
      answer: 'approve',
      reason: null,
      channel: 'web',
      at: at(1),
      counts_for: '["dba"]',
    }),
  );

onEachStore('the rows of approvals', (stores) => {
  test('are listed newest first, by page, run, session, group, and by who answered', async () => {
    const store = await stores.open();
    await insert(store, row('apr_1'));
    await insert(store, row('apr_2', { run_id: 'run_2', session: 'ses_2' }), ['dba', 'security']);
    await insert(store, row('apr_3'), ['security']);
    await insert(store, row('apr_4'), ['sales']);
    assert.equal(await vote(store, 'apr_2', 'ada'), true);
    assert.equal(await vote(store, 'apr_2', 'ada'), false);
    assert.equal(await vote(store, 'apr_4', 'ada'), true);
    const ids = async (filter: Partial<ApprovalFilter>) =>
      (await listApprovals(store, { now: at(1), limit: 10, ...filter })).map(({ id }) => id);
    assert.deepEqual(await ids({}), ['apr_4', 'apr_3', 'apr_2', 'apr_1']);
    assert.deepEqual(await ids({ limit: 2 }), ['apr_4', 'apr_3']);
    assert.deepEqual(await ids({ limit: 2, before: 'apr_3' }), ['apr_2', 'apr_1']);
    assert.deepEqual(await ids({ run: 'run_2' }), ['apr_2']);
    assert.deepEqual(await ids({ session: 'ses_1' }), ['apr_4', 'apr_3', 'apr_1']);
    assert.deepEqual(await ids({ groups: ['dba'] }), ['apr_2', 'apr_1']);
    assert.deepEqual(await ids({ groups: ['dba', 'security'] }), ['apr_3', 'apr_2', 'apr_1']);
    assert.deepEqual(await ids({ groups: ['DBA'] }), []);
    assert.deepEqual(await ids({ groups: [] }), []);
    assert.deepEqual(await ids({ groups: ['dba'], unansweredBy: 'ada' }), ['apr_1']);
    assert.deepEqual(await ids({ groups: ['dba'], answeredBy: 'ada' }), ['apr_4', 'apr_2', 'apr_1']);
    assert.deepEqual(await ids({ groups: [], answeredBy: 'ada' }), ['apr_4', 'apr_2']);
  });

  test('are pending up to the moment in which they expire, in lists and counts, before and after the sweep', async () => {
    const store = await stores.open();
    await insert(store, row('apr_1', { expires_at: at(10) }));
    await insert(store, row('apr_2', { expires_at: at(20) }));
    const ids = async (state: ApprovalRow['state'], now: string) =>
      (await listApprovals(store, { state, now, limit: 10 })).map(({ id }) => id);
    assert.deepEqual([await ids('pending', at(9)), await ids('expired', at(9))], [['apr_2', 'apr_1'], []]);
    assert.deepEqual([await ids('pending', at(10)), await ids('expired', at(10))], [['apr_2'], ['apr_1']]);
    assert.equal(await store.read((db) => countPending(db, 'run_1', at(10))), 1);
    assert.equal(await expireApprovals(store, at(9)), 0);
    assert.equal(await expireApprovals(store, at(10)), 1);
    assert.equal(await expireApprovals(store, at(10)), 0);
    assert.deepEqual([await ids('pending', at(10)), await ids('expired', at(10))], [['apr_2'], ['apr_1']]);
    assert.equal((await store.read((db) => findApproval(db, 'apr_1')))?.state, 'expired');
  });

  test('that were approved and not used in time are expired as well, and the time of the decision stays', async () => {
    const store = await stores.open();
    const approved = { state: 'approved' as const, decided_at: at(1), usable_until: at(10) };
    await insert(store, row('apr_1', approved));
    await insert(store, row('apr_2', { ...approved, used_at: at(2) }));
    const ids = async (state: ApprovalRow['state'], now: string) =>
      (await listApprovals(store, { state, now, limit: 10 })).map(({ id }) => id);
    assert.deepEqual([await ids('approved', at(9)), await ids('expired', at(9))], [['apr_2', 'apr_1'], []]);
    assert.deepEqual([await ids('approved', at(10)), await ids('expired', at(10))], [['apr_2'], ['apr_1']]);
    assert.equal(await expireApprovals(store, at(9)), 0);
    assert.equal(await expireApprovals(store, at(10)), 1);
    const expired = await store.read((db) => findApproval(db, 'apr_1'));
    assert.deepEqual([expired?.state, expired?.decided_at], ['expired', at(1)]);
    assert.deepEqual([await ids('approved', at(10)), await ids('expired', at(10))], [['apr_2'], ['apr_1']]);
  });

  test('are claimed by one holder, an approved one before one that waits', async () => {
    const store = await stores.open();
    const approved = { state: 'approved' as const, usable_until: at(20) };
    await insert(store, row('apr_1', { ...approved, used_at: at(1) }));
    await insert(store, row('apr_2', { ...approved, usable_until: at(2) }));
    await insert(store, row('apr_3', { ...approved, holder: 'other' }));
    await insert(store, row('apr_4'));
    await insert(store, row('apr_5', approved));
    await insert(store, row('apr_6', { run_id: 'run_2' }));
    await insert(store, row('apr_7', { expires_at: at(2) }));
    const claim = () => {
      const claiming = { run: 'run_1', digest: 'd', session: 'ses_9', exchange: 7, gateway: 'gateway.test/2' };
      return store.write((trx) => claimApproval(trx, { ...claiming, holder: 'mine', now: at(2) }));
    };
    const first = await claim();
    assert.deepEqual(
      [first?.id, first?.holder, first?.session, first?.exchange, first?.gateway, first?.revision],
      ['apr_5', 'mine', 'ses_9', 7, 'gateway.test/2', 2],
    );
    assert.equal((await claim())?.id, 'apr_4');
    assert.equal(await claim(), undefined);
  });

  test('are used by their holder alone, once, in time, and under the policies that asked', async () => {
    const store = await stores.open();
    await insert(store, row('apr_1', { state: 'approved', usable_until: at(20), holder: 'mine' }));
    await insert(store, row('apr_2', { holder: 'mine' }));
    const redeem = (more: Partial<Parameters<typeof redeemApproval>[1]>) =>
      redeemApproval(store, { id: 'apr_1', holder: 'mine', policy: 'p', now: at(19), ...more });
    assert.equal(await redeem({ holder: 'other' }), false);
    assert.equal(await redeem({ policy: 'other' }), false);
    assert.equal(await redeem({ now: at(20) }), false);
    assert.equal(await redeem({ id: 'apr_2' }), false);
    assert.equal(await redeem({}), true);
    assert.equal(await redeem({}), false);
  });

  test('say what changed since a time, and how often', async () => {
    const store = await stores.open();
    await insert(store, row('apr_1', { expires_at: at(10) }));
    await insert(store, row('apr_2', { changed_at: at(5) }));
    await expireApprovals(store, at(10));
    const news = await changedApprovals(store, at(5));
    assert.deepEqual(
      news.map(({ id, state, revision }) => [id, state, revision]),
      [
        ['apr_2', 'pending', 1],
        ['apr_1', 'expired', 2],
      ],
    );
  });

  test('of no run that is known are left alone when ended runs are looked for', async () => {
    const store = await stores.open();
    await insert(store, row('apr_1'));
    assert.equal(await cancelEndedRuns(store, at(1)), 0);
  });
});
