import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import { openStore } from './store.ts';
import { openStoreClock } from './store-clock.ts';

const FIVE_MINUTES = 5 * 60_000;
const unheard = (fault: unknown) => assert.fail(String(fault));

onEachStore('the clock of a store', (stores) => {
  test('is the same for gateways whose own clocks differ, where the store has a clock', async () => {
    const place = await stores.place();
    await using store = await openStore(place);
    using ahead = await openStoreClock(store, () => Date.now() + FIVE_MINUTES, unheard);
    using behind = await openStoreClock(store, () => Date.now() - FIVE_MINUTES, unheard);
    const apart = ahead.nowMs() - behind.nowMs();
    if (store.kind === 'sqlite') {
      assert.ok(Math.abs(apart - 2 * FIVE_MINUTES) < 1_000, `${apart}`);
      return;
    }
    assert.ok(Math.abs(apart) < 1_000, `${apart}`);
    assert.ok(Math.abs(ahead.aheadMs() - FIVE_MINUTES) < 1_000, `${ahead.aheadMs()}`);
    assert.ok(Math.abs(behind.aheadMs() + FIVE_MINUTES) < 1_000, `${behind.aheadMs()}`);
    // The server of the test runs on this machine.
    assert.ok(Math.abs(ahead.nowMs() - Date.now()) < 1_000);
  });
});
