/** How long it takes to verify the bundle of a large run, on one core. */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BundleTotals } from '../src/audit/verify/bundle/report.ts';
import { type LargeBundle, makeLargeBundle } from './large-bundle.ts';

export interface VerifyCost {
  readonly what: string;
  readonly bundleBytes: number;
  readonly verdict: string;
  readonly totals: BundleTotals;
  /** From the first byte read to the answer. */
  readonly seconds: number;
  /** Of the whole process, its start included. */
  readonly cpuSeconds: number;
  readonly maxRssBytes: number;
}

export async function measureVerify(events: number, rounds: number, directory: string): Promise<readonly VerifyCost[]> {
  const bundle = await makeLargeBundle(events, directory);
  return [
    best(rounds, 'with every body opened', bundle.path, bundle),
    best(rounds, 'without bodies', bundle.withoutBodies, bundle),
  ];
}

/** The quickest of some rounds: what else the machine does only ever adds. */
function best(rounds: number, what: string, path: string, bundle: LargeBundle): VerifyCost {
  const all = Array.from({ length: rounds }, () => once(what, path, bundle));
  return all.reduce((one, other) => (other.seconds < one.seconds ? other : one));
}

function once(what: string, path: string, { keys }: LargeBundle): VerifyCost {
  const own = [keys.policy, keys.statementKey, keys.auditorKey];
  const command = [process.execPath, join(import.meta.dirname, 'verify-once.ts'), path, ...own];
  const [program = '', ...args] = existsSync(TASKSET) ? [TASKSET, '-c', '0', ...command] : command;
  const printed = execFileSync(program, args, { encoding: 'utf8' });
  return {
    what,
    bundleBytes: statSync(path).size,
    ...(JSON.parse(printed) as Omit<VerifyCost, 'what' | 'bundleBytes'>),
  };
}

/** Keeps the process on one core. */
const TASKSET = '/usr/bin/taskset';
