import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { constants } from 'node:os';
import { pipeline } from 'node:stream';
import { Command } from 'commander';
import { CliError, EXIT } from '../../cli-error.ts';
import { askProgram } from '../ci/ask-program.ts';
import { ACCEPTED, LEASH } from './bridge.ts';
import { type IsolationPlan, isolationPlanSchema } from './isolation-plan.ts';
import { raiseLoopback } from './raise-loopback.ts';

const IGNORED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/** What `run --isolate` starts inside of the new namespaces; of no use anywhere else. */
export function isolatedCommand(): Command {
  return new Command('isolated-command')
    .description('The supervisor inside of a namespace of `chaperone run --isolate`.')
    .argument('<plan>', 'the file that says what to do')
    .action(async (plan: string) => {
      const read = isolationPlanSchema.parse(JSON.parse(readFileSync(plan, 'utf8')));
      // The leash and the listeners would keep it; what the command left behind ends with process 1.
      process.exit(await supervise(read).catch(told));
    });
}

/**
 * Makes the namespaces ready and runs the command in them; resolves with its status, 128+n where a signal ended it. It is
 * process 1 in there, so all that the command started ends with it; and it ends with the wrapper.
 */
export async function supervise(plan: IsolationPlan): Promise<number> {
  // The command gets what its group gets; what is for it alone comes by the leash.
  for (const signal of IGNORED) process.on(signal, () => {});
  const leash = await opened(plan.bridge, LEASH);
  const over = (): void => process.exit(128 + constants.signals.SIGKILL);
  leash.resume().once('end', over).once('close', over);
  await cover(plan);
  await raiseLoopback();
  await Promise.all(plan.ports.map((port) => listen(plan.bridge, port)));
  if (plan.hosts.length > 0) await listenAsProxy(plan);
  const { uid, gid, command, args } = plan;
  const child = spawn('unshare', ['--user', `--map-user=${uid}`, `--map-group=${gid}`, '--', command, ...args], {
    stdio: 'inherit',
  });
  passSignals(leash, (name) => child.kill(name));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => resolve(signal === null ? (status ?? 1) : 128 + constants.signals[signal]));
  });
}

function told(error: unknown): number {
  if (error instanceof CliError) {
    process.stderr.write(`chaperone: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}`);
    return error.exitCode;
  }
  process.stderr.write(`chaperone: --isolate: ${error instanceof Error ? error.message : String(error)}\n`);
  return EXIT.internal;
}

/** What of the machine's file system leads round the network namespace is covered, where this user could reach it. */
async function cover({ covered, emptied }: IsolationPlan): Promise<void> {
  for (const folder of emptied) await mount(['-t', 'tmpfs', '-o', 'mode=0755,size=1m', 'tmpfs', folder]);
  for (const path of covered) {
    try {
      await mount(['--bind', '/dev/null', path]);
    } catch (error) {
      // Gone since it was found, or in a folder that this user cannot search: the command cannot reach it either.
      if (existsSync(path)) throw error;
    }
  }
}

const MOUNT_MS = 10_000;

async function mount(args: readonly string[]): Promise<void> {
  const limits = { withinMs: MOUNT_MS, maxBytes: 4096, signal: AbortSignal.timeout(MOUNT_MS) };
  try {
    await askProgram({ command: 'mount', args: ['-n', ...args], env: process.env, ...limits });
  } catch (cause) {
    throw new CliError(EXIT.unavailable, `--isolate: ${(cause as Error).message}`, {
      cause,
      hint: 'Nothing was started.',
    });
  }
}

/** A connection to the bridge that has said where it wants to go. */
function opened(bridge: string, line: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: bridge, allowHalfOpen: true }, () => {
      socket.write(`${line}\n`);
      socket.off('error', reject);
      socket.on('error', () => socket.destroy());
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** 127.0.0.1:PORT in here is 127.0.0.1:PORT out there. */
function listen(bridge: string, port: number): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on('error', () => client.destroy());
    accepted(bridge, `127.0.0.1:${port}`).then(
      (outside) => pipeline(client, outside, client, () => {}),
      () => client.destroy(),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

/** Resolves once the other side is connected. */
async function accepted(bridge: string, destination: string): Promise<Socket> {
  const socket = await opened(bridge, destination);
  return new Promise((resolve, reject) => {
    const refused = (): void => reject(new Error('not let through'));
    socket.once('close', refused);
    socket.once('readable', () => {
      const answer: unknown = socket.read(ACCEPTED.length);
      socket.off('close', refused);
      if (String(answer) === ACCEPTED) return resolve(socket);
      socket.destroy();
      refused();
    });
  });
}

/**
 * An HTTP proxy that knows CONNECT alone (RFC 9110, 9.3.6), and the hosts that were let through by name; others are asked
 * of the run's own proxy where it has one.
 */
function listenAsProxy({ bridge, hosts, proxyPort, forward }: IsolationPlan): Promise<void> {
  const server = createHttpServer((_request, response) => {
    response.writeHead(405, { 'content-type': 'text/plain' }).end('This proxy knows CONNECT alone.\n');
  });
  server.on('connect', (request, socket, head) => {
    const client = socket as Socket;
    client.on('error', () => client.destroy());
    const destination = (request.url ?? '').toLowerCase();
    if (!hosts.includes(destination) && forward !== undefined) {
      return handOn(client, request, head, { bridge, forward });
    }
    const through = hosts.includes(destination)
      ? accepted(bridge, destination)
      : Promise.reject(new Error('not let through'));
    through.then(
      (outside) => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        if (head.length > 0) outside.write(head);
        pipeline(client, outside, client, () => {});
      },
      () => client.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n'),
    );
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(proxyPort, '127.0.0.1', resolve);
  });
}

/** The run's proxy reads the request as it came, asks for its login and answers. */
function handOn(
  client: Socket,
  { url = '', rawHeaders }: IncomingMessage,
  head: Buffer,
  { bridge, forward }: { readonly bridge: string; readonly forward: number },
): void {
  const lines = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
  accepted(bridge, `127.0.0.1:${forward}`).then(
    (outside) => {
      outside.write(Buffer.concat([Buffer.from(`CONNECT ${url} HTTP/1.1\r\n${lines}\r\n`, 'latin1'), head]));
      pipeline(client, outside, client, () => {});
    },
    () => client.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n'),
  );
}

/** Names of signals, a line each. */
function passSignals(leash: Socket, deliver: (name: NodeJS.Signals) => void): void {
  let text = '';
  leash.setEncoding('latin1').on('data', (part: string) => {
    const lines = (text + part).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (line in constants.signals) deliver(line as NodeJS.Signals);
  });
}
