import type { Channel, Delivery } from '../src/api/types.ts';
import { Answered, paged, type Route, route } from './route.ts';
import { ago, HOUR, MINUTE, type World } from './world.ts';

export function channelRoutes(world: World): readonly Route[] {
  const channels: Channel[] = [
    {
      name: 'dba-slack',
      kind: 'slack',
      groups: ['dba'],
      state: 'ok',
      lastDeliveredAt: ago(world.now, 4 * MINUTE),
      waiting: 0,
      dead: 0,
    },
    {
      name: 'pager',
      kind: 'webhook',
      groups: [],
      state: 'failing',
      lastDeliveredAt: ago(world.now, 26 * HOUR),
      lastFault: 'https://pager.example.com/hooks answered 503',
      waiting: 1,
      dead: 2,
    },
    { name: 'mail', kind: 'email', groups: ['security'], state: 'off', waiting: 0, dead: 0 },
  ];
  const approval = world.approvals[0]?.id;
  const deliveries: Delivery[] = [
    delivery('dlv_1', 'dead', 8, 30),
    delivery('dlv_2', 'dead', 8, 27),
    { ...delivery('dlv_3', 'waiting', 2, 0.1), nextAt: ago(world.now, -2 * MINUTE) },
    { ...delivery('dlv_4', 'delivered', 1, 0.07), channel: 'dba-slack' },
  ];
  function delivery(id: string, state: Delivery['state'], attempts: number, hours: number): Delivery {
    return {
      id,
      channel: 'pager',
      event: 'approval.requested',
      ...(approval !== undefined && { approval }),
      state,
      attempts,
      createdAt: ago(world.now, hours * HOUR),
      ...(state !== 'delivered' && { lastFault: 'answered 503' }),
    };
  }
  return [
    route('GET', '/v1/channels', () => ({ channels })),
    route('POST', '/v1/channels/:name/test', ({ parts: [name] }) => {
      const ok = name !== 'pager';
      return { channel: name, ok, detail: ok ? 'posted to #dba' : 'https://pager.example.com/hooks answered 503' };
    }),
    route('GET', '/v1/deliveries', ({ query }) =>
      paged(
        deliveries.filter(({ state }) => (query.get('state') ?? state) === state),
        query,
      ),
    ),
    route('POST', '/v1/deliveries/:delivery/retry', ({ parts: [id] }) => {
      const found = deliveries.find((each) => each.id === id);
      if (found === undefined) throw new Answered(404, 'There is no such delivery');
      found.state = 'waiting';
      return { id, retried: true };
    }),
  ];
}
