import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import GATEWAY_FLAGS from '../bin/gateway-flags.json' with { type: 'json' };
import type { PostgresServer } from '../test/support/postgres-server.ts';
import type { GatewayAnswer, GatewayRequest } from './gateway.ts';
import { stop, type Way } from './proxies.ts';

/** The gateway in a process of its own. */
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
  const script = join(import.meta.dirname, 'gateway.ts');
  const child = spawn(process.execPath, [...GATEWAY_FLAGS, '--expose-gc', script, JSON.stringify(request)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const answer = JSON.parse(await nextLine(lines, child)) as GatewayAnswer;
  const pid = child.pid ?? 0;
  return {
    pid,
    way: (target) => ({ ...answer, name: `chaperone ${target}`, host: '127.0.0.1', database: target, pid }),
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
