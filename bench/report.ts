import type { Results, Table } from './measure.ts';
import type { BenchOptions } from './options.ts';

/** What a proxy is compared with: a plain TCP relay in C that has been tuned for years. */
const BASE = 'haproxy';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** What else the machine did: the load average of the minute before the run. */
  readonly loadBefore: number;
  readonly node: string;
  readonly postgres: number;
  readonly when: string;
}

/** The tables as Markdown; every figure with its ratio to haproxy's in brackets. */
export function report(results: Results, options: BenchOptions, machine: Machine): string {
  return [
    '# Benchmarks',
    '',
    `Made by \`npm run bench\` on ${machine.when}: ${machine.cores} cores (${machine.cpu}), Node ${machine.node}, PostgreSQL`,
    `${machine.postgres}, loopback; the machine's load before the run was ${fixed(machine.loadBefore, 1)}. Client, proxy and server share the cores, so the ratios count, not the rates: each figure is the`,
    `median of ${options.rounds} rounds of ${options.seconds} s in which every way had its turn, with its ratio to haproxy's (TCP mode, one`,
    'thread) in brackets. *chaperone batched* and *strict* decide each statement on its parse tree, mask by column and by',
    'three groups of detectors, and record every request and reply, encrypted; strict waits for the disk before it forwards.',
    '',
    '## Small queries: pgbench, select-only',
    '',
    ...results.small.flatMap(({ mode, clients, by }) => [
      `### ${mode}, ${clients === 1 ? '1 client' : `${clients} clients`}`,
      '',
      ...smallTable(by),
      '',
    ]),
    `## Bulk read: one query of ${options.bulkMegabytes} MB of text rows, one client`,
    '',
    '*batched* masks by content and is over the stored cap of 16 MiB, so beyond it the digest alone is kept; *unmasked* is the',
    'same without masks; *stored-whole* keeps all of it, compressed and encrypted, without masks.',
    '',
    ...bulkTable(results.bulk),
    '',
    `## Memory of a connection held idle (of ${options.idleConnections})`,
    '',
    'By the growth of a fresh process from a quarter of the connections to all of them, garbage collected.',
    '',
    ...idleTable(results.idle),
    '',
    '## The disk',
    '',
    `\`fdatasync\` after a kilobyte in the log's directory: p50 ${fixed(results.disk.p50, 2)} ms, p99 ${fixed(results.disk.p99, 2)} ms.`,
    '',
    '## Against the goals',
    '',
    ...goalsTable(results),
    '',
  ].join('\n');
}

function smallTable(by: Table<{ queriesPerSecond: number; p50: number; p99: number; cpuPer100k: number }>): string[] {
  const base = by.get(BASE);
  return [
    '| way | queries/s | p50 µs | p99 µs | CPU s per 100,000 |',
    '|---|---|---|---|---|',
    ...[...by].map(
      ([name, { queriesPerSecond, p50, p99, cpuPer100k }]) =>
        `| ${name} | ${withRatio(queriesPerSecond, base?.queriesPerSecond, 0)} | ${withRatio(p50, base?.p50, 0)} | ` +
        `${withRatio(p99, base?.p99, 0)} | ${withRatio(cpuPer100k, base?.cpuPer100k, 2)} |`,
    ),
  ];
}

function bulkTable(by: Table<{ megabytesPerSecond: number; cpuPerGigabyte: number }>): string[] {
  const base = by.get(BASE);
  return [
    '| way | MB/s | CPU s per GB |',
    '|---|---|---|',
    ...[...by].map(
      ([name, { megabytesPerSecond, cpuPerGigabyte }]) =>
        `| ${name} | ${withRatio(megabytesPerSecond, base?.megabytesPerSecond, 0)} | ${withRatio(cpuPerGigabyte, base?.cpuPerGigabyte, 2)} |`,
    ),
  ];
}

function idleTable(by: Table<{ pss: number; rss: number }>): string[] {
  return [
    '| way | PSS KB | RSS KB |',
    '|---|---|---|',
    ...[...by].map(([name, { pss, rss }]) => `| ${name} | ${fixed(pss / 1024, 1)} | ${fixed(rss / 1024, 1)} |`),
  ];
}

/** One thing that was promised, and what was measured. */
export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  readonly met: boolean;
}

function goalsTable(results: Results): string[] {
  return [
    '| goal | at | measured | |',
    '|---|---|---|---|',
    ...goals(results).map(
      ({ what, goal, measured, met }) => `| ${what} | ${goal} | ${measured} | ${met ? 'met' : 'missed'} |`,
    ),
  ];
}

/** The goals of the first release; those that this run did not measure are left out. */
export function goals({ small, bulk, idle, disk }: Results): Goal[] {
  const found: Goal[] = [];
  for (const { mode, clients, by } of small) {
    const [base, batched, strict] = [by.get(BASE), by.get('chaperone batched'), by.get('chaperone strict')];
    if (base === undefined || batched === undefined || strict === undefined) continue;
    const at = `${mode}, ${clients}`;
    if (clients === 1) {
      found.push(atMost(`p50 of batched against haproxy (${at})`, batched.p50 / base.p50, 1.15));
      const extraMs = (strict.p50 - batched.p50) / 1000;
      found.push(atMost(`extra p50 of strict, in fdatasyncs of this disk (${at})`, extraMs / disk.p50, 1.25));
    } else {
      found.push(atLeast(`throughput against haproxy (${at})`, batched.queriesPerSecond / base.queriesPerSecond, 0.65));
      found.push(atMost(`CPU per query against haproxy (${at})`, batched.cpuPer100k / base.cpuPer100k, 1.7));
    }
    if (clients === 32) {
      found.push(atLeast(`strict against batched (${at})`, strict.queriesPerSecond / batched.queriesPerSecond, 0.6));
    }
  }
  const base = bulk.get(BASE);
  const rate = (name: string): number =>
    (bulk.get(name)?.megabytesPerSecond ?? Number.NaN) / (base?.megabytesPerSecond ?? Number.NaN);
  found.push(atLeast('bulk read over the stored cap against haproxy', rate('chaperone unmasked'), 0.6));
  found.push(
    atLeast('masked bulk read against unmasked', rate('chaperone batched') / rate('chaperone unmasked'), 0.33),
  );
  found.push(atLeast('bulk read stored whole against haproxy', rate('chaperone stored-whole'), 0.2));
  found.push(atMost('KB of an idle connection', (idle.get('chaperone batched')?.pss ?? Number.NaN) / 1024, 40));
  return found;
}

function atMost(what: string, value: number, most: number): Goal {
  return { what, goal: `at most ${most}`, measured: fixed(value, 2), met: value <= most };
}

function atLeast(what: string, value: number, least: number): Goal {
  return { what, goal: `at least ${least}`, measured: fixed(value, 2), met: value >= least };
}

function withRatio(value: number, base: number | undefined, digits: number): string {
  if (Number.isNaN(value)) return '–';
  return base === undefined || Number.isNaN(base)
    ? fixed(value, digits)
    : `${fixed(value, digits)} (${fixed(value / base, 2)})`;
}

function fixed(value: number, digits: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
