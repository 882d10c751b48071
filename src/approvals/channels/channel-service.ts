import { Fault } from '../../model/fault.ts';
import { LIMITS } from '../../model/limits.ts';
import { channelTotals, type DeliveryRow, listDeliveries, retryDelivery } from '../../store/delivery-rows.ts';
import type { Store } from '../../store/store.ts';
import { DeliveryFault } from './channel.ts';
import type { ChannelDirectory, DirectoryChannel } from './channel-directory.ts';
import { DEFINITION_EVENT } from './definition-notice.ts';
import { visibleText } from './visible-text.ts';

export interface ChannelView {
  readonly name: string;
  readonly kind: 'slack' | 'webhook' | 'email';
  /** Empty for all. */
  readonly groups: readonly string[];
  /** `failing` where the newest thing that happened was not a delivery. */
  readonly state: 'ok' | 'failing' | 'off';
  readonly lastDeliveredAt?: string;
  readonly lastFault?: string;
  readonly waiting: number;
  readonly dead: number;
}

export interface ChannelTest {
  readonly channel: string;
  readonly ok: boolean;
  /** Where it went, or why it did not. */
  readonly detail: string;
}

export interface DeliveryView {
  readonly id: string;
  readonly channel: string;
  readonly event: string;
  /** Absent where it tells of definitions. */
  readonly approval?: string;
  readonly state: DeliveryRow['state'];
  readonly attempts: number;
  readonly nextAt?: string;
  readonly createdAt: string;
  readonly lastFault?: string;
}

export interface DeliveryQuery {
  readonly state?: DeliveryRow['state'] | undefined;
  readonly channel?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** What operators see of channels and what was sent through them, and may do about it. */
export interface ChannelService {
  list(): Promise<readonly ChannelView[]>;
  /** Sends a message that says it is a test; undefined for an unknown name. */
  test(name: string): Promise<ChannelTest | undefined>;
  /** Newest first. */
  deliveries(query: DeliveryQuery): Promise<{ readonly items: readonly DeliveryView[]; readonly next?: string }>;
  /** False where there is no such delivery on the dead-letter list. */
  retry(delivery: string): Promise<boolean>;
}

export interface ChannelServiceParts {
  readonly store: Store;
  readonly directory: ChannelDirectory;
  readonly nowMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

export function channelService({ store, directory, nowMs, onFault }: ChannelServiceParts): ChannelService {
  return {
    list: () => Promise.all(directory.list().map((channel) => viewOf(store, channel))),
    async test(name) {
      const found = directory.get(name);
      if (found === undefined) return undefined;
      try {
        const detail = await found.channel.test(AbortSignal.timeout(LIMITS.channelSendMs));
        return { channel: name, ok: true, detail };
      } catch (fault) {
        if (fault instanceof DeliveryFault || fault instanceof Fault) {
          return { channel: name, ok: false, detail: visibleText(fault.message) };
        }
        onFault(fault);
        return { channel: name, ok: false, detail: 'a fault of the gateway; its own log says more' };
      }
    },
    async deliveries({ limit, cursor, ...filter }) {
      const rows = await listDeliveries(store, { ...filter, before: cursor, limit: limit + 1 });
      const items = rows.slice(0, limit).map(deliveryView);
      const last = items.at(-1);
      return rows.length > limit && last !== undefined ? { items, next: last.id } : { items };
    },
    retry: (delivery) => retryDelivery(store, delivery, new Date(nowMs()).toISOString()),
  };
}

async function viewOf(store: Store, { channel }: DirectoryChannel): Promise<ChannelView> {
  const { name, kind, groups, enabled } = channel.declaration;
  const { waiting, dead, lastDeliveredAt, lastFault, lastFaultAt = '' } = await channelTotals(store, name);
  const isFailing = lastFault !== undefined && lastFaultAt > (lastDeliveredAt ?? '');
  return {
    name,
    kind,
    groups,
    state: enabled ? (isFailing ? 'failing' : 'ok') : 'off',
    ...(lastDeliveredAt !== undefined && { lastDeliveredAt }),
    ...(lastFault !== undefined && { lastFault }),
    waiting,
    dead,
  };
}

function deliveryView(row: DeliveryRow): DeliveryView {
  return {
    id: row.id,
    channel: row.channel,
    event: row.event,
    ...(row.event === DEFINITION_EVENT ? {} : { approval: row.approval }),
    state: row.state,
    attempts: row.attempts,
    ...(row.state === 'waiting' && { nextAt: row.next_at }),
    createdAt: row.created_at,
    ...(row.last_fault !== null && { lastFault: row.last_fault }),
  };
}
