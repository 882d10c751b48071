import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresServer } from '../test/support/postgres-server.ts';
import { freePort } from './free-port.ts';

/** One way to reach the server: where to connect, and the process in between (none for a direct connection). */
export interface Way {
  readonly name: string;
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly pid: number | undefined;
}

export interface Running extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

export function directly(server: PostgresServer, database: string): Way {
  const { host, port, user, password } = server;
  return { name: 'direct', host, port, user, password, database, pid: undefined };
}

/** haproxy in TCP mode on one thread. */
export async function startHaproxy(server: PostgresServer, directory: string): Promise<Running> {
  const port = await freePort();
  const config = join(directory, 'haproxy.cfg');
  await writeFile(
    config,
    `global
  nbthread 1
  maxconn 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen postgres
  bind 127.0.0.1:${port}
  server one 127.0.0.1:${server.port}
`,
  );
  return startProgram('haproxy', ['-db', '-f', config], port);
}

/** pgbouncer with session pooling: one server connection for each client's. */
export async function startPgbouncer(server: PostgresServer, directory: string, database: string): Promise<Running> {
  const port = await freePort();
  const home = join(directory, 'pgbouncer');
  await mkdir(home, { recursive: true });
  await chmod(home, 0o755);
  const config = join(home, 'pgbouncer.ini');
  await writeFile(join(home, 'users.txt'), `"${server.user}" "${server.password}"\n`);
  await writeFile(
    config,
    `[databases]
${database} = host=127.0.0.1 port=${server.port} dbname=${database} user=${server.user} password=${server.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(home, 'users.txt')}
pool_mode = session
default_pool_size = 2000
max_client_conn = 4000
ignore_startup_parameters = extra_float_digits
`,
  );
  // It refuses to run as root, and becomes another user by name.
  const asUser = process.getuid?.() === 0 ? ['-u', 'postgres'] : [];
  return startProgram('pgbouncer', ['-q', ...asUser, config], port);
}

/** Starts what listens on a port that was chosen for it. */
export async function startProgram(program: string, args: readonly string[], port: number): Promise<Running> {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, PATH: path } });
  await until(child, () => answers(port), `${program} on port ${port}`);
  return { port, pid: child.pid ?? 0, [Symbol.asyncDispose]: () => stop(child) };
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(timer);
}

async function until(child: ChildProcess, ready: () => Promise<boolean>, what: string): Promise<void> {
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`${what} ended with ${status}`)));
  });
  failed.catch(() => undefined);
  const deadline = Date.now() + 10_000;
  while (!(await Promise.race([ready(), failed]))) {
    if (Date.now() > deadline) throw new Error(`${what} did not answer`);
    await delay(20);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
