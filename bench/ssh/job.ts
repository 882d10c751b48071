/** What `chaperone run` starts: `node bench/ssh/job.ts '<json>'` moves the file each way, and prints a line of JSON for each. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cpuSeconds } from '../process-usage.ts';

/** Down is from the host; the mode is scp's: SFTP, or its own protocol of old. */
export const TRANSFERS = [
  { name: 'down, SFTP', isUp: false, options: [] },
  { name: 'up, SFTP', isUp: true, options: [] },
  { name: 'down, scp -O', isUp: false, options: ['-O'] },
  { name: 'up, scp -O', isUp: true, options: ['-O'] },
] as const;

export interface JobPlan {
  readonly rounds: number;
  readonly directory: string;
  readonly file: string;
  /** OpenSSH's options that lead straight to the host, and its login there. */
  readonly direct: readonly string[];
  readonly port: number;
  readonly user: string;
  readonly gatewayPid: number;
  /** How many clients at once run `true`. */
  readonly parallel: number;
}

/** One transfer, or all parallel commands: CPU of the gateway and of the wrapper, in seconds. */
export interface JobFigures {
  readonly what: string;
  readonly way: 'direct' | 'run';
  readonly seconds: number;
  readonly gatewayCpu: number;
  readonly wrapperCpu: number;
  readonly failed: number;
}

async function main(plan: JobPlan): Promise<void> {
  const { rounds, directory, file, direct, port, user, parallel } = plan;
  const copy = join(directory, 'copy');
  const { size } = await stat(file);
  for (let round = 0; round < rounds; round++) {
    for (const { name, isUp, options } of TRANSFERS) {
      for (const way of ['direct', 'run'] as const) {
        const host = way === 'direct' ? `${user}@127.0.0.1` : 'box';
        const ends = isUp ? [file, `${host}:${copy}`] : [`${host}:${file}`, copy];
        const leading = way === 'direct' ? [...direct, '-P', String(port)] : [];
        // The job's own PATH leads to the run's configuration; straight to the host leads the real program.
        const program = way === 'direct' ? '/usr/bin/scp' : 'scp';
        const status = await measured(plan, name, way, async () => [
          await ended(program, ['-q', ...options, ...leading, ...ends]),
        ]);
        const moved = (await stat(copy)).size;
        if (status > 0 || moved !== size) throw new Error(`${name}, ${way}: ${moved} of ${size} bytes`);
        await rm(copy);
      }
    }
  }
  for (const way of ['direct', 'run'] as const) {
    const one = way === 'direct' ? [...direct, '-p', String(port), `${user}@127.0.0.1`, 'true'] : ['box', 'true'];
    const program = way === 'direct' ? '/usr/bin/ssh' : 'ssh';
    await measured(plan, `${parallel} × ssh true`, way, () =>
      Promise.all(Array.from({ length: parallel }, () => ended(program, one))),
    );
  }
}

/** Prints the figures; how many of the statuses were none of success. */
async function measured(
  { gatewayPid }: JobPlan,
  what: string,
  way: JobFigures['way'],
  work: () => Promise<readonly number[]>,
): Promise<number> {
  const usage = () => Promise.all([cpuSeconds(gatewayPid), cpuSeconds(process.ppid)]);
  const [gatewayBefore, wrapperBefore] = await usage();
  const began = performance.now();
  const statuses = await work();
  const seconds = (performance.now() - began) / 1_000;
  const [gatewayAfter, wrapperAfter] = await usage();
  const failed = statuses.filter((status) => status !== 0).length;
  const cpu = { gatewayCpu: gatewayAfter - gatewayBefore, wrapperCpu: wrapperAfter - wrapperBefore };
  const figures: JobFigures = { what, way, seconds, ...cpu, failed };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  return failed;
}

async function ended(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status ?? 1;
}

if (process.argv[2] !== undefined) await main(JSON.parse(process.argv[2]) as JobPlan);
