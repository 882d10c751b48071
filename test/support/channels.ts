import { randomBytes } from 'node:crypto';
import type { ApprovalService } from '../../src/approvals/approval-service.ts';
import type { Channel } from '../../src/approvals/channels/channel.ts';
import type { DirectoryChannel } from '../../src/approvals/channels/channel-directory.ts';
import { Deliveries, type DeliveriesParts, type DeliveryTimes } from '../../src/approvals/channels/deliveries.ts';
import { noticeOf } from '../../src/approvals/channels/notices.ts';
import { webhookChannel } from '../../src/approvals/channels/webhook.ts';
import { mintId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Store } from '../../src/store/store.ts';

export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** Short enough for a test, long enough to tell apart. */
export const TEST_TIMES: DeliveryTimes = {
  deliveryScanMs: 1,
  deliveryPollMs: 50,
  deliveryLeaseMs: 60_000,
  deliveryBackoffMs: 5,
  channelSendMs: 10_000,
  deliveryAttempts: 3,
};

/** A channel in force since long ago. */
export function inForce(channel: Channel): DirectoryChannel {
  return {
    channel,
    secrets: () => Promise.resolve(new Secret('unused')),
    since: '2000-01-01T00:00:00.000Z',
  };
}

export function webhookTo(name: string, url: string, groups: readonly string[] = []): DirectoryChannel {
  const options = { insecureLoopback: true, allowPrivate: false, enabled: true };
  return inForce(
    webhookChannel(
      { kind: 'webhook', name, url, groups, ...options },
      {
        secrets: () => Promise.resolve(new Secret(WEBHOOK_SECRET)),
        nowMs: Date.now,
        random: (bytes) => randomBytes(bytes),
      },
    ),
  );
}

/** Deliveries as one gateway has them; its faults are kept. */
export function deliveriesOf(
  { store, service }: { readonly store: Store; readonly service: ApprovalService },
  channels: readonly DirectoryChannel[],
  more: Partial<DeliveriesParts> = {},
) {
  const faults: unknown[] = [];
  const deliveries = new Deliveries({
    store,
    channels: () => channels,
    notice: (id) =>
      noticeOf(id, {
        store,
        find: (approval) => service.find(approval, { all: true }),
        url: (approval) => `https://gateway.test/approvals/${approval}`,
      }),
    definitionsUrl: (target) => `https://gateway.test/definitions?target=${target}`,
    mint: (prefix) => mintId(prefix, Date.now(), (bytes) => randomBytes(bytes)),
    dice: () => 0.5,
    nowMs: Date.now,
    onFault: (fault) => faults.push(fault),
    times: TEST_TIMES,
    ...more,
  });
  return { deliveries, faults, [Symbol.asyncDispose]: () => deliveries[Symbol.asyncDispose]() };
}
