import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import type { Budget } from '../model/decision.ts';
import type { RunId, TargetName } from '../model/ids.ts';
import { openStore, type Store } from '../store/store.ts';
import { BudgetService } from './budget-service.ts';
import type { StoreCounter } from './store-counter.ts';

const WHOSE = { run: 'run_1' as RunId, target: 'shop' as TargetName };
const HOUR = 3_600_000;

function budgetOf(most: number, more: Partial<Budget> = {}): Budget {
  return { rule: 'limited', measure: 'rowsRead', most, per: 'run', ...more };
}

/** Takes one by one until the budget has no more; how many those were. */
async function drain(counter: StoreCounter, atMost = Number.POSITIVE_INFINITY): Promise<number> {
  for (let taken = 0; ; taken++) {
    if (taken === atMost) return taken;
    if (!counter.take(1) && !((await counter.ensure(1)) && counter.take(1))) return taken;
  }
}

onEachStore('a budget in the store', (stores) => {
  /** A gateway's own service over a store that others may have open too; its clocks are the test's. */
  function serviceOn(store: Store, time = { ms: Date.UTC(2026, 0, 1) }) {
    return new BudgetService({
      store,
      clock: () => Promise.resolve(time.ms),
      monotonic: () => time.ms,
      onFault: (fault) => assert.fail(String(fault)),
    });
  }

  test('gives exactly what the rule allows, a block at a time', async () => {
    const store = await stores.open();
    await using service = serviceOn(store);
    const counter = service.open(budgetOf(1_000), WHOSE);
    assert.equal(await counter.ensure(10), true);
    // Ten, and a sixteenth of the 990 that were left.
    assert.equal((await service.list({ limit: 9 }))[0]?.spent, 71);
    assert.deepEqual(counter.standing(), { spent: 0, most: 1_000 });
    assert.equal(await drain(counter), 1_000);
    assert.deepEqual(counter.standing(), { spent: 1_000, most: 1_000 });
    counter.close();
  });

  test('gives no more than what is left, and says so', async () => {
    const store = await stores.open();
    await using service = serviceOn(store);
    const counter = service.open(budgetOf(5), WHOSE);
    assert.equal(await counter.ensure(6), false);
    assert.equal(counter.take(6), false);
    assert.equal(counter.take(5), true);
    assert.equal(await counter.ensure(1), false);
    await counter.extend();
    assert.equal(await counter.ensure(5), true);
    assert.equal(counter.take(5), true);
    assert.equal(await counter.ensure(1), false);
    assert.deepEqual(
      (await service.list({ run: 'run_1', limit: 9 })).map(({ spent, most, granted }) => [spent, most, granted]),
      [[10, 5, 5]],
    );
  });

  test('gives two gateways together exactly what the rule allows', async () => {
    const place = await stores.place();
    await using one = await openStore(place);
    await using other = await openStore(place);
    await using here = serviceOn(one);
    await using there = serviceOn(other);
    const [first, second] = [here.open(budgetOf(500), WHOSE), there.open(budgetOf(500), WHOSE)];
    let taken = 0;
    // In turns: a file makes whoever writes wait, and this process cannot wait for itself.
    for (let turn = 0; turn < 40; turn++) taken += await drain(turn % 2 === 0 ? first : second, 20);
    assert.equal(taken, 500);
    if (one.kind === 'sqlite') return;
    const more = budgetOf(500, { rule: 'raced' });
    const raced = await Promise.all([here, there, here].map((service) => drain(service.open(more, WHOSE))));
    assert.equal(
      raced.reduce((sum, count) => sum + count, 0),
      500,
    );
  });

  test('counts what a gateway held when it died as spent, and no more than that', async () => {
    const place = await stores.place();
    await using store = await openStore(place);
    await using survivor = serviceOn(store);
    // It never gives back: as a process that was killed.
    const dead = serviceOn(store).open(budgetOf(160), WHOSE);
    assert.equal(await drain(dead, 20), 20);
    const [row] = await survivor.list({ limit: 9 });
    const held = (row?.spent ?? 0) - 20;
    assert.ok(held >= 0 && held <= 10, `${held}`);
    assert.equal(await drain(survivor.open(budgetOf(160), WHOSE)), 140 - held);
  });

  test('has back what nobody spent', async () => {
    const store = await stores.open();
    const leaving = serviceOn(store);
    await drain(leaving.open(budgetOf(100), WHOSE), 3);
    await leaving[Symbol.asyncDispose]();
    await using service = serviceOn(store);
    assert.equal((await service.list({ limit: 9 }))[0]?.spent, 3);
  });

  test('of a window never allows more than its amount in any time of that length', async () => {
    const store = await stores.open();
    const time = { ms: Date.UTC(2026, 0, 1, 12, 59, 30) };
    await using service = serviceOn(store, time);
    const counter = service.open(budgetOf(60, { withinMs: HOUR, per: 'target' }), WHOSE);
    const spent: number[] = [];
    // A client that takes all that it gets, every half a minute for three hours.
    for (let step = 0; step < 360; step++, time.ms += 30_000) {
      for (let taken = await drain(counter); taken > 0; taken--) spent.push(time.ms);
    }
    for (const [index, at] of spent.entries()) {
      const within = spent.slice(index).filter((later) => later - at < HOUR).length;
      assert.ok(within <= 60, `${within} from ${new Date(at).toISOString()} on`);
    }
    // What was spent counts for an hour and a sixtieth, at most a slice longer: three times in three hours, not two.
    assert.equal(spent.length, 180);
  });

  test('of a window spends nothing later that was taken earlier', async () => {
    const store = await stores.open();
    const time = { ms: Date.UTC(2026, 0, 1) };
    await using service = serviceOn(store, time);
    const counter = service.open(budgetOf(160, { withinMs: HOUR, per: 'target' }), WHOSE);
    assert.equal(await counter.ensure(16), true);
    time.ms += 60_000;
    assert.equal(counter.take(1), false);
    assert.equal(await counter.ensure(1), true);
    assert.equal(counter.take(1), true);
    await service[Symbol.asyncDispose]();
    assert.equal((await serviceOn(store, time).list({ limit: 9 }))[0]?.spent, 1);
  });

  test('of two rules, measures, runs, targets or windows counts apart', async () => {
    const store = await stores.open();
    await using service = serviceOn(store);
    const others: readonly (readonly [Budget, typeof WHOSE])[] = [
      [budgetOf(3), WHOSE],
      [budgetOf(3, { rule: 'other' }), WHOSE],
      [budgetOf(3, { measure: 'bytes' }), WHOSE],
      [budgetOf(3), { ...WHOSE, run: 'run_2' as RunId }],
      [budgetOf(3, { withinMs: HOUR }), WHOSE],
      [budgetOf(3, { per: 'target', withinMs: HOUR }), WHOSE],
      [budgetOf(3, { per: 'target', withinMs: HOUR }), { ...WHOSE, target: 'ledger' as TargetName }],
    ];
    for (const [budget, whose] of others) assert.equal(await drain(service.open(budget, whose)), 3);
    assert.equal(await drain(service.open(budgetOf(3), { ...WHOSE, target: 'ledger' as TargetName })), 0);
  });

  test('counts on where its rule allows another amount', async () => {
    const store = await stores.open();
    await using service = serviceOn(store);
    assert.equal(await drain(service.open(budgetOf(3), WHOSE)), 3);
    assert.equal(await drain(service.open(budgetOf(5), WHOSE)), 2);
    assert.equal(await drain(service.open(budgetOf(4), WHOSE)), 0);
  });

  test('of tables counts each once, and takes all of a request or none', async () => {
    const store = await stores.open();
    const time = { ms: Date.UTC(2026, 0, 1) };
    await using service = serviceOn(store, time);
    const counter = service.open(budgetOf(3, { measure: 'tables', withinMs: HOUR }), WHOSE);
    assert.equal(await counter.touch(['public.a', 'public.b']), true);
    assert.equal(await counter.touch(['public.a', 'public.c', 'public.d']), false);
    assert.equal(await counter.touch(['public.a', 'public.c']), true);
    assert.equal(counter.touch(['public.c', 'public.b']), true);
    assert.deepEqual(counter.standing(), { spent: 3, most: 3 });
    time.ms += HOUR + 60_000;
    assert.equal(await counter.touch(['public.d', 'public.e', 'public.f']), true);
    assert.equal(await counter.touch(['public.a']), false);
  });

  test('that was reset begins anew in every gateway', async () => {
    const place = await stores.place();
    await using one = await openStore(place);
    await using other = await openStore(place);
    await using here = serviceOn(one);
    await using there = serviceOn(other);
    const counter = here.open(budgetOf(10), WHOSE);
    assert.equal(await drain(counter, 4), 4);
    const [row] = await there.list({ limit: 9 });
    const heard = new Promise<void>((resolve) => one.watch('budgets', resolve));
    assert.equal(await there.reset(row?.id ?? ''), true);
    assert.equal(await there.reset('bgt_none'), false);
    await heard;
    // What was leased before the reset does not come back into what was spent since.
    assert.equal(await drain(there.open(budgetOf(10), WHOSE), 2), 2);
    await counter.stop();
    assert.equal(await drain(counter), 8);
  });

  test('is forgotten two months after it was used last', async () => {
    const store = await stores.open();
    const time = { ms: Date.UTC(2026, 0, 1) };
    await using service = serviceOn(store, time);
    await drain(service.open(budgetOf(2), WHOSE));
    time.ms += 61 * 24 * HOUR;
    assert.equal(await service.sweep(), 0);
    time.ms += HOUR;
    assert.equal(await service.sweep(), 1);
    assert.deepEqual(await service.list({ limit: 9 }), []);
  });

  test('of terabytes is counted to the byte', async () => {
    const store = await stores.open();
    await using service = serviceOn(store);
    const counter = service.open(budgetOf(5_000_000_000_001, { measure: 'bytes' }), WHOSE);
    assert.equal(await counter.ensure(5_000_000_000_000), true);
    assert.equal(counter.take(5_000_000_000_000), true);
    assert.equal(await drain(counter), 1);
  });
});
