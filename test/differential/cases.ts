import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePostgres } from './clients/node-postgres.ts';
import { postgresJs } from './clients/postgres-js.ts';
import { type Endpoint, jdbcEnvironment, libpqEnvironment, runJava, runProgram } from './endpoint.ts';

/** One client's work: the same against the server and against the gateway must give the same text. */
export interface DifferentialCase {
  readonly name: string;
  run(endpoint: Endpoint): Promise<string>;
  /** What may differ, each with its reason; applied to both texts. */
  readonly normalise?: readonly Normalisation[];
}

export interface Normalisation {
  readonly pattern: RegExp;
  readonly by: string;
  readonly why: string;
}

const HERE = import.meta.dirname;
const PYTHON = '/usr/bin/python3';

const TIMES: Normalisation = {
  pattern: /^(?:latency average|latency stddev|initial connection time|tps) .*\n/gm,
  by: '',
  why: 'how long it took',
};

const GENERATION: Normalisation = {
  pattern: /^done in .*|^\d+ of \d+ tuples.*$/gm,
  by: '',
  why: 'how long it took, and how often progress was shown',
};

const RESTRICT: Normalisation = {
  pattern: /^\\(?:un)?restrict .*$/gm,
  by: '',
  why: 'a key that pg_dump draws anew each time',
};

export const CASES: readonly DifferentialCase[] = [
  ...['queries', 'errors', 'copy', 'catalogue', 'writes'].map(psqlScript),
  ...['simple', 'extended', 'prepared'].map(pgbenchBuiltIn),
  pgbenchScript('pipeline', ['-M', 'extended']),
  pgbenchScript('pipeline', ['-M', 'prepared']),
  pgbenchScript('meta', ['-M', 'simple']),
  { name: 'pg_dump as text', run: (endpoint) => dump(endpoint, []), normalise: [RESTRICT] },
  {
    name: 'pg_dump as inserts',
    run: (endpoint) => dump(endpoint, ['--inserts', '--rows-per-insert=10', '--clean']),
    normalise: [RESTRICT],
  },
  { name: 'pg_dump and pg_restore in the custom format', run: dumpAndRestore, normalise: [RESTRICT] },
  { name: 'psycopg 3, with libpq pipelines', run: (endpoint) => python(endpoint, 'psycopg_client.py') },
  { name: 'node-postgres', run: nodePostgres },
  { name: 'postgres.js', run: postgresJs },
  { name: 'JDBC in its four query modes', run: jdbc },
];

function psqlScript(script: string): DifferentialCase {
  return {
    name: `psql: ${script}.sql`,
    run: (endpoint) =>
      runProgram('psql', ['-X', '-a', '-f', join(HERE, 'psql', `${script}.sql`)], { env: libpqEnvironment(endpoint) }),
    normalise: [
      { pattern: /with PID \d+/g, by: 'with PID n', why: 'the process that notified differs from run to run' },
    ],
  };
}

function pgbenchBuiltIn(mode: string): DifferentialCase {
  return {
    name: `pgbench ${mode}: initialise, TPC-B-like and select-only`,
    run: async (endpoint) => {
      const env = libpqEnvironment(endpoint);
      const common = ['-n', '-M', mode, '--random-seed=42'];
      // A hundred thousand rows are sent once, in a COPY; for the others the server makes them.
      const steps = mode === 'prepared' ? 'dtgvpf' : 'dtGvpf';
      return [
        await runProgram('pgbench', ['-i', '-I', steps, '-s', '1', '-q'], { env }),
        await runProgram('pgbench', [...common, '-t', '50'], { env }),
        await runProgram('pgbench', [...common, '-t', '40', '-c', '4', '-j', '2', '-S'], { env }),
        await runProgram('psql', ['-X', '-c', 'select count(*), sum(bid), sum(abalance) from pgbench_accounts'], {
          env,
        }),
      ].join('\n');
    },
    normalise: [TIMES, GENERATION],
  };
}

function pgbenchScript(script: string, options: readonly string[]): DifferentialCase {
  return {
    name: `pgbench ${options.join(' ')}: ${script}.sql`,
    run: async (endpoint) => {
      const env = libpqEnvironment(endpoint);
      const file = join(HERE, 'pgbench', `${script}.sql`);
      return [
        await runProgram('pgbench', ['-n', ...options, '--random-seed=42', '-t', '60', '-f', file], { env }),
        await runProgram('psql', ['-X', '-c', 'select sum(total), sum(total * id) from shop.orders'], { env }),
      ].join('\n');
    },
    normalise: [TIMES],
  };
}

async function dump(endpoint: Endpoint, options: readonly string[]): Promise<string> {
  return runProgram('pg_dump', options, { env: libpqEnvironment(endpoint) });
}

/** Into a file, then from it over the same database, then out again as text. */
async function dumpAndRestore(endpoint: Endpoint): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'differential-'));
  const file = join(directory, 'dump');
  const env = libpqEnvironment(endpoint);
  try {
    return [
      await runProgram('pg_dump', ['-Fc', '-f', file], { env }),
      await runProgram('pg_restore', ['--clean', '--if-exists', '-d', endpoint.database, file], { env }),
      await runProgram('pg_restore', ['--clean', '-j', '2', '-d', endpoint.database, file], { env }),
      await runProgram('pg_restore', ['--clean', '--single-transaction', '-d', endpoint.database, file], { env }),
      await dump(endpoint, []),
    ].join('\n');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function python(endpoint: Endpoint, script: string): Promise<string> {
  return runProgram(PYTHON, [join(HERE, 'clients', script)], {
    env: { ...libpqEnvironment(endpoint), PYTHONUNBUFFERED: '1' },
  });
}

async function jdbc(endpoint: Endpoint): Promise<string> {
  return runJava(join(HERE, 'clients', 'JdbcClient.java'), [], { env: jdbcEnvironment(endpoint) });
}

/** The text with what may differ replaced. */
export function normalised({ normalise = [] }: DifferentialCase, text: string): string {
  return normalise.reduce((rest, { pattern, by }) => rest.replaceAll(pattern, by), text);
}

export async function seedSql(): Promise<string> {
  return readFile(join(HERE, 'seed.sql'), 'utf8');
}
