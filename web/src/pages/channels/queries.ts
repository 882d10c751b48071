import { queryOptions } from '@tanstack/react-query';
import { call, get } from '../../api/client.ts';
import { pages } from '../../api/queries.ts';
import type { Channel, Delivery } from '../../api/types.ts';

export const channelsQuery = queryOptions({
  queryKey: ['channels', 'list'],
  queryFn: async ({ signal }) => (await get<{ channels: Channel[] }>('/v1/channels', undefined, signal)).channels,
  refetchInterval: 15_000,
});

export function deliveriesQuery(state: Delivery['state']) {
  return pages<Delivery>(['channels', 'deliveries'], '/v1/deliveries', { state });
}

export interface ChannelTest {
  readonly ok: boolean;
  readonly detail: string;
}

/** Sends a message that says that it is a test; tells whether it got there. */
export async function testChannel(name: string): Promise<ChannelTest> {
  return (await call<ChannelTest>('POST', `/v1/channels/${encodeURIComponent(name)}/test`)).data;
}

export async function retryDelivery(id: string): Promise<void> {
  await call<unknown>('POST', `/v1/deliveries/${encodeURIComponent(id)}/retry`);
}
