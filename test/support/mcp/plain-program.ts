/** A program that answers on its standard output as tests of the adapters ask it to; no MCP, but its messages. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';

interface Asked {
  readonly id?: number | string;
  readonly method?: string;
  readonly result?: unknown;
  readonly params?: { readonly _meta?: { readonly progressToken?: unknown }; readonly words?: string };
}

const write = (message: object): boolean => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const answers: unknown[] = [];

const ANSWERS: Readonly<Record<string, (asked: Asked) => unknown>> = {
  initialize: () => ({ pid: process.pid }),
  pid: () => process.pid,
  environment: () => ({ env: process.env, argv: process.argv.slice(2), directory: process.cwd() }),
  cancelled: () => answers,
  die: () => process.exit(3),
  garbage: () => {
    process.stdout.write('this is no message\n');
    return 'said';
  },
  long: ({ params }) => process.stdout.write(`${'x'.repeat(Number(params?.words))}\n`),
  child: () => spawn('sleep', ['600'], { stdio: 'ignore' }).pid,
  stubborn: () => {
    process.on('SIGTERM', () => undefined);
    setInterval(() => undefined, 1_000);
    return process.pid;
  },
  progress: ({ params }) => {
    const progressToken = params?._meta?.progressToken;
    write({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
    return 'done';
  },
  ask: () => {
    write({ id: 'server-1', method: 'sampling/createMessage', params: {} });
    return undefined;
  },
  folder: ({ params }) => readdirSync(params?.words ?? ''),
  error: ({ params }) => {
    process.stderr.write(`${params?.words ?? ''}\n`);
    return 'said';
  },
  network: async () => {
    const { networkInterfaces } = await import('node:os');
    const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length;
    return { interfaces: Object.keys(networkInterfaces()), processes, uid: process.getuid?.() };
  },
};

createInterface({ input: process.stdin }).on('line', (line) => {
  void (async () => {
    const asked = JSON.parse(line) as Asked;
    if (asked.method === 'notifications/cancelled') answers.push(asked.params);
    if (asked.method === 'hang' || asked.id === undefined) return;
    const { method } = asked;
    if (method === undefined) {
      write({ id: answers.at(-1) ?? 1, result: asked.result });
      return;
    }
    const result = await ANSWERS[method]?.(asked);
    if (method === 'ask') answers.push(asked.id);
    else write({ id: asked.id, result });
  })();
});
