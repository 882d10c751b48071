import { cpuSeconds } from './process-usage.ts';
import type { Way } from './proxies.ts';
import { drain, openClient } from './raw-client.ts';

/** The size of the table that is read again and again, so that it stays in the server's memory. */
const TABLE_MEGABYTES = 16;

export interface BulkRead {
  readonly megabytesPerSecond: number;
  /** CPU seconds of the process in between for a gigabyte; NaN where there is none. */
  readonly cpuPerGigabyte: number;
}

/** Rows of about a kilobyte of text, no two alike, none of which a detector finds anything in. */
export const BULK_SQL = `
create table bulk as
  select n as id, 'customer ' || n as name, md5(n::text) as token,
    (select string_agg(md5((n * 31 + i)::text), ' ') from generate_series(1, 28) i) as note
  from generate_series(1, ${TABLE_MEGABYTES * 1024}) n;
`;

/** Reads that many megabytes with one query on one connection; a first small one warms up. */
export async function measureBulkRead(way: Way, megabytes: number): Promise<BulkRead> {
  const client = await openClient(way);
  try {
    const times = Math.max(1, Math.round(megabytes / TABLE_MEGABYTES));
    await drain(client, 'select * from bulk limit 1000');
    const cpuBefore = way.pid === undefined ? Number.NaN : await cpuSeconds(way.pid);
    const began = performance.now();
    const bytes = await drain(client, `select b.* from generate_series(1, ${times}) s, bulk b`);
    const seconds = (performance.now() - began) / 1000;
    const cpu = (way.pid === undefined ? Number.NaN : await cpuSeconds(way.pid)) - cpuBefore;
    return { megabytesPerSecond: bytes / 1e6 / seconds, cpuPerGigabyte: (cpu / bytes) * 1e9 };
  } finally {
    await client.end();
  }
}
