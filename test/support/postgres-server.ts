/**
 * A real PostgreSQL for one test file, thrown away afterwards:
 *
 *     const server = await startPostgres({ version: 15, auth: 'md5', tls: true });
 *     after(() => server.stop());
 *
 * It listens on loopback TCP and on a Unix socket, logs every statement before it executes it (so once a client has
 * its answer, `log()` has the statement), and runs unsynced: durable it is not. Started by root, it runs as another
 * user, because PostgreSQL refuses root. The first start of a version keeps its empty cluster in node_modules/.cache;
 * later starts copy it, which takes a tenth of the time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type QueryResult } from 'pg';
import { type IssuedCertificate, makeAuthority } from './certificates.ts';
import { type Installation, installation, newCluster, type PostgresVersion } from './postgres-installation.ts';

export interface PostgresOptions {
  /** 18 is the embedded one and the default; 15 is Debian's, see `installedVersions`. */
  readonly version?: PostgresVersion;
  /** What TCP clients must pass; `scram-sha-256` by default. `cert` implies `tls`. The Unix socket always trusts. */
  readonly auth?: 'scram-sha-256' | 'md5' | 'password' | 'trust' | 'cert';
  /** Offers TLS with a certificate for localhost, 127.0.0.1 and ::1 by an authority made for this server. */
  readonly tls?: boolean;
  /** Refuses TCP clients that do not use TLS. */
  readonly tlsOnly?: boolean;
  /** Settings for the command line: `{ max_connections: '5' }`; under load `{ log_statement: 'none' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Statements to run as the superuser before `startPostgres` resolves. */
  readonly sql?: string;
}

type Row = Record<string, unknown>;

export interface PostgresServer extends AsyncDisposable {
  readonly version: PostgresVersion;
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The superuser; its password holds for every auth method that asks for one. */
  readonly user: 'postgres';
  readonly password: string;
  readonly database: 'postgres';
  /** `postgres://…` over TCP with the password. */
  readonly url: string;
  /** The directory of the Unix socket: a host name for libpq and pg, with `port`. */
  readonly socketDirectory: string;
  /** PEM of the authority, where TLS is on. */
  readonly ca?: string;
  /** A client certificate for `user`, where TLS is on. */
  readonly clientCertificate?: IssuedCertificate;
  /** The process id of the postmaster, for tests that need a server to die. */
  readonly pid: number;
  readonly logFile: string;
  log(): Promise<string>;
  /** Runs statements as the superuser through the Unix socket; the rows of the last one. */
  query(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Ends it at once, as a crash would, and removes its files. Safe to call twice. */
  stop(): Promise<void>;
}

const PASSWORD = 'chaperone-test-password';
const START_DEADLINE_MS = 30_000;

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const version = options.version ?? 18;
  const auth = options.auth ?? 'scram-sha-256';
  const tls = options.tls === true || options.tlsOnly === true || auth === 'cert';
  const install = await installation(version);
  const directory = await mkdtemp(join(tmpdir(), 'pg-'));
  await chmod(directory, 0o755);
  const cleanup = () => rmSync(directory, { recursive: true, force: true });
  try {
    const data = join(directory, 'data');
    await newCluster(install, data);
    const own = (path: string) => chown(path, install.uid, install.gid);
    const certificates = tls ? await writeCertificates(data, own) : undefined;
    await writeFile(join(data, 'pg_hba.conf'), hostBasedAuthentication(auth, options.tlsOnly === true));
    const logFile = join(directory, 'log');
    const sockets = join(directory, 'sockets');
    await mkdir(sockets);
    await own(sockets);
    const settings = { ...baseSettings(sockets, auth, tls), ...options.settings };
    const { child, port } = await launch(install, data, logFile, settings);
    const server = makeServer({ version, child, port, directory, sockets, logFile, cleanup }, certificates);
    await server.query(`ALTER ROLE postgres PASSWORD '${PASSWORD}'`);
    if (options.sql !== undefined) await server.query(options.sql);
    return server;
  } catch (cause) {
    cleanup();
    throw cause;
  }
}

interface Running {
  readonly version: PostgresVersion;
  readonly child: ChildProcess;
  readonly port: number;
  readonly directory: string;
  readonly sockets: string;
  readonly logFile: string;
  readonly cleanup: () => void;
}

function makeServer(running: Running, certificates: Certificates | undefined): PostgresServer {
  const { version, child, port, sockets, logFile } = running;
  if (child.pid === undefined) throw new Error('postgres has no process id');
  const forget = stopWithThisProcess(child, running.cleanup);
  const exited = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
  const stop = async () => {
    child.kill('SIGQUIT');
    await exited;
    forget();
    await rm(running.directory, { recursive: true, force: true });
  };
  return {
    version,
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: PASSWORD,
    database: 'postgres',
    url: `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`,
    socketDirectory: sockets,
    ...certificates,
    pid: child.pid,
    logFile,
    log: () => readFile(logFile, 'utf8'),
    query: (sql, values) => query(sockets, port, sql, values),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function query(host: string, port: number, sql: string, values?: unknown[]): Promise<Row[]> {
  const client = new Client({ host, port, user: 'postgres', database: 'postgres' });
  await client.connect();
  try {
    const result: QueryResult<Row> | QueryResult<Row>[] = await client.query(sql, values);
    const last = Array.isArray(result) ? result.at(-1) : result;
    return last?.rows ?? [];
  } finally {
    await client.end();
  }
}

/** PostgreSQL has no port 0, so it is given a random one below the ephemeral range, and another where that is taken. */
async function launch(install: Installation, data: string, logFile: string, settings: Record<string, string>) {
  for (let attempt = 1; ; attempt++) {
    const port = randomInt(20_000, 32_000);
    const child = await spawnServer(install, data, logFile, { ...settings, port: String(port) });
    if (await isReady(child, data)) return { child, port };
    const log = await readFile(logFile, 'utf8');
    if (!log.includes('Address already in use') || attempt === 10) throw new Error(`postgres did not start:\n${log}`);
  }
}

async function spawnServer(install: Installation, data: string, logFile: string, settings: Record<string, string>) {
  const log = await open(logFile, 'a', 0o644);
  try {
    const assignments = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    return spawn(join(install.bin, 'postgres'), ['-D', data, ...assignments], {
      uid: install.uid,
      gid: install.gid,
      stdio: ['ignore', log.fd, log.fd],
      env: { LC_ALL: 'C', TZ: 'UTC' },
    });
  } finally {
    await log.close();
  }
}

/** The postmaster writes its state to the eighth line of its pid file; false where it ended before. */
async function isReady(child: ChildProcess, data: string): Promise<boolean> {
  const deadline = Date.now() + START_DEADLINE_MS;
  const ended = new AbortController();
  child.once('error', () => ended.abort());
  child.once('exit', () => ended.abort());
  while (!ended.signal.aborted && Date.now() < deadline) {
    const pidFile = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
    const lines = pidFile.split('\n');
    if (lines[7]?.trim() === 'ready' && Number(lines[0]) === child.pid) return true;
    await delay(5);
  }
  child.kill('SIGQUIT');
  return false;
}

function baseSettings(sockets: string, auth: string, tls: boolean): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: sockets,
    password_encryption: auth === 'md5' ? 'md5' : 'scram-sha-256',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    autovacuum: 'off',
    shared_buffers: '16MB',
    max_connections: '60',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_statement: 'all',
    log_connections: 'on',
    log_disconnections: 'on',
    log_line_prefix: '%m [%p] %q%u@%d ',
    ...(tls ? { ssl: 'on', ssl_ca_file: 'ca.pem', ssl_cert_file: 'server.pem', ssl_key_file: 'server.key' } : {}),
  };
}

function hostBasedAuthentication(auth: string, tlsOnly: boolean): string {
  const type = tlsOnly || auth === 'cert' ? 'hostssl' : 'host';
  return ['local all all trust', `${type} all all 127.0.0.1/32 ${auth}`, `${type} replication all 127.0.0.1/32 ${auth}`]
    .map((line) => `${line}\n`)
    .join('');
}

interface Certificates {
  readonly ca: string;
  readonly clientCertificate: IssuedCertificate;
}

async function writeCertificates(data: string, own: (path: string) => Promise<void>): Promise<Certificates> {
  const authority = await makeAuthority();
  const server = await authority.issue({ commonName: 'localhost', names: ['localhost', '127.0.0.1', '::1'] });
  const files = { 'ca.pem': authority.certificate, 'server.pem': server.certificate, 'server.key': server.key };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(data, name), text, { mode: 0o600 });
    await own(join(data, name));
  }
  return { ca: authority.certificate, clientCertificate: await authority.issue({ commonName: 'postgres' }) };
}

/** A test that ends without `stop` (a signal, an exit) leaves no server behind. Returns how to forget about it. */
function stopWithThisProcess(child: ChildProcess, cleanup: () => void): () => void {
  const end = () => {
    child.kill('SIGQUIT');
    cleanup();
  };
  const onSignal = (signal: NodeJS.Signals) => {
    end();
    forget();
    process.kill(process.pid, signal);
  };
  const forget = () => {
    process.off('exit', end);
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal).off('SIGHUP', onSignal);
  };
  process.on('exit', end).on('SIGTERM', onSignal).on('SIGINT', onSignal).on('SIGHUP', onSignal);
  return forget;
}
