import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { SEALER } from '../../../test/support/held-requests.ts';
import { onEachStore } from '../../../test/support/stores.ts';
import { startWebhookReceiver } from '../../../test/support/webhook-receiver.ts';
import type { SecretSource } from '../../declared/secret-source.ts';
import { Fault } from '../../model/fault.ts';
import { writeDeclarations } from '../../store/configuration-rows.ts';
import { claimDelivery, finishDelivery, insertDelivery } from '../../store/delivery-rows.ts';
import type { Store } from '../../store/store.ts';
import { openChannelDirectory } from './channel-directory.ts';
import { channelService } from './channel-service.ts';
import { loadChannels } from './load-channels.ts';

const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const AT = '2026-01-02T03:04:05.000Z';

/** Declares channels as applying them does. */
async function declare(store: Store, ...values: readonly object[]): Promise<void> {
  const { items, problems } = loadChannels(values.map((value) => ({ value, file: 'c.yaml', line: () => 1 })));
  assert.deepEqual(problems, []);
  const rows = items.map(({ channel, secrets, boundTo }) => {
    const plain = JSON.stringify(secrets);
    const sealed = { sealed: SEALER.seal(plain, boundTo), fingerprint: SEALER.fingerprint(plain, boundTo) };
    const content = { kind: channel.kind, declaration: JSON.stringify(channel), ...sealed };
    return { table: 'channels', name: channel.name, channel: content } as const;
  });
  await writeDeclarations(store, rows, { version: 0, now: AT });
}

const hook = (url: string, more: object = {}) => ({
  name: 'hook',
  kind: 'webhook',
  url,
  insecureLoopback: true,
  secret: { value: SECRET },
  ...more,
});

function directoryOf(store: Store) {
  const fetchSecret = (source: SecretSource) => {
    if ('value' in source) return Promise.resolve(source.value);
    if ('file' in source) return Promise.resolve('');
    return Promise.reject(new Fault('config-invalid', 'the environment variable MISSING of the gateway is not set'));
  };
  const onFault = (fault: unknown) => assert.fail(String(fault));
  const parts = { store, open: SEALER.open, fetchSecret, nowMs: Date.now, onFault };
  return openChannelDirectory({ ...parts, random: (bytes) => randomBytes(bytes) });
}

const serviceOf = (store: Store, directory: Awaited<ReturnType<typeof directoryOf>>) =>
  channelService({ store, directory, nowMs: () => Date.parse(AT), onFault: (fault) => assert.fail(String(fault)) });

onEachStore('channels', (stores) => {
  test('a channel that is declared sends with its sealed secret, and one that changes is known at once', async () => {
    await using receiver = await startWebhookReceiver();
    const store = await stores.open();
    using directory = await directoryOf(store);
    const service = serviceOf(store, directory);
    assert.equal(await service.test('hook'), undefined);
    await declare(store, hook(receiver.url));
    await directory.reload();
    assert.deepEqual(await service.test('hook'), { channel: 'hook', ok: true, detail: `localhost:${receiver.port}` });
  });

  test('a secret does not go to where somebody pointed the channel in the store', async () => {
    await using receiver = await startWebhookReceiver();
    await using thief = await startWebhookReceiver();
    const store = await stores.open();
    await declare(store, hook(receiver.url));
    await store.write((db) =>
      db
        .updateTable('channels')
        .set(({ eb }) => ({ declaration: eb.fn('replace', ['declaration', eb.val(receiver.url), eb.val(thief.url)]) }))
        .execute(),
    );
    using directory = await directoryOf(store);
    const test = await serviceOf(store, directory).test('hook');
    assert.equal(test?.ok, false);
    assert.match(test.detail, /a sealed credential does not open/);
    assert.deepEqual([receiver.received, thief.received], [[], []]);
  });

  test('a secret that is not there is named by where it should be', async () => {
    const store = await stores.open();
    await declare(store, hook('https://example.com/', { secret: { env: 'MISSING' } }));
    using directory = await directoryOf(store);
    assert.deepEqual(await serviceOf(store, directory).test('hook'), {
      channel: 'hook',
      ok: false,
      detail: 'the environment variable MISSING of the gateway is not set',
    });
  });

  test('a secret that is empty is none', async () => {
    const store = await stores.open();
    await declare(store, hook('https://example.com/', { secret: { file: '/run/empty' } }));
    using directory = await directoryOf(store);
    const detail = 'the secret of the channel hook is empty';
    assert.deepEqual(await serviceOf(store, directory).test('hook'), { channel: 'hook', ok: false, detail });
  });

  test('lists say how each fares: well, failing, or off; and what waits and what is dead', async () => {
    const store = await stores.open();
    await declare(store, hook('https://a.test/'), {
      ...hook('https://b.test/'),
      name: 'off',
      enabled: false,
      groups: ['dba'],
    });
    using directory = await directoryOf(store);
    const service = serviceOf(store, directory);
    const none = { waiting: 0, dead: 0, kind: 'webhook' };
    assert.deepEqual(await service.list(), [
      { name: 'hook', groups: [], state: 'ok', ...none },
      { name: 'off', groups: ['dba'], state: 'off', ...none },
    ]);
    const end = async (id: string, state: 'dead' | 'delivered', now: string, last_fault: string | null) => {
      const approval = `apr_${id}`;
      const delivery = { id, channel: 'hook', event: 'approval.requested', approval, step: 'requested' };
      await store.write((trx) => insertDelivery(trx, delivery, now));
      const claimed = await claimDelivery(store, {
        channel: 'hook',
        now,
        until: '2027-01-01T00:00:00.000Z',
        claim: id,
      });
      assert.equal(claimed?.id, id);
      const delivered_at = state === 'delivered' ? now : null;
      await finishDelivery(store, id, id, {
        state,
        attempts: 1,
        next_at: now,
        last_fault,
        delivered_at,
        external: null,
      });
    };
    await end('dlv_1', 'delivered', '2026-01-02T03:05:00.000Z', null);
    await end('dlv_2', 'dead', '2026-01-02T03:06:00.000Z', 'answered 500');
    const [failing] = await service.list();
    assert.deepEqual(failing, {
      name: 'hook',
      kind: 'webhook',
      groups: [],
      state: 'failing',
      lastDeliveredAt: '2026-01-02T03:05:00.000Z',
      lastFault: 'answered 500',
      waiting: 0,
      dead: 1,
    });
    await end('dlv_3', 'delivered', '2026-01-02T03:07:00.000Z', null);
    assert.equal((await service.list())[0]?.state, 'ok');
    const page = await service.deliveries({ limit: 2 });
    assert.deepEqual([page.items.map(({ id }) => id), page.next], [['dlv_3', 'dlv_2'], 'dlv_2']);
    const rest = await service.deliveries({ limit: 2, cursor: page.next });
    assert.deepEqual([rest.items.map(({ id }) => id), rest.next], [['dlv_1'], undefined]);
    assert.deepEqual(
      (await service.deliveries({ limit: 9, state: 'dead' })).items.map(({ id, lastFault }) => [id, lastFault]),
      [['dlv_2', 'answered 500']],
    );
    assert.equal(await service.retry('dlv_2'), true);
    assert.equal(await service.retry('dlv_2'), false);
  });
});
