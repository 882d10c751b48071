import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import {
  abandonDeliveries,
  claimDelivery,
  closeDeliveries,
  findDelivery,
  finishDelivery,
  forgetDeliveries,
  insertDelivery,
  nextDue,
  useSignature,
} from './delivery-rows.ts';
import type { Store } from './store.ts';

const at = (second: number) => `2026-01-02T03:04:${String(second).padStart(2, '0')}.000Z`;
const file = (store: Store, id: string, step: string, channel = 'hook', approval = 'apr_1') =>
  store.write((trx) => insertDelivery(trx, { id, channel, event: 'e', approval, step }, at(0)));
const claim = (store: Store, second: number, name: string) =>
  claimDelivery(store, { channel: 'hook', now: at(second), until: at(second + 10), claim: name });
const END = {
  state: 'delivered',
  attempts: 1,
  next_at: at(0),
  last_fault: null,
  delivered_at: at(1),
  external: 'x',
} as const;

onEachStore('rows of deliveries', (stores) => {
  test('a step of an approval is filed once in each channel', async () => {
    const store = await stores.open();
    const filed = [
      await file(store, 'dlv_1', 'requested'),
      await file(store, 'dlv_2', 'requested'),
      await file(store, 'dlv_3', 'requested', 'mail'),
      await file(store, 'dlv_4', 'requested', 'hook', 'apr_2'),
    ];
    assert.deepEqual(filed, [true, false, true, true]);
    assert.equal((await findDelivery(store, 'dlv_1'))?.is_open, 1);
    await store.write((trx) => closeDeliveries(trx, 'apr_1', 'hook'));
    assert.equal((await findDelivery(store, 'dlv_1'))?.is_open, 0);
    assert.equal((await findDelivery(store, 'dlv_3'))?.is_open, 1);
  });

  test('one is claimed by one alone until its time is over, and an attempt that was taken over reports to nobody', async () => {
    const store = await stores.open();
    await file(store, 'dlv_1', 'requested');
    assert.equal((await claim(store, 1, 'a'))?.attempts, 1);
    assert.equal(await claim(store, 10, 'b'), undefined);
    assert.equal((await claim(store, 11, 'b'))?.attempts, 2);
    assert.equal(await finishDelivery(store, 'dlv_1', 'a', END), false);
    assert.equal(await finishDelivery(store, 'dlv_1', 'b', END), true);
    assert.equal(await claim(store, 40, 'c'), undefined);
    assert.equal((await findDelivery(store, 'dlv_1'))?.external, 'x');
  });

  test('what follows waits for the first step, which it does no more once that is delivered or dead', async () => {
    const store = await stores.open();
    await file(store, 'dlv_9', 'requested');
    await file(store, 'dlv_1', 'closed');
    assert.equal((await claim(store, 1, 'a'))?.id, 'dlv_9');
    assert.equal(await claim(store, 2, 'b'), undefined);
    await finishDelivery(store, 'dlv_9', 'a', { ...END, state: 'dead' });
    assert.equal((await claim(store, 3, 'b'))?.id, 'dlv_1');
  });

  test('of several that claim at once, each gets another one', async () => {
    const store = await stores.open();
    for (let n = 0; n < 6; n++) await file(store, `dlv_${n}`, 'requested', 'hook', `apr_${n}`);
    const claimed = await Promise.all(Array.from({ length: 6 }, (_, n) => claim(store, 1, `c${n}`)));
    const ids = claimed.flatMap((row) => (row ? [row.id] : []));
    assert.deepEqual(ids.sort(), ['dlv_0', 'dlv_1', 'dlv_2', 'dlv_3', 'dlv_4', 'dlv_5']);
  });

  test('what waits for channels that are gone is dead, and the rest goes on', async () => {
    const store = await stores.open();
    await file(store, 'dlv_1', 'requested');
    await file(store, 'dlv_2', 'requested', 'mail');
    assert.equal(await nextDue(store, 'mail'), at(0));
    assert.equal(await abandonDeliveries(store, ['hook'], 'gone'), 1);
    assert.equal(await nextDue(store, 'mail'), undefined);
    assert.equal((await findDelivery(store, 'dlv_2'))?.last_fault, 'gone');
    assert.equal(await nextDue(store, 'hook'), at(0));
    assert.equal(await abandonDeliveries(store, [], 'gone'), 1);
  });

  test('what is over is forgotten after a while, and what waits or is not told to its end is not', async () => {
    const store = await stores.open();
    await file(store, 'dlv_1', 'closed');
    await file(store, 'dlv_2', 'closed', 'mail');
    await file(store, 'dlv_3', 'requested', 'hook', 'apr_2');
    await claim(store, 1, 'a');
    await finishDelivery(store, 'dlv_1', 'a', END);
    await claim(store, 2, 'b');
    await finishDelivery(store, 'dlv_3', 'b', END);
    await forgetDeliveries(store, at(0));
    assert.equal((await findDelivery(store, 'dlv_1'))?.state, 'delivered');
    await forgetDeliveries(store, at(1));
    const left = await Promise.all(['dlv_1', 'dlv_2', 'dlv_3'].map((id) => findDelivery(store, id)));
    assert.deepEqual(
      left.map((row) => row?.id),
      [undefined, 'dlv_2', 'dlv_3'],
    );
  });

  test('a signature is used once until it is too old to be good', async () => {
    const store = await stores.open();
    const use = (second: number) => useSignature(store, { digest: 'd', expires_at: at(second + 5) }, at(second));
    assert.deepEqual(await Promise.all([use(0), use(0), use(0)]).then((all) => all.filter(Boolean).length), 1);
    assert.equal(await use(5), false);
    assert.equal(await use(6), true);
  });
});
