import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOf, gatewayAt, heldRequest, obligation, POLICY, person } from '../../test/support/held-requests.ts';
import { onEachStore } from '../../test/support/stores.ts';
import { Refused } from '../model/refusal.ts';

const FIVE_MINUTES = 5 * 60_000;
const ADA = person('ada');

onEachStore('approvals and time', (stores) => {
  test('an answer at the very moment of expiry counts for everybody or for nobody, fifty times', async () => {
    await using gateway = await gatewayAt(await stores.place());
    const { service } = gateway;
    const ends = await Promise.all(
      Array.from({ length: 50 }, async (_one, i) => {
        const asked = heldRequest({ text: `alter ${i}`, obligations: [obligation('dba', { withinMs: 1_500 })] });
        const hold = await service.hold(asked);
        await new Promise((resolve) => setTimeout(resolve, hold.expiresAtMs - Date.now() - 5 + (i % 10)));
        const given = await service.decide(hold.id, answerOf('approve', ADA, hold)).catch((refusal: unknown) => {
          assert.ok(refusal instanceof Refused);
          return refusal.refusal.code;
        });
        const { state } = await hold.answer.catch(() => ({ state: 'lost' }));
        const used = await hold.redeem(POLICY);
        return [typeof given === 'string' ? given : given.state, state, used].join(' ');
      }),
    );
    // On a machine that is so slow that it was over before it was filed, the answer is lost, which counts as no.
    const known = new Set(['approved approved true', 'approval-over expired false', 'approval-over lost false']);
    assert.deepEqual(
      ends.filter((end) => !known.has(end)),
      [],
    );
    assert.deepEqual(gateway.faults, []);
  });

  test('what is over before it is filed ends as such, and ends no process', async () => {
    // The log takes its time, so that nobody else sees the row yet when its gateway looks for what is over.
    const note = () => new Promise<void>((resolve) => setTimeout(resolve, 300));
    await using gateway = await gatewayAt(await stores.place(), { note });
    const hold = await gateway.service.hold(heldRequest({ obligations: [obligation('dba', { withinMs: 1 })] }));
    const { state } = await hold.answer.catch(() => ({ state: 'lost' }));
    assert.ok(state === 'expired' || state === 'lost', state);
    assert.equal(await hold.redeem(POLICY), false);
  });

  test('an answer through a gateway whose clock is minutes ahead counts, and is used once', async () => {
    const place = await stores.place();
    await using holder = await gatewayAt(place);
    await using ahead = await gatewayAt(place, { gateway: 'gateway.test/2', now: () => Date.now() + FIVE_MINUTES });
    const hold = await holder.service.hold(heldRequest());
    const answered = await ahead.service.decide(hold.id, answerOf('approve', ADA, hold));
    assert.equal(answered.state, 'approved');
    assert.equal((await hold.answer).state, 'approved');
    assert.deepEqual([await hold.redeem(POLICY), await hold.redeem(POLICY)], [true, false]);
  });

  test('clocks that are further apart than the wait itself end it early, and let nothing pass', async () => {
    const place = await stores.place();
    const short = { obligations: [obligation('dba', { withinMs: 60_000 })] };
    await using holder = await gatewayAt(place);
    await using ahead = await gatewayAt(place, { gateway: 'gateway.test/2', now: () => Date.now() + FIVE_MINUTES });
    await using behind = await gatewayAt(place, { gateway: 'gateway.test/3', now: () => Date.now() - FIVE_MINUTES });
    const late = await holder.service.hold(heldRequest({ ...short, text: 'alter 1' }));
    const old = await holder.service.hold(heldRequest({ ...short, text: 'alter 2' }));
    await assert.rejects(ahead.service.decide(late.id, answerOf('approve', ADA, late)), Refused);
    // Good until a minute after it was given, by a clock that says that this was five minutes ago.
    await behind.service.decide(old.id, answerOf('approve', ADA, old));
    assert.equal((await old.answer).state, 'approved');
    assert.equal(await old.redeem(POLICY), false);
    await ahead.service.sweep();
    assert.equal((await late.answer).state, 'expired');
    assert.equal(await late.redeem(POLICY), false);
  });
});
