import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveriesOf, TEST_TIMES, webhookTo } from '../../../test/support/channels.ts';
import { answerOf, gatewayAt, heldRequest, obligation, person } from '../../../test/support/held-requests.ts';
import { onEachStore } from '../../../test/support/stores.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../../../test/support/webhook-receiver.ts';
import { listDeliveries, retryDelivery } from '../../store/delivery-rows.ts';
import type { Store, StoreOptions } from '../../store/store.ts';
import { backoffMs } from './deliveries.ts';

const eventsOf = ({ received }: WebhookReceiver) =>
  received.map(({ body }) => {
    const { type, data } = JSON.parse(body) as { type: string; data: { approval: { id: string } } };
    return [type, data.approval.id];
  });

/** All deliveries, oldest first, once they are as wanted. */
async function settled(store: Store, wanted: (rows: Awaited<ReturnType<typeof listDeliveries>>) => boolean) {
  for (;;) {
    const rows = await listDeliveries(store, { limit: 100 });
    if (wanted(rows)) return rows.toReversed();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/**
 * Another gateway on the same store. Two connections of one process to one SQLite file would wait for one another
 * without letting the other go on, so there the two share the connection.
 */
async function besides(one: Awaited<ReturnType<typeof gatewayAt>>, place: StoreOptions) {
  const shared = { store: one.store, service: one.service, [Symbol.asyncDispose]: () => Promise.resolve() };
  return one.store.kind === 'sqlite' ? shared : gatewayAt(place, { gateway: 'gateway.test/2' });
}

onEachStore('deliveries', (stores) => {
  test('a request and its decision are told once each, in order, to the channels of its groups', async () => {
    await using dba = await startWebhookReceiver();
    await using all = await startWebhookReceiver();
    await using other = await startWebhookReceiver();
    await using gateway = await gatewayAt(await stores.place());
    const channels = [
      webhookTo('dba', dba.url, ['dba']),
      webhookTo('all', all.url),
      webhookTo('other', other.url, ['security']),
    ];
    await using sending = deliveriesOf(gateway, channels);
    const hold = await gateway.service.hold(heldRequest());
    await Promise.all([dba.came(1), all.came(1)]);
    await gateway.service.decide(hold.id, answerOf('approve', person('ada'), hold));
    await Promise.all([dba.came(2), all.came(2)]);
    const expected = [
      ['approval.requested', hold.id],
      ['approval.decided', hold.id],
    ];
    assert.deepEqual(eventsOf(dba), expected);
    assert.deepEqual(eventsOf(all), expected);
    const rows = await settled(gateway.store, (all) => all.every(({ state }) => state === 'delivered'));
    assert.equal(rows.length, 4);
    assert.deepEqual(other.received, []);
    assert.deepEqual(sending.faults, []);
  });

  test('cancelling and expiring are told, and what was answered before anybody looked is told as well', async () => {
    await using receiver = await startWebhookReceiver();
    let passedMs = 0;
    const now = () => Date.now() + passedMs;
    await using gateway = await gatewayAt(await stores.place(), { now });
    const left = await gateway.service.hold(heldRequest({ text: 'drop table a' }));
    await left.cancel('its client left');
    const soon = { obligations: [obligation('dba', { withinMs: 60_000 })], text: 'drop table b' };
    const late = await gateway.service.hold(heldRequest(soon));
    passedMs = 60_000;
    await gateway.service.sweep();
    await using _sending = deliveriesOf(gateway, [webhookTo('hook', receiver.url)], { nowMs: now });
    await receiver.came(4);
    assert.deepEqual(
      eventsOf(receiver).map(String).sort(),
      [
        ['approval.cancelled', left.id],
        ['approval.expired', late.id],
        ['approval.requested', left.id],
        ['approval.requested', late.id],
      ]
        .map(String)
        .sort(),
    );
  });

  test('of two gateways that share a store, one sends each message', async () => {
    await using receiver = await startWebhookReceiver();
    const place = await stores.place();
    await using one = await gatewayAt(place);
    await using two = await besides(one, place);
    const channels = [webhookTo('hook', receiver.url)];
    await using _first = deliveriesOf(one, channels);
    await using _second = deliveriesOf(two, channels);
    const texts = Array.from({ length: 10 }, (_, index) => `drop table t${index}`);
    const holds = await Promise.all(
      texts.map((text, index) => (index % 2 ? one : two).service.hold(heldRequest({ text }))),
    );
    await receiver.came(10);
    await Promise.all(holds.map((hold) => two.service.decide(hold.id, answerOf('deny', person('ada'), hold))));
    await receiver.came(20);
    await settled(one.store, (rows) => rows.length === 20 && rows.every(({ state }) => state === 'delivered'));
    const said = eventsOf(receiver).map(String);
    assert.equal(new Set(said).size, 20);
    assert.equal(said.length, 20);
  });

  test('a receiver that fails is tried again under the same id, then given up, and tried once more by hand', async () => {
    await using receiver = await startWebhookReceiver();
    await using gateway = await gatewayAt(await stores.place());
    receiver.next(
      (response) => response.writeHead(500).end('no'),
      (response) => response.destroy(),
      (response) => response.writeHead(503).end('still no'),
    );
    await using sending = deliveriesOf(gateway, [webhookTo('hook', receiver.url)]);
    await gateway.service.hold(heldRequest());
    const [dead] = await settled(gateway.store, ([row]) => row?.state === 'dead');
    assert.ok(dead);
    assert.equal(dead.attempts, 3);
    assert.match(dead.last_fault ?? '', /answered 503: still no$/);
    assert.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 1);
    assert.match(String(sending.faults[0]), /the channel hook gave up on dlv_/);

    assert.equal(await retryDelivery(gateway.store, dead.id, new Date().toISOString()), true);
    await settled(gateway.store, ([row]) => row?.state === 'delivered');
    assert.equal(receiver.received.length, 4);
    assert.equal(await retryDelivery(gateway.store, dead.id, new Date().toISOString()), false);
  });

  test('a receiver that asks for time is given it, and that is no attempt', async () => {
    await using receiver = await startWebhookReceiver();
    await using gateway = await gatewayAt(await stores.place());
    const busy = (response: { writeHead(status: number, headers: Record<string, string>): { end(): void } }) =>
      response.writeHead(429, { 'retry-after': '0.01' }).end();
    receiver.next(busy, busy, busy, busy);
    await using _sending = deliveriesOf(gateway, [webhookTo('hook', receiver.url)]);
    await gateway.service.hold(heldRequest());
    const [row] = await settled(gateway.store, ([first]) => first?.state === 'delivered');
    assert.equal(receiver.received.length, 5);
    assert.equal(row?.attempts, 1);
    assert.equal(row?.last_fault, null);
  });

  test('a receiver that hangs delays no other, and is let go in time', async () => {
    await using hung = await startWebhookReceiver();
    await using well = await startWebhookReceiver();
    await using gateway = await gatewayAt(await stores.place());
    hung.next(...Array.from({ length: 10_000 }, () => () => undefined));
    const channels = [webhookTo('hung', hung.url), webhookTo('well', well.url)];
    // A machine that is busy may miss the time for the other one as well; then that one is tried again.
    const times = { ...TEST_TIMES, channelSendMs: 200, deliveryAttempts: 1000 };
    await using _sending = deliveriesOf(gateway, channels, { times });
    for (let n = 0; n < 8; n++) await gateway.service.hold(heldRequest({ text: `drop table t${n}` }));
    const rows = await settled(gateway.store, (all) => {
      const told = all.filter(({ channel, state }) => channel === 'well' && state === 'delivered');
      return told.length === 8 && all.some(({ channel, last_fault }) => channel === 'hung' && last_fault !== null);
    });
    const faults = rows.filter(({ channel }) => channel === 'hung').map(({ state, last_fault }) => [state, last_fault]);
    assert.match(String(faults.find(([, fault]) => fault !== null)), /^waiting,.*(?:not in time|no answer in time)/);
    assert.ok(faults.every(([state]) => state === 'waiting'));
  });

  test('a receiver that is gone and comes back gets what it missed, in order', async () => {
    const first = await startWebhookReceiver();
    const { port, url } = first;
    await first[Symbol.asyncDispose]();
    await using gateway = await gatewayAt(await stores.place());
    const times = { ...TEST_TIMES, deliveryAttempts: 1000 };
    await using _sending = deliveriesOf(gateway, [webhookTo('hook', url)], { times });
    const hold = await gateway.service.hold(heldRequest());
    await settled(gateway.store, ([row]) => row?.last_fault?.includes('ECONNREFUSED') ?? false);
    await gateway.service.decide(hold.id, answerOf('deny', person('ada'), hold, { reason: 'no' }));
    await settled(gateway.store, (rows) => rows.length === 2);
    await using back = await startWebhookReceiver({ port });
    await back.came(2);
    assert.deepEqual(eventsOf(back), [
      ['approval.requested', hold.id],
      ['approval.decided', hold.id],
    ]);
  });

  test('the outcome waits until the request was told', async () => {
    await using receiver = await startWebhookReceiver();
    await using gateway = await gatewayAt(await stores.place());
    const fails = (response: { writeHead(status: number): { end(): void } }) => response.writeHead(500).end();
    receiver.next(fails, fails);
    await using _sending = deliveriesOf(gateway, [webhookTo('hook', receiver.url)]);
    const hold = await gateway.service.hold(heldRequest());
    await receiver.came(1);
    await gateway.service.decide(hold.id, answerOf('approve', person('ada'), hold));
    await receiver.came(4);
    assert.deepEqual(
      eventsOf(receiver).map(([type]) => type),
      ['approval.requested', 'approval.requested', 'approval.requested', 'approval.decided'],
    );
  });

  test('a gateway that ends in the middle gives back what it was sending, and its next life sends it', async () => {
    await using receiver = await startWebhookReceiver();
    const place = await stores.place();
    receiver.next(() => undefined);
    {
      await using gateway = await gatewayAt(place);
      await using _sending = deliveriesOf(gateway, [webhookTo('hook', receiver.url)]);
      await gateway.service.hold(heldRequest());
      await receiver.came(1);
    }
    await using again = await gatewayAt(place);
    const [row] = await settled(again.store, ([first]) => first?.state === 'waiting');
    assert.equal(row?.attempts, 0);
    await using _sending = deliveriesOf(again, [webhookTo('hook', receiver.url)]);
    await receiver.came(3);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    assert.equal(ids[0], ids[1]);
    assert.deepEqual(
      eventsOf(receiver).map(([type]) => type),
      ['approval.requested', 'approval.requested', 'approval.cancelled'],
    );
  });

  test('what a gateway was killed over is sent by another once its time is over', async () => {
    await using receiver = await startWebhookReceiver();
    const place = await stores.place();
    await using one = await gatewayAt(place);
    await using two = await besides(one, place);
    receiver.next(() => undefined);
    // It neither sends nor gives back: as good as killed.
    const lease = { deliveryScanMs: 1, deliveryPollMs: 20, deliveryLeaseMs: 150 };
    await using _hung = deliveriesOf(one, [webhookTo('hook', receiver.url)], { times: lease });
    await one.service.hold(heldRequest());
    await receiver.came(1);
    await using _sending = deliveriesOf(two, [webhookTo('hook', receiver.url)], { times: lease });
    await receiver.came(2);
    const [row] = await settled(two.store, ([first]) => first?.state === 'delivered');
    assert.equal(row?.attempts, 2);
  });

  test('what waits for a channel that is not declared any more is given up; one that is switched off keeps it', async () => {
    await using receiver = await startWebhookReceiver();
    await using gateway = await gatewayAt(await stores.place());
    const hook = webhookTo('hook', receiver.url);
    const off = { ...hook, channel: { ...hook.channel, declaration: { ...hook.channel.declaration, enabled: false } } };
    receiver.next((response) => response.writeHead(500).end());
    const slow = { deliveryScanMs: 1, deliveryBackoffMs: 60_000 };
    {
      await using _sending = deliveriesOf(gateway, [hook], { times: slow });
      await gateway.service.hold(heldRequest());
      await settled(gateway.store, ([row]) => row?.last_fault != null);
    }
    {
      await using _sending = deliveriesOf(gateway, [off]);
      await gateway.service.hold(heldRequest({ text: 'drop table b' }));
    }
    assert.deepEqual(
      (await listDeliveries(gateway.store, { limit: 9 })).map(({ state }) => state),
      ['waiting'],
    );
    await using _sending = deliveriesOf(gateway, []);
    const [row] = await settled(gateway.store, ([first]) => first?.state === 'dead');
    assert.equal(row?.last_fault, 'the channel is not declared any more');
    assert.equal(receiver.received.length, 1);
  });
});

test('attempts are further apart each time, up to five minutes, and not at one moment for all', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 8, 9, 20].map((attempt) => backoffMs(attempt, 2000, 0.5)),
    [2000, 4000, 8000, 16_000, 256_000, 300_000, 300_000],
  );
  assert.deepEqual([backoffMs(1, 2000, 0), backoffMs(1, 2000, 1)], [1500, 2500]);
});
