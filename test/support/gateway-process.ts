/**
 * A gateway in a process of its own, for tests that kill it: `startGatewayProcess` in the test, and this same file as
 * the program. The child prints one line of JSON when it listens, and ends gracefully with its input.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Secret } from '../../src/model/secret.ts';
import type { RecordMode } from '../../src/model/target.ts';
import { startGateway, targetFor } from './gateway.ts';
import type { PostgresServer } from './postgres-server.ts';

export interface GatewayProcessRequest {
  /** Kept over restarts: its log is recovered at each start. */
  readonly directory: string;
  readonly server: Pick<PostgresServer, 'host' | 'port' | 'user' | 'password' | 'database'>;
  readonly recordMode: RecordMode;
}

export interface GatewayProcess {
  readonly child: ChildProcess;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** SIGKILL, and no goodbye. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** The graceful end. */
  stop(): Promise<void>;
}

/** Starts the child and resolves when it listens; the target's name is `shop`. */
export async function startGatewayProcess(request: GatewayProcessRequest): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), JSON.stringify(request)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, 'line'), exited.then(refuseToStart)])) as [string];
  const answer = JSON.parse(line) as Pick<GatewayProcess, 'port' | 'user' | 'password'>;
  return {
    child,
    ...answer,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}

function refuseToStart(): never {
  throw new Error('the gateway process ended before it listened');
}

async function main({ directory, server, recordMode }: GatewayProcessRequest): Promise<void> {
  const { user, password } = server;
  const target = targetFor(server as PostgresServer, { recordMode });
  await using gateway = await startGateway({
    directory,
    targets: [{ ...target, credential: { user, password: new Secret(password) } }],
  });
  const grant = await gateway.grant({ seconds: 3600 });
  process.stdout.write(`${JSON.stringify({ port: gateway.port, user: grant.user, password: grant.password })}\n`);
  process.stdin.resume();
  await once(process.stdin, 'end');
  await gateway.log.closeRun(grant.principal.run.id, 'completed');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(JSON.parse(process.argv[2] ?? '{}') as GatewayProcessRequest);
}
