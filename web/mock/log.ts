import type { LogStatus } from '../src/api/types.ts';
import { type Route, route } from './route.ts';
import { ago, type World } from './world.ts';

export function logRoutes(world: World): readonly Route[] {
  return [
    route(
      'GET',
      '/v1/log',
      (): LogStatus => ({
        origin: 'chaperone.example.com/log',
        size: 48_211,
        checkpointAt: ago(world.now, 30_000),
        ok: true,
        checkpoint:
          'chaperone.example.com/log\n48211\nq1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6j7k8l9z0x1c=\n\n— chaperone.example.com/log AbCdEf==\n',
        verifierKey: 'chaperone.example.com/log+1a2b3c4d+AbCdEf',
        root: 'q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6j7k8l9z0x1c=',
      }),
    ),
  ];
}
