import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  answerOf,
  gatewayAt,
  heldRequest,
  obligation,
  POLICY,
  person,
  refusedAs,
  twoGateways,
} from '../../test/support/held-requests.ts';
import { onEachStore } from '../../test/support/stores.ts';
import { LIMITS } from '../model/limits.ts';
import { Refused } from '../model/refusal.ts';

const ADA = person('ada');
const BEN = person('ben');
const ALL = { all: true };
const ROUNDS = 8;

/** What became of each: a state, or the code of a refusal. */
async function outcomes(racing: readonly Promise<{ readonly state: string } | void>[]): Promise<readonly string[]> {
  const settled = await Promise.allSettled(racing);
  return settled.map((one) => {
    if (one.status === 'fulfilled') return one.value?.state ?? 'done';
    assert.ok(one.reason instanceof Refused, String(one.reason));
    return one.reason.refusal.code;
  });
}

onEachStore('approvals that race', (stores) => {
  test('two people approve at once through two gateways: with a quorum of one, one decides and one is late', async () => {
    await using both = await twoGateways(await stores.place());
    const { left, right } = both;
    for (let round = 0; round < ROUNDS; round++) {
      const hold = await left.service.hold(heldRequest({ text: `${round}` }));
      const ended = await outcomes([
        left.service.decide(hold.id, answerOf('approve', ADA, hold)),
        right.service.decide(hold.id, answerOf('approve', BEN, hold)),
      ]);
      assert.deepEqual([...ended].sort(byText), ['approval-over', 'approved']);
      const answer = await hold.answer;
      assert.equal(answer.state === 'approved' && answer.votes.length, 1);
    }
    assert.equal(left.notes.length + right.notes.length, ROUNDS * 2);
  });

  test('two people approve at once through two gateways: with a quorum of two, both count and it is decided once', async () => {
    await using both = await twoGateways(await stores.place());
    const { left, right } = both;
    for (let round = 0; round < ROUNDS; round++) {
      const obligations = [obligation('dba', { quorum: 2 })];
      const hold = await left.service.hold(heldRequest({ text: `${round}`, obligations }));
      const ended = await outcomes([
        left.service.decide(hold.id, answerOf('approve', ADA, hold)),
        right.service.decide(hold.id, answerOf('approve', BEN, hold)),
      ]);
      assert.deepEqual([...ended].sort(byText), ['approved', 'pending']);
      const answer = await hold.answer;
      assert.equal(answer.state === 'approved' && answer.votes.length, 2);
    }
  });

  test('one person who answers twice at once is counted once', async () => {
    await using both = await twoGateways(await stores.place());
    const { left, right } = both;
    for (let round = 0; round < ROUNDS; round++) {
      const obligations = [obligation('dba', { quorum: 2 })];
      const hold = await left.service.hold(heldRequest({ text: `${round}`, obligations }));
      const ended = await outcomes([
        left.service.decide(hold.id, answerOf('approve', ADA, hold)),
        right.service.decide(hold.id, answerOf('approve', ADA, hold, { channel: 'slack' })),
      ]);
      assert.deepEqual([...ended].sort(byText), ['approval-answered', 'pending']);
    }
  });

  test('an approval and a denial at once: one of them decides, and the holder hears that one', async () => {
    await using both = await twoGateways(await stores.place());
    const { left, right } = both;
    for (let round = 0; round < ROUNDS; round++) {
      const hold = await left.service.hold(heldRequest({ text: `${round}` }));
      const ended = await outcomes([
        left.service.decide(hold.id, answerOf('approve', ADA, hold)),
        right.service.decide(hold.id, answerOf('deny', BEN, hold)),
      ]);
      const decided = ended.find((one) => one !== 'approval-over');
      assert.deepEqual([...ended].sort(byText), ['approval-over', decided].sort(byText));
      assert.equal((await hold.answer).state, decided);
      assert.equal(await hold.redeem(POLICY), decided === 'approved');
    }
  });

  test('an approval in the moment in which it expires: it is approved for all, or expired for all', async () => {
    const clock = { ms: Date.now() };
    await using both = await twoGateways(await stores.place(), { now: () => clock.ms });
    const { left, right } = both;
    for (let round = 0; round < ROUNDS; round++) {
      const hold = await left.service.hold(heldRequest({ text: `${round}` }));
      // The one who answers is on time, and the sweep is due.
      clock.ms = hold.expiresAtMs - 1;
      const [ended] = await outcomes([
        right.service.decide(hold.id, answerOf('approve', ADA, hold)),
        ((clock.ms += 1), left.service.sweep()),
      ]);
      const state = (await hold.answer).state;
      assert.equal(ended, state === 'approved' ? 'approved' : 'approval-over');
      assert.equal((await left.service.find(hold.id, ALL))?.state, state);
    }
  });

  test('an approval in the moment in which the client leaves: nothing that was withdrawn is ever used', async () => {
    await using both = await twoGateways(await stores.place());
    const { left, right } = both;
    for (let round = 0; round < ROUNDS; round++) {
      const hold = await left.service.hold(heldRequest({ text: `${round}` }));
      const [ended] = await outcomes([
        right.service.decide(hold.id, answerOf('approve', ADA, hold)),
        hold.cancel('its client left'),
      ]);
      const found = await left.service.find(hold.id, ALL);
      assert.equal(found?.state, ended === 'approved' ? 'approved' : 'cancelled');
      assert.equal(await hold.redeem(POLICY), false);
    }
  });

  test('of any number that use an approval at once, one does', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const hold = await gateway.service.hold(heldRequest());
    await gateway.service.decide(hold.id, answerOf('approve', ADA, hold));
    await hold.answer;
    const used = await Promise.all(Array.from({ length: 8 }, () => hold.redeem(POLICY)));
    assert.deepEqual(used.filter(Boolean), [true]);
  });

  test('of two gateways that take up one approval at once, one gets it and the other asks anew', async () => {
    await using both = await twoGateways(await stores.place());
    const { left, right } = both;
    for (let round = 0; round < ROUNDS; round++) {
      const request = heldRequest({ text: `${round}` });
      const first = await left.service.hold(request);
      first.leave();
      await right.service.decide(first.id, answerOf('approve', ADA, first));
      const holds = await Promise.all([left.service.hold(request), right.service.hold(request)]);
      const taken = holds.filter(({ answered }) => answered);
      assert.deepEqual([taken.length, taken[0]?.id], [1, first.id]);
      assert.equal(await taken[0]?.redeem(POLICY), true);
    }
  });

  test('an answer through one gateway reaches a client of another before that looks by itself', async () => {
    const place = await stores.place();
    await using here = await gatewayAt(place);
    await using there = await gatewayAt(place, { gateway: 'gateway.test/2' });
    const before = performance.now();
    // One after the other: each would wait for the next look, which comes every five seconds.
    for (let n = 0; n < 5; n++) {
      const hold = await here.service.hold(heldRequest({ text: `${n}` }));
      await there.service.decide(hold.id, answerOf('approve', ADA, hold));
      assert.equal((await hold.answer).state, 'approved');
    }
    assert.ok(performance.now() - before < 3 * LIMITS.approvalSweepMs);
  });

  test('a revoked grant and a run that ended withdraw what they asked for', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service, store } = gateway;
    await store.write((db) => db.insertInto('runs').values(runRow('run_1')).execute());
    await store.write((db) => db.insertInto('grants').values(grantRow('grt_1', 'run_1')).execute());
    const hold = await service.hold(heldRequest());
    const approved = await service.hold(heldRequest({ text: 'approved' }));
    await service.decide(approved.id, answerOf('approve', ADA, approved));
    await approved.answer;
    const revoked = { revoked_at: new Date().toISOString(), revoked_because: 'operator' };
    await store.write((db) => db.updateTable('grants').set(revoked).execute(), ['grants']);
    assert.deepEqual(await hold.answer, { state: 'cancelled', why: 'the run ended or its grant was revoked' });
    assert.equal(await approved.redeem(POLICY), false);
    assert.equal((await service.find(approved.id, ALL))?.state, 'cancelled');
  });
});

/** SQLite and one PostgreSQL: what is measured here is ours, and takes a while. */
let stands = 0;
onEachStore('a thousand held requests', (stores) => {
  if (++stands > 2) return;
  test('are held at once on one gateway, answered through another, and each is answered and used once', async (t) => {
    await using both = await twoGateways(await stores.place());
    const { left: here, right: there } = both;
    const began = performance.now();
    const holds = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => here.service.hold(heldRequest({ text: `${n}`, run: `run_${n % 10}` }))),
    );
    const held = performance.now();
    assert.equal(here.service.holding, 1_000);
    let answered = 0;
    const answers = holds.map((hold) => hold.answer.then(({ state }) => (answered++, state)));
    for (const [n, hold] of holds.entries()) {
      const vote = answerOf(n % 4 === 0 ? 'deny' : 'approve', ADA, hold);
      await there.service.decide(hold.id, vote);
    }
    const states = await Promise.all(answers);
    const decided = performance.now();
    assert.deepEqual([answered, here.service.holding], [1_000, 0]);
    assert.deepEqual(
      [states.filter((state) => state === 'approved').length, states.filter((state) => state === 'denied').length],
      [750, 250],
    );
    const used = await Promise.all(holds.map((hold) => hold.redeem(POLICY)));
    assert.equal(used.filter(Boolean).length, 750);
    t.diagnostic(
      `filed in ${Math.round(held - began)} ms, decided and heard in ${Math.round(decided - held)} ms, used in ${Math.round(performance.now() - decided)} ms`,
    );
    assert.deepEqual(here.faults, []);
  });

  test('cost a few queries together when one of them is decided', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service, store } = gateway;
    const run = (n: number) => `run_${n % 2}`;
    await Promise.all(Array.from({ length: 200 }, (_, n) => service.hold(heldRequest({ text: `${n}`, run: run(n) }))));
    const reading = store.read.bind(store);
    let reads = 0;
    store.read = (query) => {
      reads++;
      return reading(query);
    };
    const last = await service.hold(heldRequest({ text: 'last' }));
    await service.decide(last.id, answerOf('approve', ADA, last));
    await last.answer;
    // A few wake-ups (filed, decided; PostgreSQL tells of each once more), whatever the number that waits.
    assert.ok(reads < 10, `${reads} reads`);
    assert.equal(service.holding, 200);
  });
});

test('a gateway holds so many requests and no more', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'approvals-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await using gateway = await gatewayAt({ file: join(directory, 'store.sqlite') });
  const { service } = gateway;
  const hold = (n: number) => service.hold(heldRequest({ text: `${n}`, run: `run_${n % 10}` }));
  const holds = await Promise.all(Array.from({ length: 5_000 }, (_, n) => hold(n)));
  assert.equal(service.holding, 5_000);
  await assert.rejects(hold(5_000), refusedAs('approval-unavailable'));
  await holds[0]?.cancel('its client left');
  assert.equal((await hold(5_000)).answered, false);
});

function byText(one: string | undefined, other: string | undefined): number {
  return (one ?? '') < (other ?? '') ? -1 : 1;
}

function runRow(id: string) {
  const nothing = { repository_id: null, repository_uri: null, token: null, token_digest: null, jwks_digest: null };
  return {
    id,
    kind: 'ci' as const,
    demo: 0,
    principal: 'wrk_1',
    display: 'acme/shop@refs/heads/main',
    workload: '{}',
    asserted: '{}',
    ...nothing,
    opened_at: '2026-01-02T03:04:05.678Z',
    closed_at: null,
    termination: null,
  };
}

function grantRow(id: string, run: string) {
  const scram = { scram_salt: 's', scram_iterations: 4096, scram_stored_key: 'k', scram_server_key: 'v' };
  return {
    id,
    run_id: run,
    targets: '[]',
    rules: '[]',
    secret_hash: 'h',
    ...scram,
    key_thumbprint: null,
    resource: null,
    lifetime_seconds: 600,
    issued_at: '2026-01-02T03:04:05.678Z',
    expires_at: '2126-01-02T03:04:05.678Z',
    renewable_until: '2126-01-02T03:04:05.678Z',
    revoked_at: null,
    revoked_because: null,
  };
}
