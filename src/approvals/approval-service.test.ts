import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  answerOf,
  approvalsOn,
  gatewayAt,
  heldRequest,
  obligation,
  POLICY,
  person,
  refusedAs,
} from '../../test/support/held-requests.ts';
import { onEachStore } from '../../test/support/stores.ts';
import { Fault } from '../model/fault.ts';
import { LIMITS } from '../model/limits.ts';
import { openStore } from '../store/store.ts';

const ADA = person('ada');
const BEN = person('ben');
const ALL = { all: true };

onEachStore('approvals', (stores) => {
  test('a held request is on record before it waits, is approved by a person, and is used once', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const hold = await service.hold(heldRequest());
    assert.match(hold.id, /^apr_[0-9a-z]{26}$/);
    assert.equal(hold.url, `https://gateway.test/approvals/${hold.id}`);
    assert.equal(hold.answered, false);
    const waiting = await service.find(hold.id, ALL);
    assert.deepEqual([waiting?.state, waiting?.held, waiting?.digest], ['pending', true, hold.digest]);
    const decided = await service.decide(hold.id, answerOf('approve', ADA, hold, { reason: 'fine' }));
    assert.equal(decided.state, 'approved');
    const answer = await hold.answer;
    assert.deepEqual(answer, { state: 'approved', votes: decided.votes });
    assert.deepEqual(
      decided.votes.map(({ login, answer: given, reason, channel }) => [login, given, reason, channel]),
      [['ada', 'approve', 'fine', 'web']],
    );
    assert.equal(await hold.redeem(POLICY), true);
    assert.equal(await hold.redeem(POLICY), false);
    const used = await service.find(hold.id, ALL);
    assert.deepEqual([used?.state, used?.held, used?.usedAt !== undefined], ['approved', false, true]);
  });

  test('the log is told of a request and of each answer, with digests and no text, no login and no reason', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service, notes } = gateway;
    const hold = await service.hold(heldRequest({ text: "alter table t add c text default 'hunter2'" }));
    await service.decide(hold.id, answerOf('deny', ADA, hold, { reason: 'not today', channel: 'slack' }));
    assert.deepEqual(notes, [
      {
        kind: 'approval.requested',
        detail: {
          approval: hold.id,
          digest: hold.digest,
          run: 'run_1',
          session: 'ses_1',
          exchange: 1,
          target: 'demo',
          groups: 'dba 1',
          rules: 'ddl needs a dba',
          policy: POLICY,
          expiresAt: new Date(hold.expiresAtMs).toISOString(),
        },
      },
      {
        kind: 'approval.decided',
        detail: {
          approval: hold.id,
          digest: hold.digest,
          run: 'run_1',
          session: 'ses_1',
          exchange: 1,
          target: 'demo',
          answer: 'deny',
          by: 'per_ada',
          channel: 'slack',
          state: 'denied',
        },
      },
    ]);
    assert.deepEqual((await hold.answer).state, 'denied');
    assert.equal(await hold.redeem(POLICY), false);
  });

  test('where the log cannot take it, nothing is filed and nothing is decided', async () => {
    const full = new Fault('log-unavailable', 'the disk is full');
    let isFull = true;
    const note = () => (isFull ? Promise.reject(full) : Promise.resolve());
    await using gateway = await gatewayAt(await stores.place(), { note });
    const { service } = gateway;
    await assert.rejects(service.hold(heldRequest()), full);
    assert.deepEqual((await service.list({ limit: 10 }, ALL)).items, []);
    assert.equal(service.holding, 0);
    isFull = false;
    const hold = await service.hold(heldRequest());
    isFull = true;
    await assert.rejects(service.decide(hold.id, answerOf('approve', ADA, hold)), full);
    const waiting = await service.find(hold.id, ALL);
    assert.deepEqual([waiting?.state, waiting?.votes], ['pending', []]);
    isFull = false;
    await service.decide(hold.id, answerOf('approve', ADA, hold));
    assert.equal((await hold.answer).state, 'approved');
  });

  test('a quorum needs distinct people, and a second answer of one person is refused', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const hold = await service.hold(heldRequest({ obligations: [obligation('dba', { quorum: 2 })] }));
    const first = await service.decide(hold.id, answerOf('approve', ADA, hold));
    assert.deepEqual([first.state, first.requirements[0]?.approvals], ['pending', 1]);
    await assert.rejects(service.decide(hold.id, answerOf('approve', ADA, hold)), refusedAs('approval-answered'));
    await assert.rejects(service.decide(hold.id, answerOf('deny', ADA, hold)), refusedAs('approval-answered'));
    const second = await service.decide(hold.id, answerOf('approve', BEN, hold));
    assert.deepEqual([second.state, second.requirements[0]?.approvals], ['approved', 2]);
    assert.equal((await hold.answer).state, 'approved');
    await assert.rejects(service.decide(hold.id, answerOf('deny', person('cem'), hold)), refusedAs('approval-over'));
  });

  test('two groups need a person each, and one person of both is one', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const hold = await service.hold(heldRequest({ obligations: [obligation('dba'), obligation('security')] }));
    const both = person('eva', ['dba', 'security']);
    assert.equal((await service.decide(hold.id, answerOf('approve', both, hold))).state, 'pending');
    assert.equal((await service.decide(hold.id, answerOf('approve', ADA, hold))).state, 'approved');
  });

  test('one denial denies, and tells the reason', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const hold = await service.hold(heldRequest({ obligations: [obligation('dba', { quorum: 2 })] }));
    await service.decide(hold.id, answerOf('approve', ADA, hold));
    const denied = await service.decide(hold.id, answerOf('deny', BEN, hold, { reason: 'locks the table' }));
    assert.equal(denied.state, 'denied');
    const answer = await hold.answer;
    assert.deepEqual(answer, { state: 'denied', votes: denied.votes, reason: 'locks the table' });
  });

  test('only people of the group answer, and never the run’s own actor unless a rule allows it', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const hold = await service.hold(heldRequest());
    const outsider = person('eve', ['sales', 'DBA']);
    const actor = person('mona', ['dba'], { handles: ['github:octocat'] });
    await assert.rejects(service.decide(hold.id, answerOf('approve', outsider, hold)), refusedAs('approval-not-yours'));
    await assert.rejects(service.decide(hold.id, answerOf('deny', outsider, hold)), refusedAs('approval-not-yours'));
    await assert.rejects(service.decide(hold.id, answerOf('approve', actor, hold)), refusedAs('approval-not-yours'));
    const admin = person('root', ['platform'], { roles: ['admin'] });
    await assert.rejects(service.decide(hold.id, answerOf('approve', admin, hold)), refusedAs('approval-not-yours'));
    assert.deepEqual((await service.find(hold.id, ALL))?.votes, []);
    const lenient = heldRequest({ text: 'drop', obligations: [obligation('dba', { allowActor: true })] });
    const other = await service.hold(lenient);
    assert.equal((await service.decide(other.id, answerOf('approve', actor, other))).state, 'approved');
  });

  test('an answer about another digest, or to no approval, is refused', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const hold = await service.hold(heldRequest());
    const other = { digest: 'f'.repeat(64) };
    await assert.rejects(service.decide(hold.id, answerOf('approve', ADA, other)), refusedAs('approval-changed'));
    await assert.rejects(service.decide('apr_0', answerOf('approve', ADA, hold)), refusedAs('approval-unknown'));
    assert.equal((await service.find(hold.id, ALL))?.state, 'pending');
  });

  test('a reason is bounded and plain', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const hold = await service.hold(heldRequest());
    const decide = (reason: string) => service.decide(hold.id, answerOf('deny', ADA, hold, { reason }));
    await assert.rejects(decide('x'.repeat(LIMITS.maxApprovalReasonBytes + 1)), refusedAs('too-large'));
    await assert.rejects(decide('nul \0'), refusedAs('protocol-malformed'));
    await assert.rejects(decide('half \ud800'), refusedAs('protocol-malformed'));
    assert.equal((await decide('x'.repeat(LIMITS.maxApprovalReasonBytes))).state, 'denied');
  });

  test('what was approved is void under other policies, and too late', async () => {
    const clock = { ms: Date.parse('2026-01-02T03:04:05.678Z') };
    await using gateway = await gatewayAt(await stores.place(), { now: () => clock.ms });
    const { service } = gateway;
    const hold = await service.hold(heldRequest());
    await service.decide(hold.id, answerOf('approve', ADA, hold));
    assert.equal(await hold.redeem('b'.repeat(64)), false);
    clock.ms += 600_000;
    assert.equal(await hold.redeem(POLICY), false);
    clock.ms -= 1;
    assert.equal(await hold.redeem(POLICY), true);
  });

  test('a request that nobody may answer, or nobody could read whole, is refused', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    await assert.rejects(service.hold(heldRequest({ obligations: [] })), refusedAs('approval-unavailable'));
    const edge = await service.hold(heldRequest({ text: 'x'.repeat(LIMITS.maxApprovalBodyBytes) }));
    assert.equal((await service.find(edge.id, ALL))?.body.bytes.length, LIMITS.maxApprovalBodyBytes);
    const long = heldRequest({ text: 'x'.repeat(LIMITS.maxApprovalBodyBytes + 1) });
    await assert.rejects(service.hold(long), refusedAs('too-large'));
  });

  test('a client that waits no longer leaves its request open, and the same one made again passes once', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const first = await service.hold(heldRequest());
    first.leave();
    const again = await service.hold(heldRequest({ session: 'ses_2', exchange: 3 }));
    assert.equal(again.id, first.id);
    const joined = await service.find(first.id, ALL);
    assert.deepEqual([joined?.session, joined?.exchange, joined?.held], ['ses_2', 3, true]);
    again.leave();
    await service.decide(first.id, answerOf('approve', ADA, first));
    const third = await service.hold(heldRequest());
    assert.deepEqual([third.id, third.answered, (await third.answer).state], [first.id, true, 'approved']);
    assert.equal(await first.redeem(POLICY), true);
    assert.equal(await third.redeem(POLICY), false);
    const fourth = await service.hold(heldRequest());
    assert.deepEqual([fourth.id === first.id, fourth.answered], [false, false]);
  });

  test('an approval serves its own run and request alone, and one client at a time', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const first = await service.hold(heldRequest());
    first.leave();
    await service.decide(first.id, answerOf('approve', ADA, first));
    const others = [heldRequest({ run: 'run_2' }), heldRequest({ text: 'x' }), heldRequest({ policy: 'b'.repeat(64) })];
    for (const other of others) assert.equal((await service.hold(other)).answered, false);
    const taking = await Promise.all([service.hold(heldRequest()), service.hold(heldRequest())]);
    assert.deepEqual(taking.filter(({ answered }) => answered).length, 1);
  });

  test('two clients that hold the same request wait for an answer each', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const [one, other] = await Promise.all([service.hold(heldRequest()), service.hold(heldRequest())]);
    assert.ok(one && other && one.id !== other.id && one.digest === other.digest);
    await service.decide(one.id, answerOf('approve', ADA, one));
    assert.equal((await one.answer).state, 'approved');
    assert.equal((await service.find(other.id, ALL))?.state, 'pending');
  });

  test('a request that was withdrawn cannot be approved, and one that was approved before stays so', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const hold = await service.hold(heldRequest());
    await hold.cancel('its client left');
    assert.deepEqual(await hold.answer, { state: 'cancelled', why: 'its client left' });
    await assert.rejects(service.decide(hold.id, answerOf('approve', ADA, hold)), refusedAs('approval-over'));
    const cancelled = await service.find(hold.id, ALL);
    assert.deepEqual([cancelled?.state, cancelled?.reason, cancelled?.held], ['cancelled', 'its client left', false]);
    const late = await service.hold(heldRequest({ text: 'x' }));
    await service.decide(late.id, answerOf('approve', ADA, late));
    await late.cancel('its client left');
    assert.equal((await service.find(late.id, ALL))?.state, 'approved');
    assert.equal(await late.redeem(POLICY), false);
    assert.equal((await service.hold(heldRequest({ text: 'x' }))).answered, true);
  });

  test('nobody answers in time: the client is told, and lists say so at the very moment', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service, faults } = gateway;
    const brief = heldRequest({ obligations: [obligation('dba', { withinMs: 60 }), obligation('ops')] });
    const hold = await service.hold(brief);
    assert.deepEqual(await hold.answer, { state: 'expired' });
    await assert.rejects(service.decide(hold.id, answerOf('approve', ADA, hold)), refusedAs('approval-over'));
    assert.equal((await service.find(hold.id, ALL))?.state, 'expired');
    const clock = { ms: 0 };
    await using second = await gatewayAt(await stores.place(), { now: () => clock.ms });
    const later = second.service;
    const left = await later.hold(heldRequest());
    left.leave();
    clock.ms = 600_000;
    assert.equal((await later.find(left.id, ALL))?.state, 'expired');
    assert.deepEqual((await later.list({ state: 'pending', limit: 9 }, ALL)).items, []);
    assert.deepEqual(
      (await later.list({ state: 'expired', limit: 9 }, ALL)).items.map(({ id }) => id),
      [left.id],
    );
    await assert.rejects(later.decide(left.id, answerOf('approve', ADA, left)), refusedAs('approval-over'));
    assert.deepEqual(faults, []);
  });

  test('what an earlier life of the gateway held is withdrawn when it starts again, and what it left stays open', async () => {
    const place = await stores.place();
    const before = await openStore(place);
    const { service } = await approvalsOn(before);
    const held = await service.hold(heldRequest());
    const left = await service.hold(heldRequest({ text: 'left' }));
    left.leave();
    const approved = await service.hold(heldRequest({ text: 'approved' }));
    await approved.describe({ kind: 'planned', statements: [], tookMs: 1, seen: 'of the live object' });
    await service.decide(approved.id, answerOf('approve', ADA, approved));
    await approved.answer;
    await using store = await openStore(place);
    await using elsewhere = (await approvalsOn(store, { gateway: 'gateway.test/2' })).service;
    assert.equal((await elsewhere.find(held.id, ALL))?.state, 'pending');
    await using again = (await approvalsOn(store)).service;
    const lost = await again.find(held.id, ALL);
    assert.deepEqual([lost?.state, lost?.reason], ['cancelled', 'the gateway that held it ended']);
    assert.equal((await again.find(left.id, ALL))?.state, 'pending');
    const resumed = await again.hold(heldRequest({ text: 'approved' }));
    assert.deepEqual([resumed.answered, await resumed.seen()], [true, 'of the live object']);
    await service[Symbol.asyncDispose]();
    await before[Symbol.asyncDispose]();
  });

  test('a gateway that ends withdraws what it holds', async () => {
    await using store = await openStore(await stores.place());
    const { service } = await approvalsOn(store);
    const hold = await service.hold(heldRequest());
    await service[Symbol.asyncDispose]();
    assert.deepEqual(await hold.answer, { state: 'cancelled', why: 'the gateway that held it ended' });
    await using other = (await approvalsOn(store, { gateway: 'gateway.test/2' })).service;
    assert.equal((await other.find(hold.id, ALL))?.state, 'cancelled');
  });

  test('one run cannot fill the inbox', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service, store } = gateway;
    const first = await service.hold(heldRequest());
    const row = await store.read((db) =>
      db.selectFrom('approvals').selectAll().where('id', '=', first.id).executeTakeFirstOrThrow(),
    );
    await store.write(async (db) => {
      for (let n = 1; n < LIMITS.approvalsPendingPerRun - 1; n++) {
        await db
          .insertInto('approvals')
          .values({ ...row, id: `apr_${n}`, digest: `${n}`, holder: null })
          .execute();
      }
    });
    await service.hold(heldRequest({ text: 'the last one' }));
    await assert.rejects(service.hold(heldRequest({ text: 'one more' })), refusedAs('rate-limited'));
    assert.equal((await service.hold(heldRequest({ run: 'run_2' }))).answered, false);
  });
});
