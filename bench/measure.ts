import { type BulkRead, measureBulkRead } from './bulk-read.ts';
import type { Chaperone } from './chaperone.ts';
import { type DiskLatency, fdatasyncLatency } from './disk.ts';
import { type IdleMemory, measureIdleConnections } from './idle-connections.ts';
import type { BenchOptions, PgbenchMode } from './options.ts';
import type { Way } from './proxies.ts';
import { measureSmallQueries, type SmallQueries } from './small-queries.ts';
import { median } from './statistics.ts';

const WARM_UP_CLIENTS = 8;

/** The ways under comparison, in the order of the tables. */
export interface Ways {
  readonly small: readonly Way[];
  readonly bulk: readonly Way[];
  readonly idle: readonly (Way & { readonly pid: number })[];
  readonly chaperone: Chaperone;
}

export interface Results {
  readonly small: readonly { readonly mode: PgbenchMode; readonly clients: number; readonly by: Table<SmallQueries> }[];
  readonly bulk: Table<BulkRead>;
  readonly idle: Table<IdleMemory>;
  readonly disk: DiskLatency;
}

/** By the name of the way; the median of the rounds. */
export type Table<Figures> = ReadonlyMap<string, Figures>;

/** Measures everything. In each round every way has its turn, so that what disturbs the machine disturbs all. */
export async function measureAll(
  ways: Ways,
  options: BenchOptions,
  directory: string,
  say: (line: string) => void,
): Promise<Results> {
  // First, before a process has grown by what is measured next.
  const idle = new Samples<IdleMemory>();
  for (const way of ways.idle) {
    const settle = way.pid === ways.chaperone.pid ? () => ways.chaperone.settle() : () => Promise.resolve();
    idle.add(way.name, await measureIdleConnections(way, options.idleConnections, settle));
    say(`idle connections: ${way.name}`);
  }
  const small = options.modes.flatMap((mode) =>
    options.clients.map((clients) => ({ mode, clients, samples: new Samples<SmallQueries>() })),
  );
  const bulk = new Samples<BulkRead>();
  await warmUp(ways.small, options, directory);
  say('warmed up');
  for (let round = 1; round <= options.rounds; round++) {
    for (const { mode, clients, samples } of small) {
      for (const way of ways.small) {
        samples.add(way.name, await measureSmallQueries(way, mode, clients, options.seconds, directory));
      }
      say(`round ${round}: ${mode}, ${clients} clients`);
    }
    for (const way of ways.bulk) bulk.add(way.name, await measureBulkRead(way, options.bulkMegabytes));
    say(`round ${round}: bulk read`);
    await ways.chaperone.settle();
  }
  return {
    small: small.map(({ mode, clients, samples }) => ({ mode, clients, by: samples.medians() })),
    bulk: bulk.medians(),
    idle: idle.medians(),
    disk: await fdatasyncLatency(directory),
  };
}

/** A process that has just started compiles its code and fills its caches; what is measured is one that has run. */
async function warmUp(ways: readonly Way[], options: BenchOptions, directory: string): Promise<void> {
  for (const mode of options.modes) {
    for (const way of ways) await measureSmallQueries(way, mode, WARM_UP_CLIENTS, options.seconds, directory);
  }
}

class Samples<Figures extends { readonly [Name in keyof Figures]: number }> {
  readonly #by = new Map<string, Figures[]>();

  add(name: string, figures: Figures): void {
    const known = this.#by.get(name);
    if (known === undefined) this.#by.set(name, [figures]);
    else known.push(figures);
  }

  medians(): Table<Figures> {
    return new Map([...this.#by].map(([name, all]) => [name, medianOf(all)]));
  }
}

function medianOf<Figures extends { readonly [Name in keyof Figures]: number }>(all: readonly Figures[]): Figures {
  const names = Object.keys(all[0] ?? {}) as (keyof Figures)[];
  return Object.fromEntries(names.map((name) => [name, median(all.map((one) => one[name]))])) as Figures;
}
