import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';

/** Where a client connects: the server itself, or the gateway in front of it. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** The path of the authority's certificate (PEM), where the connection is to use verified TLS. */
  readonly caFile?: string;
}

/** For node-postgres and postgres.js. */
export function clientConfig(endpoint: Endpoint) {
  const { host, port, user, password, database, caFile } = endpoint;
  return {
    host,
    port,
    user,
    password,
    database,
    ssl: caFile === undefined ? false : { ca: readFileSync(caFile, 'utf8') },
  };
}

/** For libpq and what is built on it. */
export function libpqEnvironment({ host, port, user, password, database, caFile }: Endpoint): Record<string, string> {
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    PGSSLMODE: caFile === undefined ? 'disable' : 'verify-full',
    ...(caFile === undefined ? {} : { PGSSLROOTCERT: caFile }),
    PGCONNECT_TIMEOUT: '10',
    PGAPPNAME: 'differential',
  };
}

/** For the JDBC driver, which takes a slash in a database's name only in its escaped form. */
export function jdbcEnvironment(endpoint: Endpoint): Record<string, string> {
  const { host, port, database } = endpoint;
  return {
    ...libpqEnvironment(endpoint),
    CHAPERONE_JDBC_URL: `jdbc:postgresql://${host}:${port}/${encodeURIComponent(database)}`,
  };
}

/** The newest of Debian's PostgreSQL folders comes first, so that client and server are of one version. */
export const CLIENT_PATH = ['/usr/lib/postgresql/15/bin', process.env['PATH'] ?? ''].join(delimiter);

/** Runs a program to its end: what it printed on its output, then on its error output, then its status. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: { readonly env: Record<string, string>; readonly input?: string; readonly deadlineMs?: number },
): Promise<string> {
  const child = spawn(command, args, {
    env: { PATH: CLIENT_PATH, LC_ALL: 'C.UTF-8', HOME: '/nonexistent', TZ: 'UTC', ...options.env },
    timeout: options.deadlineMs ?? 60_000,
  });
  const output = collect(child.stdout);
  const errors = collect(child.stderr);
  // A program that ends before it read its input closes the pipe; its status tells.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      resolve(`${output()}\n[errors]\n${errors()}\n[${command} ended with ${signal ?? status}]\n`);
    });
  });
}

const JDBC_JAR = '/usr/share/java/postgresql.jar';
const compiled = new Map<string, Promise<string>>();

/** Runs a Java program beside the JDBC driver: compiled once, for that takes longer than most of what it does. */
export async function runJava(
  source: string,
  args: readonly string[],
  options: { readonly env: Record<string, string> },
): Promise<string> {
  const classes = compiled.get(source) ?? compile(source);
  compiled.set(source, classes);
  const path = [JDBC_JAR, await classes].join(delimiter);
  return runProgram('java', ['-XX:TieredStopAtLevel=1', '-cp', path, basename(source, '.java'), ...args], options);
}

/** The folder of its classes, which goes with this process. */
async function compile(source: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'java-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const said = await runProgram('javac', ['-cp', JDBC_JAR, '-d', directory, source], { env: {} });
  if (!said.endsWith('[javac ended with 0]\n')) throw new Error(said);
  return directory;
}

function collect(stream: Readable): () => string {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  return () => Buffer.concat(pieces).toString('utf8');
}
