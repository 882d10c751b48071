import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installedVersions } from '../test/support/postgres-installation.ts';
import { startPostgres } from '../test/support/postgres-server.ts';
import { startChaperone } from './chaperone.ts';
import { directly, startHaproxy, type Way } from './proxies.ts';
import { makeAccounts, measureSmallQueries, type SmallQueries } from './small-queries.ts';
import { median } from './statistics.ts';

/** How often the gateway has seen what it carries. */
export type Novelty = 'same' | 'alike' | 'new';

/** pgbench's scripts: the same text each time; the same but for a value; one that no statement before was like. */
const SCRIPTS: Readonly<Record<Novelty, string>> = {
  same: '\\set n random(1, 1000000000)\nSELECT abalance AS balance FROM pgbench_accounts WHERE aid = 7;\n',
  alike: '\\set n random(1, 1000000000)\nSELECT abalance AS balance FROM pgbench_accounts WHERE aid = :n;\n',
  new: '\\set n random(1, 1000000000)\nSELECT abalance AS balance_:n FROM pgbench_accounts WHERE aid = :n;\n',
};

export interface NewStatements {
  readonly clients: number;
  readonly by: readonly {
    readonly way: string;
    readonly novelty: Novelty;
    readonly figures: SmallQueries;
  }[];
}

/** The same traffic with texts that are known, alike and new, so that what understanding them costs can be told. */
export async function measureNewStatements(
  { clients, seconds, rounds }: { readonly clients: number; readonly seconds: number; readonly rounds: number },
  directory: string,
): Promise<NewStatements> {
  const version = installedVersions().includes(15) ? 15 : 18;
  await using server = await startPostgres({ version, settings: { log_statement: 'none', shared_buffers: '256MB' } });
  const direct = directly(server, 'postgres');
  await makeAccounts(direct, 5);
  await using haproxy = await startHaproxy(server, directory);
  await using chaperone = await startChaperone(server, 'postgres', directory);
  const ways: readonly Way[] = [
    direct,
    { ...direct, name: 'haproxy', port: haproxy.port, pid: haproxy.pid },
    chaperone.way('batched'),
  ];
  const runs: { way: string; novelty: Novelty; figures: SmallQueries }[] = [];
  for (const novelty of NOVELTIES) await writeFile(join(directory, `${novelty}.sql`), SCRIPTS[novelty]);
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const novelty of NOVELTIES) {
      for (const way of ways) {
        const script = join(directory, `${novelty}.sql`);
        const figures = await measureSmallQueries(way, 'simple', clients, seconds, directory, script);
        if (round > 0) runs.push({ way: way.name, novelty, figures });
      }
    }
  }
  await chaperone.settle();
  const by = ways.flatMap(({ name }) =>
    NOVELTIES.map((novelty) => {
      const same = runs.filter((run) => run.way === name && run.novelty === novelty).map(({ figures }) => figures);
      return { way: name, novelty, figures: medianOf(same) };
    }),
  );
  return { clients, by };
}

const NOVELTIES = ['same', 'alike', 'new'] as const;

function medianOf(runs: readonly SmallQueries[]): SmallQueries {
  const of = (name: keyof SmallQueries): number => median(runs.map((run) => run[name]));
  return {
    queriesPerSecond: of('queriesPerSecond'),
    p50: of('p50'),
    p99: of('p99'),
    cpuPer100k: of('cpuPer100k'),
  };
}
