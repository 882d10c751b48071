import { execFile } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startSshServer } from '../../test/support/ssh-server.ts';
import { startGatewayProcess } from '../chaperone.ts';
import type { SshGatewayAnswer, SshGatewayRequest } from './gateway.ts';
import type { JobFigures, JobPlan } from './job.ts';

export interface SshMeasuring {
  readonly rounds: number;
  readonly megabytes: number;
  readonly parallel: number;
  readonly directory: string;
}

const CHAPERONE = join(import.meta.dirname, '..', '..', 'bin', 'chaperone.mjs');
const MOST_PRINTED_BYTES = 1024 * 1024;

/** Measures scp and parallel commands in one run, straight to a real sshd and through the gateway by turns. */
export async function measureSsh({ rounds, megabytes, parallel, directory }: SshMeasuring): Promise<JobFigures[]> {
  await using host = await startSshServer();
  const { port, user, hostKey, clientKey } = host;
  const request: SshGatewayRequest = { directory, host: { host: host.host, port, user, hostKey, clientKey } };
  await using gateway = await startGatewayProcess<SshGatewayAnswer>(join(import.meta.dirname, 'gateway.ts'), request);
  const file = join(directory, 'file');
  await writeRandom(file, megabytes);
  const asItIs = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'BatchMode=yes'];
  const direct = [...asItIs.flatMap((option) => ['-o', option]), '-i', clientKey.path];
  const plan: JobPlan = { rounds, directory, file, direct, port, user, gatewayPid: gateway.pid, parallel };
  const { url, ca, token } = gateway.answer;
  const job = [process.execPath, join(import.meta.dirname, 'job.ts'), JSON.stringify(plan)];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [CHAPERONE, 'run', '--url', url, '--token-file', token, '--target', 'box', '--', ...job],
    { env: { ...process.env, CHAPERONE_CA_FILE: ca }, maxBuffer: MOST_PRINTED_BYTES },
  );
  await gateway.settle();
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JobFigures);
}

/** What no cipher and no store can make smaller. */
async function writeRandom(path: string, megabytes: number): Promise<void> {
  await using file = await open(path, 'wx');
  const block = Buffer.allocUnsafe(1024 * 1024);
  for (let written = 0; written < megabytes; written++) await file.write(randomFillSync(block));
}
