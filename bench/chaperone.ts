import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import GATEWAY_FLAGS from '../bin/gateway-flags.json' with { type: 'json' };
import type { PostgresServer } from '../test/support/postgres-server.ts';
import type { GatewayAnswer, GatewayRequest } from './gateway.ts';
import { stop, type Way } from './proxies.ts';

/** A gateway in a process of its own, and what it said first. */
export interface GatewayProcess<Answer> extends AsyncDisposable {
  readonly pid: number;
  readonly answer: Answer;
  /** Collects its garbage, and fails where a connection ended by a fault. */
  settle(): Promise<void>;
}

/** The gateway of gateway.ts. */
export interface Chaperone extends AsyncDisposable {
  readonly pid: number;
  /** The way through it to one of its targets (see gateway.ts). */
  way(target: string): Way & { readonly pid: number };
  /** Collects its garbage, and fails where a connection ended by a fault. */
  settle(): Promise<void>;
}

export async function startChaperone(server: PostgresServer, database: string, directory: string): Promise<Chaperone> {
  const home = join(directory, 'chaperone');
  await mkdir(home, { recursive: true });
  const { port, user, password } = server;
  const request: GatewayRequest = { directory: home, server: { port, user, password, database } };
  const started = await startGatewayProcess<GatewayAnswer>(join(import.meta.dirname, 'gateway.ts'), request);
  const { pid, answer } = started;
  return {
    pid,
    way: (target) => ({ ...answer, name: `chaperone ${target}`, host: '127.0.0.1', database: target, pid }),
    settle: () => started.settle(),
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
}

/** Runs a script that speaks as gateway.ts does, with the flags of the product. `flags` are for Node as well. */
export async function startGatewayProcess<Answer>(
  script: string,
  request: object,
  flags: readonly string[] = [],
): Promise<GatewayProcess<Answer>> {
  const args = [...GATEWAY_FLAGS, ...flags, '--expose-gc', script, JSON.stringify(request)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const answer = JSON.parse(await nextLine(lines, child)) as Answer;
  return {
    pid: child.pid ?? 0,
    answer,
    settle: async () => {
      child.stdin.write('collect\n');
      const { faults } = JSON.parse(await nextLine(lines, child)) as { readonly faults: readonly string[] };
      if (faults.length > 0) throw new Error(`the gateway met faults:\n${faults.join('\n')}`);
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      const timer = setTimeout(() => void stop(child), 10_000);
      if (child.exitCode === null) await once(child, 'exit');
      clearTimeout(timer);
    },
  };
}

async function nextLine(lines: ReturnType<typeof createInterface>, child: ChildProcess): Promise<string> {
  const ended = new AbortController();
  const left = once(child, 'exit', { signal: ended.signal }).then(([status]) => {
    throw new Error(`the gateway ended with ${status}`);
  });
  try {
    const [line] = await Promise.race([once(lines, 'line'), left]);
    return line as string;
  } finally {
    left.catch(() => undefined);
    ended.abort();
  }
}
