import { installedVersions } from '../test/support/postgres-installation.ts';
import { startPostgres } from '../test/support/postgres-server.ts';
import { BULK_SQL, type BulkRead, measureBulkRead } from './bulk-read.ts';
import { startChaperone } from './chaperone.ts';
import { median } from './statistics.ts';

/** The same bulk read with masks and without, through one gateway. */
export interface MaskedRead {
  readonly megabytes: number;
  readonly rounds: number;
  readonly unmasked: BulkRead;
  readonly masked: BulkRead;
}

/** Reads with and without masks in turn, so that what disturbs the machine disturbs both. */
export async function measureMaskedRead(megabytes: number, rounds: number, directory: string): Promise<MaskedRead> {
  const version = installedVersions().includes(15) ? 15 : 18;
  const settings = { log_statement: 'none', shared_buffers: '256MB' };
  await using server = await startPostgres({ version, settings, sql: BULK_SQL });
  await using chaperone = await startChaperone(server, 'postgres', directory);
  const unmasked: BulkRead[] = [];
  const masked: BulkRead[] = [];
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [target, reads] of [['unmasked', unmasked] as const, ['batched', masked] as const]) {
      const read = await measureBulkRead(chaperone.way(target), megabytes);
      if (round > 0) reads.push(read);
    }
  }
  await chaperone.settle();
  return { megabytes, rounds, unmasked: medianOf(unmasked), masked: medianOf(masked) };
}

function medianOf(reads: readonly BulkRead[]): BulkRead {
  return {
    megabytesPerSecond: median(reads.map((read) => read.megabytesPerSecond)),
    cpuPerGigabyte: median(reads.map((read) => read.cpuPerGigabyte)),
  };
}
