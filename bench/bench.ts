/** `npm run bench`: what the gateway costs, beside a direct connection and other proxies, in one run. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { installedVersions } from '../test/support/postgres-installation.ts';
import { startPostgres } from '../test/support/postgres-server.ts';
import { measureAnalyses } from './analyses.ts';
import { BULK_SQL } from './bulk-read.ts';
import { startChaperone } from './chaperone.ts';
import { measureDecisions } from './decisions.ts';
import { measureDetectors } from './detectors.ts';
import { detectorsPage } from './detectors-report.ts';
import { measureHeld } from './held.ts';
import { heldSection, sectionOf, withHeldSection } from './held-report.ts';
import { httpPage } from './http/http-report.ts';
import { measureHttp } from './http/measure-http.ts';
import { measureMaskedRead } from './masked-read.ts';
import { measureAll } from './measure.ts';
import { measureNewStatements } from './new-statements.ts';
import { type BenchOptions, HELP, readOptions } from './options.ts';
import { directly, startHaproxy, startPgbouncer, type Way } from './proxies.ts';
import { report } from './report.ts';
import { makeAccounts } from './small-queries.ts';
import { measureSsh } from './ssh/measure-ssh.ts';
import { sshPage } from './ssh/ssh-report.ts';
import { statementsPage } from './statements-report.ts';
import { measureVerify } from './verify.ts';
import { verifyPage } from './verify-report.ts';

const DATABASE = 'postgres';
/** Accounts of pgbench: a hundred thousand for each, so that all stay in the server's memory. */
const SCALE = 5;
const MASKED_READ_MEGABYTES = 512;
const PARALLEL_COMMANDS = 200;

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args, join(import.meta.dirname, 'RESULTS.md'));
  if (options === undefined) return void process.stdout.write(HELP);
  const loadBefore = loadavg()[0] ?? Number.NaN;
  // On the disk of the working tree, since a temporary folder may be memory.
  const directory = join(import.meta.dirname, '.work');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  try {
    if (options.detectors) return await detectors(options, directory);
    if (options.http) return await http(options, directory);
    if (options.ssh) return await ssh(options, directory);
    if (options.statements) return await statements(options, directory);
    if (options.verify !== undefined) return await verify(options.verify, options, directory);
    if (options.held !== undefined) return await held(options.held, options, directory);
    const version = installedVersions().includes(15) ? 15 : 18;
    await using server = await startPostgres({
      version,
      settings: serverSettings(options.idleConnections),
      sql: BULK_SQL,
    });
    const direct = directly(server, DATABASE);
    await makeAccounts(direct, SCALE);
    await using haproxy = await startHaproxy(server, directory);
    await using pgbouncer = await startPgbouncer(server, directory, DATABASE);
    await using chaperone = await startChaperone(server, DATABASE, directory);
    const proxies = [via('haproxy', direct, haproxy), via('pgbouncer', direct, pgbouncer)];
    const through = ['batched', 'strict', 'unmasked', 'stored-whole'].map((target) => chaperone.way(target));
    const ways = {
      small: [direct, ...proxies, ...through.slice(0, 2)],
      bulk: [direct, ...proxies, ...through.filter(({ name }) => !name.endsWith('strict'))],
      idle: [...proxies, ...through.slice(0, 1)],
      chaperone,
    };
    const results = await measureAll(ways, options, directory, (line) => process.stderr.write(`${line}\n`));
    const text = report(results, options, {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      loadBefore,
      node: process.versions.node,
      postgres: version,
      when: new Date().toISOString().slice(0, 10),
    });
    process.stdout.write(text);
    if (options.results === undefined) return;
    const section = sectionOf(await readFile(options.results, 'utf8'));
    await writeFile(options.results, section === undefined ? text : withHeldSection(text, section));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A server and a gateway of its own, so that nothing else is measured along. */
async function held(count: number, { results }: BenchOptions, directory: string): Promise<void> {
  const figures = await measureHeld(count, directory, (line) => process.stderr.write(`${line}\n`));
  const section = heldSection(figures, new Date().toISOString().slice(0, 10));
  process.stdout.write(section);
  if (results !== undefined) await writeFile(results, withHeldSection(await readFile(results, 'utf8'), section));
}

/** A page of its own. */
async function detectors({ bulkMegabytes, rounds, results }: BenchOptions, directory: string): Promise<void> {
  const loadBefore = loadavg()[0] ?? Number.NaN;
  const figures = measureDetectors((line) => process.stderr.write(`${line}\n`));
  const read = await measureMaskedRead(Math.min(bulkMegabytes, MASKED_READ_MEGABYTES), rounds, directory);
  const when = new Date().toISOString().slice(0, 10);
  const page = detectorsPage(figures, read, { when, node: process.versions.node, loadBefore });
  process.stdout.write(page);
  if (results !== undefined) await writeFile(join(import.meta.dirname, 'DETECTORS.md'), page);
}

/** A page of its own. */
async function statements({ rounds, seconds, results }: BenchOptions, directory: string): Promise<void> {
  const loadBefore = loadavg()[0] ?? Number.NaN;
  const traffic = await measureNewStatements({ clients: 8, seconds, rounds }, directory);
  const figures = { analyses: await measureAnalyses(), decisions: measureDecisions(), traffic };
  const when = new Date().toISOString().slice(0, 10);
  const page = statementsPage(figures, { when, node: process.versions.node, loadBefore });
  process.stdout.write(page);
  if (results !== undefined) await writeFile(join(import.meta.dirname, 'STATEMENTS.md'), page);
}

/** A page of its own. */
async function http({ rounds, seconds, clients, results }: BenchOptions, directory: string): Promise<void> {
  const loadBefore = loadavg()[0] ?? Number.NaN;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const figures = await measureHttp({ rounds, seconds, connections: clients, directory, say });
  const page = httpPage(figures, {
    when: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    rounds,
    loadBefore,
  });
  process.stdout.write(page);
  if (results !== undefined) await writeFile(join(import.meta.dirname, 'HTTP.md'), page);
}

/** A page of its own. */
async function ssh(
  { rounds, bulkMegabytes: megabytes, quick, results }: BenchOptions,
  directory: string,
): Promise<void> {
  const loadBefore = loadavg()[0] ?? Number.NaN;
  const figures = await measureSsh({ rounds, megabytes, parallel: quick ? 20 : PARALLEL_COMMANDS, directory });
  const page = sshPage(figures, {
    when: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    rounds,
    megabytes,
    loadBefore,
  });
  process.stdout.write(page);
  if (results !== undefined) await writeFile(join(import.meta.dirname, 'SSH.md'), page);
}

/** A page of its own. */
async function verify(events: number, { rounds, results }: BenchOptions, directory: string): Promise<void> {
  const loadBefore = loadavg()[0] ?? Number.NaN;
  const figures = await measureVerify(events, rounds, directory);
  const cpu = cpus()[0]?.model ?? 'unknown';
  const when = new Date().toISOString().slice(0, 10);
  const page = verifyPage(figures, { when, node: process.versions.node, cpu, loadBefore });
  process.stdout.write(page);
  if (results !== undefined) await writeFile(join(import.meta.dirname, 'VERIFY.md'), page);
}

function via(name: string, direct: Way, { port, pid }: { port: number; pid: number }): Way & { pid: number } {
  return { ...direct, name, port, pid };
}

/** The tests' server writes every statement to its log; here that would be most of the work. */
function serverSettings(idleConnections: number): Record<string, string> {
  return {
    log_statement: 'none',
    log_connections: 'off',
    log_disconnections: 'off',
    shared_buffers: '256MB',
    max_connections: String(idleConnections + 100),
  };
}

await main(process.argv.slice(2));
