import { execFile } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PgbenchMode } from './options.ts';
import { cpuSeconds } from './process-usage.ts';
import type { Way } from './proxies.ts';
import { quantile } from './statistics.ts';

const run = promisify(execFile);
const PGBENCH_PATH = `/usr/lib/postgresql/15/bin:${process.env['PATH'] ?? ''}`;
/** Of the transactions whose latency is kept. */
const SAMPLING = { 1: '1.0' } as Readonly<Record<number, string>>;

/** One pgbench run, select-only. */
export interface SmallQueries {
  readonly queriesPerSecond: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
  /** CPU seconds of the process in between for 100,000 queries; NaN where there is none. */
  readonly cpuPer100k: number;
}

export async function makeAccounts(way: Way, scale: number): Promise<void> {
  await run('pgbench', ['-i', '-q', '-s', String(scale)], { env: environment(way) });
}

export async function measureSmallQueries(
  way: Way,
  mode: PgbenchMode,
  clients: number,
  seconds: number,
  directory: string,
  /** What pgbench runs: its own select, or the script of this path. */
  script?: string,
): Promise<SmallQueries> {
  const prefix = join(directory, 'latency');
  const threads = Math.min(clients, 2);
  const log = ['-l', `--log-prefix=${prefix}`, `--sampling-rate=${SAMPLING[clients] ?? '0.1'}`];
  const cpuBefore = way.pid === undefined ? Number.NaN : await cpuSeconds(way.pid);
  const { stdout } = await run(
    'pgbench',
    [
      '-n',
      ...(script === undefined ? ['-S'] : ['-f', script]),
      '-M',
      mode,
      '-c',
      String(clients),
      '-j',
      String(threads),
      '-T',
      String(seconds),
      ...log,
    ],
    { env: environment(way), cwd: directory, maxBuffer: 16 * 1024 * 1024 },
  );
  const cpuAfter = way.pid === undefined ? Number.NaN : await cpuSeconds(way.pid);
  const count = Number(/number of transactions actually processed: (\d+)/.exec(stdout)?.[1] ?? Number.NaN);
  const failed = Number(/number of failed transactions: (\d+)/.exec(stdout)?.[1] ?? 0);
  if (!(count > 0) || failed > 0) throw new Error(`pgbench through ${way.name} failed:\n${stdout}`);
  const latencies = await readLatencies(directory);
  return {
    queriesPerSecond: Number(/tps = ([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    cpuPer100k: ((cpuAfter - cpuBefore) / count) * 100_000,
  };
}

/** pgbench's log: client, transaction, microseconds, … (manual, pgbench, "Per-Transaction Logging"). */
async function readLatencies(directory: string): Promise<number[]> {
  const files = (await readdir(directory)).filter((name) => name.startsWith('latency.'));
  const values: number[] = [];
  for (const file of files) {
    const text = await readFile(join(directory, file), 'utf8');
    for (const line of text.split('\n')) if (line !== '') values.push(Number(line.split(' ', 3)[2]));
    await rm(join(directory, file));
  }
  return values;
}

function environment({ host, port, user, password, database }: Way): NodeJS.ProcessEnv {
  return {
    PATH: PGBENCH_PATH,
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    PGSSLMODE: 'disable',
  };
}
