/**
 * The gateway under measurement, as a process of its own with its API: `node bench/ssh/gateway.ts '<json>'`. It prints one
 * line of JSON when it listens, answers a line for each line it is sent, and ends with its input.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startApi } from '../../test/support/api.ts';
import type { SshServer } from '../../test/support/ssh-server.ts';

/** What the parent says: the host, which becomes the target `box`. */
export interface SshGatewayRequest {
  readonly directory: string;
  readonly host: Pick<SshServer, 'host' | 'port' | 'user' | 'hostKey' | 'clientKey'>;
}

/** What it answers: what `chaperone run` needs to get in. */
export interface SshGatewayAnswer {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

const POLICIES = `
  - { name: no removals, principals: any, targets: [box], ssh: { programs: [rm] }, effect: deny }
  - { name: work, principals: any, targets: [box], operations: [read, write, session], effect: permit }
`;

async function main({ directory, host }: SshGatewayRequest): Promise<void> {
  await using api = await startApi({ policies: POLICIES, host: host as SshServer });
  const token = join(directory, 'token');
  await writeFile(token, await api.ciToken(), { mode: 0o600 });
  const answer: SshGatewayAnswer = { url: api.url, ca: join(api.directory, 'tls', 'ca.crt'), token };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  for await (const _ of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify({ faults: api.faults.map(String) })}\n`);
  }
}

await main(JSON.parse(process.argv[2] ?? '{}') as SshGatewayRequest);
