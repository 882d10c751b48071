/** `node bench/limited-read.ts`: what counting against budgets costs a bulk read and small queries. Prints. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../test/support/postgres-server.ts';
import { BULK_SQL, type BulkRead, measureBulkRead } from './bulk-read.ts';
import { startChaperone } from './chaperone.ts';
import { cpuSeconds } from './process-usage.ts';
import { drain, openClient } from './raw-client.ts';
import { median } from './statistics.ts';

const MEGABYTES = 512;
const ROUNDS = 5;
const QUERIES = 5_000;
const WAYS = ['unmasked', 'limited'] as const;

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'limited-read-'));
  try {
    await using server = await startPostgres({ settings: { log_statement: 'none' }, sql: BULK_SQL });
    await using chaperone = await startChaperone(server, 'postgres', directory);
    const bulk = new Map<string, BulkRead[]>(WAYS.map((name) => [name, []]));
    const small = new Map<string, number[]>(WAYS.map((name) => [name, []]));
    // Both in turn, so that what disturbs the machine disturbs both; the first round warms up.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const name of WAYS) {
        const way = chaperone.way(name);
        const read = await measureBulkRead(way, MEGABYTES);
        const client = await openClient(way);
        const before = await cpuSeconds(way.pid);
        for (let query = 0; query < QUERIES; query++) await drain(client, 'select 1');
        const perQuery = ((await cpuSeconds(way.pid)) - before) / QUERIES;
        await client.end();
        if (round === 0) continue;
        bulk.get(name)?.push(read);
        small.get(name)?.push(perQuery * 1e6);
      }
    }
    await chaperone.settle();
    for (const name of WAYS) {
      const reads = bulk.get(name) ?? [];
      const speed = median(reads.map(({ megabytesPerSecond }) => megabytesPerSecond));
      const cpu = median(reads.map(({ cpuPerGigabyte }) => cpuPerGigabyte));
      const query = median(small.get(name) ?? []);
      const figures = `${speed.toFixed(0)} MB/s, ${cpu.toFixed(2)} s of CPU a GB, ${query.toFixed(1)} µs of CPU a query`;
      process.stdout.write(`${name.padEnd(10)}${figures}\n`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

await main();
