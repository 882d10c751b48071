import { parseArgs } from 'node:util';

/** How much is measured. `--quick` is for a look at a change; its figures are not for the record. */
export interface BenchOptions {
  readonly quick: boolean;
  readonly rounds: number;
  /** Of one pgbench run. */
  readonly seconds: number;
  readonly clients: readonly number[];
  readonly modes: readonly PgbenchMode[];
  readonly bulkMegabytes: number;
  readonly idleConnections: number;
  /** How many requests are held at once, where nothing but those is measured. */
  readonly held: number | undefined;
  /** True where nothing but detectors and masks is measured. */
  readonly detectors: boolean;
  /** True where nothing but what it costs to understand and decide statements is measured. */
  readonly statements: boolean;
  /** True where nothing but HTTP is measured. */
  readonly http: boolean;
  /** True where nothing but SSH is measured. */
  readonly ssh: boolean;
  /** Events of the run whose bundle is verified, where nothing but that is measured. */
  readonly verify: number | undefined;
  /** Where the table goes; nothing is written where it is undefined. */
  readonly results: string | undefined;
}

export type PgbenchMode = 'simple' | 'prepared';

export const HELP = `npm run bench -- [options]

  --quick             one round of a second each, a small bulk read; writes no results
  --rounds N          interleaved rounds (3)
  --seconds N         of each pgbench run (5)
  --clients A,B       (1,8,32)
  --bulk-mb N         size of the bulk read (1024)
  --idle N            connections held open for the memory figure (1000)
  --held              only requests that wait for people; written to the results where --results is given
  --held-count N      of them (1000; 100 with --quick)
  --detectors         only what detectors find, miss and cost; written to bench/DETECTORS.md where --results is given
  --statements        only what it costs to understand and decide; written to bench/STATEMENTS.md where --results is given
  --http              only HTTP, beside nginx and haproxy; written to bench/HTTP.md where --results is given. --clients are
                      connections (1,8,64)
  --ssh               only SSH: scp of --bulk-mb and commands at once in a run, beside a direct connection; written to
                      bench/SSH.md where --results is given
  --verify            only how long the bundle of a large run takes to verify; written to bench/VERIFY.md where --results is
                      given
  --verify-events N   of that run (1000000; 100000 with --quick)
  --no-results        print only; leave bench/RESULTS.md as it is
`;

/** Reads the command line. Throws on what it does not know; undefined where help was asked for. */
export function readOptions(args: readonly string[], resultsPath: string): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean' },
      quick: { type: 'boolean' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      clients: { type: 'string' },
      'bulk-mb': { type: 'string' },
      idle: { type: 'string' },
      held: { type: 'boolean' },
      'held-count': { type: 'string' },
      detectors: { type: 'boolean' },
      statements: { type: 'boolean' },
      http: { type: 'boolean' },
      ssh: { type: 'boolean' },
      verify: { type: 'boolean' },
      'verify-events': { type: 'string' },
      results: { type: 'boolean' },
      'no-results': { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const quick = values.quick ?? false;
  const held = values.held ? count(values['held-count'], quick ? 100 : 1000) : undefined;
  const detectors = values.detectors ?? false;
  const statements = values.statements ?? false;
  const http = values.http ?? false;
  const ssh = values.ssh ?? false;
  const verify = values.verify ? count(values['verify-events'], quick ? 100_000 : 1_000_000) : undefined;
  const isAll = held === undefined && verify === undefined && !detectors && !statements && !http && !ssh;
  const isWritten = isAll ? !quick && !values['no-results'] : values.results;
  return {
    quick,
    rounds: count(values.rounds, quick ? 1 : 3),
    seconds: count(values.seconds, quick ? 1 : 5),
    clients: (values.clients ?? (http ? '1,8,64' : '1,8,32')).split(',').map((text) => count(text, 1)),
    modes: ['simple', 'prepared'],
    bulkMegabytes: count(values['bulk-mb'], quick ? 64 : 1024),
    idleConnections: count(values.idle, quick ? 100 : 1000),
    held,
    detectors,
    statements,
    http,
    ssh,
    verify,
    results: isWritten ? resultsPath : undefined,
  };
}

function count(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`"${text}" is not a whole number above zero`);
  return value;
}
