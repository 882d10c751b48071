import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type GatewayProcess, startGatewayProcess } from '../chaperone.ts';
import { median } from '../statistics.ts';
import type { HttpGatewayAnswer, HttpGatewayRequest } from './gateway.ts';
import { startHttpHaproxy, startNginxProxy, startOrigin } from './servers.ts';
import { HTTP_TARGETS } from './targets.ts';
import { type HttpWay, type Load, type LoadFigures, load } from './wrk.ts';

/** The median of the rounds, for each way. */
export interface HttpResult {
  readonly load: Load;
  readonly by: ReadonlyMap<string, LoadFigures>;
}

export interface HttpMeasuring {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: readonly number[];
  readonly directory: string;
  readonly say: (line: string) => void;
}

const WARM_UP_CONNECTIONS = 8;

/** Measures all ways, each process on the same machine, beside each other. */
export async function measureHttp(measuring: HttpMeasuring): Promise<readonly HttpResult[]> {
  const { directory } = measuring;
  await using origin = await startOrigin(directory);
  await using nginx = await startNginxProxy(origin, directory);
  await using haproxy = await startHttpHaproxy(origin, directory);
  const home = join(directory, 'chaperone');
  await mkdir(home);
  const request: HttpGatewayRequest = { directory: home, origin: origin.port };
  await using chaperone = await startGatewayProcess<HttpGatewayAnswer>(
    join(import.meta.dirname, 'gateway.ts'),
    request,
  );
  const local = (name: string, port: number, pid: number | undefined): HttpWay => {
    return { name, base: `http://127.0.0.1:${port}`, fields: {}, pid };
  };
  const others = [
    local('direct', origin.port, undefined),
    local('nginx', nginx.port, nginx.pid),
    local('haproxy', haproxy.port, haproxy.pid),
  ];
  const through = HTTP_TARGETS.map((target) => throughGateway(target, chaperone));
  // What is capped differs where there is something to cap; what is strict, where there are many to wait for the disk.
  const ways: Ways = {
    '/small': [...others, ...through.filter(({ name }) => !name.endsWith('capped'))],
    '/large': [...others, ...through.filter(({ name }) => !name.endsWith('strict'))],
  };
  // Awaited here: what is measured ends with this function.
  return await measureRounds(ways, measuring, () => chaperone.settle());
}

const PATHS = ['/small', '/large'] as const;

type Ways = Readonly<Record<(typeof PATHS)[number], readonly HttpWay[]>>;

function throughGateway(target: string, { answer, pid }: GatewayProcess<HttpGatewayAnswer>): HttpWay {
  const { port, user, password } = answer;
  return {
    name: `chaperone ${target}`,
    base: `http://127.0.0.1:${port}/t/${target}`,
    fields: { authorization: `Bearer ${user}.${password}` },
    pid,
  };
}

/** In each round every way has its turn, so that what disturbs the machine disturbs all. */
async function measureRounds(
  ways: Ways,
  { rounds, seconds, connections, say }: HttpMeasuring,
  settle: () => Promise<void>,
): Promise<readonly HttpResult[]> {
  const loads = PATHS.flatMap((path) =>
    connections.map((count) => ({ path, connections: count, seconds, samples: new Map<string, LoadFigures[]>() })),
  );
  for (const path of PATHS) {
    for (const way of ways[path]) await load(way, { path, connections: WARM_UP_CONNECTIONS, seconds });
  }
  say('warmed up');
  for (let round = 1; round <= rounds; round++) {
    for (const { samples, ...one } of loads) {
      for (const way of ways[one.path]) {
        const figures = await load(way, one);
        samples.set(way.name, [...(samples.get(way.name) ?? []), figures]);
      }
      await settle();
      say(`round ${round}: ${one.path}, ${one.connections} connections`);
    }
  }
  return loads.map(({ samples, ...one }) => ({ load: one, by: medians(samples) }));
}

function medians(samples: ReadonlyMap<string, readonly LoadFigures[]>): HttpResult['by'] {
  return new Map([...samples].map(([name, all]) => [name, medianOf(all)]));
}

function medianOf(all: readonly LoadFigures[]): LoadFigures {
  const of = (name: keyof LoadFigures): number => median(all.map((one) => one[name]));
  return {
    perSecond: of('perSecond'),
    megabytesPerSecond: of('megabytesPerSecond'),
    p50Us: of('p50Us'),
    p99Us: of('p99Us'),
    cpuUs: of('cpuUs'),
  };
}
