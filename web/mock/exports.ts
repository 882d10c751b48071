import type { ExportList } from '../src/api/types.ts';
import { type Route, route } from './route.ts';
import { ago, HOUR, MINUTE, type World } from './world.ts';

export function exportRoutes(world: World): readonly Route[] {
  const quiet = { people: false, statements: false, behind: 0, behindMs: 0, aside: 0 };
  const list: ExportList = {
    gateway: 'demo.invalid/log',
    exports: [
      {
        ...quiet,
        name: 'lake',
        kind: 's3',
        format: 'ocsf',
        state: 'ok',
        index: 412,
        delivered: 18_204,
        lastDeliveredAt: ago(world.now, MINUTE),
      },
      {
        ...quiet,
        name: 'siem',
        kind: 'syslog',
        format: 'cef',
        state: 'failing',
        people: true,
        index: 380,
        delivered: 17_900,
        behind: 32,
        behindMs: 2 * HOUR,
        aside: 1,
        lastDeliveredAt: ago(world.now, 2 * HOUR),
        lastFault: 'siem.example.com:6514 did not take it: ECONNREFUSED',
        nextTryAt: ago(world.now, -3 * MINUTE),
      },
      { ...quiet, name: 'old', kind: 'file', format: 'ecs', state: 'off', index: 0, delivered: 0 },
    ],
  };
  return [route('GET', '/v1/exports', () => list)];
}
