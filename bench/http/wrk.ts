import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cpuSeconds } from '../process-usage.ts';

/** One way to reach the origin: where to ask, what to show, and the process in between (none for a direct connection). */
export interface HttpWay {
  readonly name: string;
  /** Without a slash at its end. */
  readonly base: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly pid: number | undefined;
}

export interface Load {
  /** `/small` or `/large`. */
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadFigures {
  readonly perSecond: number;
  readonly megabytesPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** CPU microseconds of the process in between, all its threads, for each request; NaN where there is none. */
  readonly cpuUs: number;
}

/** Loads a way with wrk, on one thread. Rejects where a single request failed. */
export async function load(
  { name, base, fields, pid }: HttpWay,
  { path, connections, seconds }: Load,
): Promise<LoadFigures> {
  const shown = Object.entries(fields).flatMap(([field, value]) => ['-H', `${field}: ${value}`]);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '20s', '-s', SCRIPT, ...shown];
  const before = pid === undefined ? Number.NaN : await cpuSeconds(pid);
  const { stdout } = await promisify(execFile)('wrk', [...args, `${base}${path}`]);
  const after = pid === undefined ? Number.NaN : await cpuSeconds(pid);
  const [, line = '{}'] = /^RESULT (.*)$/m.exec(stdout) ?? [];
  const {
    requests = 0,
    bytes = 0,
    durationUs = 0,
    errors = 1,
    p50Us = 0,
    p99Us = 0,
  } = JSON.parse(line) as Partial<Told>;
  if (errors > 0 || requests === 0)
    throw new Error(`${name}: requests failed (${connections} connections):\n${stdout}`);
  const took = durationUs / 1e6;
  return {
    perSecond: requests / took,
    megabytesPerSecond: bytes / 1e6 / took,
    p50Us,
    p99Us,
    cpuUs: ((after - before) * 1e6) / requests,
  };
}

/** What wrk.lua prints. */
interface Told {
  readonly requests: number;
  readonly bytes: number;
  readonly durationUs: number;
  readonly errors: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

const SCRIPT = join(import.meta.dirname, 'wrk.lua');
