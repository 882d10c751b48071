import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { auditPaths } from '../../audit/audit-paths.ts';
import { listDays, listSessions, readSession } from '../../audit/read/read-session.ts';
import { compilePolicies } from '../../policy/compile-policies.ts';
import { loadTargets, TARGET_PROTOCOLS } from '../../targets/load-targets.ts';
import { askedTarget } from '../../trials/asked-target.ts';
import { type RecordedTarget, Replay } from '../../trials/replay.ts';
import { ApiClient } from '../api-client.ts';
import { readYamlFiles } from '../apply.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { parseTime } from '../common-options.ts';
import { type Output, processOutput } from '../output.ts';
import { printable } from '../printable.ts';
import { collect, type ReadPolicies, readPolicies, showProblems } from './read-policies.ts';

interface ReplayOptions {
  readonly against: string;
  readonly data?: string;
  readonly baseline: readonly string[];
  readonly failOn: string;
  readonly limit?: string;
  readonly url?: string;
  readonly json?: boolean;
}

/** `chaperone policy replay`: recorded requests judged again under changed policies. */
export function policyReplayCommand(): Command {
  return new Command('replay')
    .description(
      'Judges recorded requests again under the policies of these files, and groups what would change: now denied, held,\n' +
        'permitted, or masked otherwise. Compares with the policies in force; with --data, on a copy of a data directory\n' +
        'and without a gateway, with what was decided then. Exits 1 where --fail-on says so, 2 where not all was judged.',
    )
    .argument('<files...>', 'all policies as they would be: YAML files or folders')
    .requiredOption('--against <range>', 'of which time: 7d, 2026-11-01, or 2026-11-01..2026-11-20')
    .option('--data <directory>', 'a data directory, or a copy of its audit folder with its keys')
    .option('--baseline <file>', 'with --data, compare with these policies instead; may be repeated', collect, [])
    .option('--fail-on <what>', 'loosened (something passes, shows or asks for less), any, or none', 'none')
    .option('--limit <number>', 'how many requests at most')
    .option('--url <url>', 'the gateway (default: CHAPERONE_URL, else the one started on this machine)')
    .option('--json', 'answer in JSON')
    .action(async (paths: readonly string[], options: ReplayOptions) => {
      process.exitCode = await replay(paths, options, processOutput({ json: options.json ?? false }));
    });
}

const exampleSchema = z.object({
  session: z.string(),
  exchange: z.number(),
  at: z.string(),
  target: z.string(),
  principal: z.string(),
  kinds: z.array(z.string()),
  tables: z.array(z.string()),
  text: z.string().exactOptional(),
});
const reportSchema = z.object({
  sessions: z.number(),
  looked: z.number(),
  same: z.number(),
  loosened: z.number(),
  tightened: z.number(),
  groups: z.array(
    z.object({
      kind: z.string(),
      loosened: z.boolean(),
      tightened: z.boolean(),
      before: z.string(),
      after: z.string(),
      count: z.number(),
      examples: z.array(exampleSchema),
    }),
  ),
  unread: z.object({ withheld: z.number(), withoutTarget: z.number(), unsupported: z.number() }),
  complete: z.boolean(),
  problems: z.array(z.object({ file: z.string(), line: z.number(), message: z.string() })),
});
type Report = z.infer<typeof reportSchema>;

async function replay(paths: readonly string[], options: ReplayOptions, output: Output): Promise<number> {
  const { failOn } = options;
  if (failOn !== 'loosened' && failOn !== 'any' && failOn !== 'none') {
    throw new CliError(EXIT.usage, `--fail-on ${printable(failOn)} is none of loosened, any, none`);
  }
  const range = rangeOf(options.against);
  const read = readPolicies(paths);
  if (read.problems.length > 0) {
    showProblems(read.problems, output);
    return EXIT.incomplete;
  }
  const report =
    options.data === undefined ? await online(paths, range, options) : await offline(read, range, options, output);
  if (output.json) output.writeJson(report);
  else show(report, options, output);
  if (failOn === 'loosened' && report.loosened > 0) return EXIT.failed;
  if (failOn === 'any' && report.groups.length > 0) return EXIT.failed;
  return report.complete && report.unread.withheld + report.unread.withoutTarget === 0 ? EXIT.ok : EXIT.incomplete;
}

interface Range {
  readonly since?: string;
  readonly until?: string;
}

function rangeOf(text: string): Range {
  const [from = '', to] = text.split('..');
  const since = from === '' ? undefined : parseTime(from, Date.now());
  const until = to === undefined || to === '' ? undefined : parseTime(to, Date.now());
  if ((from !== '' && since === undefined) || (to && until === undefined) || (from === '' && !to)) {
    throw new CliError(EXIT.usage, `${printable(text)} is not a range of time`, {
      hint: 'Write 7d, 2026-11-01, or 2026-11-01..2026-11-20',
    });
  }
  return { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
}

async function online(paths: readonly string[], range: Range, options: ReplayOptions): Promise<Report> {
  const api = ApiClient.find(options, process.env);
  const json = { files: readYamlFiles(paths), ...range, ...(options.limit ? { limit: Number(options.limit) } : {}) };
  return api.call({ method: 'POST', path: '/v1/policies/replay', json, as: 'operator' }, reportSchema);
}

/** Everything of a directory in this range, oldest day last. */
async function offline(
  read: ReadPolicies,
  { since = '', until = '9999' }: Range,
  options: ReplayOptions,
  output: Output,
): Promise<Report> {
  const directory = auditDirectory(resolve(options.data ?? ''));
  const limit = options.limit === undefined ? Number.POSITIVE_INFINITY : Number(options.limit);
  const baseline = options.baseline.length === 0 ? undefined : readPolicies(options.baseline);
  const [problem] = baseline?.problems ?? [];
  if (problem !== undefined)
    throw new CliError(EXIT.config, `${printable(problem.path)}:${problem.line} ${printable(problem.message)}`);
  const before = baseline === undefined ? ('recorded' as const) : compilePolicies(baseline.policies);
  const replay = new Replay({
    before,
    after: compilePolicies(read.policies),
    target: targetsOf(read, (name) =>
      output.say(`${printable(name)} is not declared in these files: no column of it is known to be classified.\n`),
    ),
    examples: 3,
    texts: true,
  });
  const paths = auditPaths(directory);
  for (const day of listDays(paths)) {
    for (const session of listSessions(paths, day)) {
      for await (const recorded of readSession(directory, session)) {
        const { kind, at } = recorded.event;
        if (kind !== 'session.open' && (at < since || at > until)) continue;
        if (replay.looked >= limit) return { ...reportOf(replay), complete: false, problems: [] };
        await replay.add(recorded);
      }
    }
  }
  return { ...reportOf(replay), complete: true, problems: [] };
}

/** Through the schema, so that both ways give the same. */
function reportOf(replay: Replay): Omit<Report, 'complete' | 'problems'> {
  return reportSchema.omit({ complete: true, problems: true }).parse(replay.report());
}

/** Targets that the files declare; of any other one no column is known to be classified. */
function targetsOf({ declared }: ReadPolicies, onUndeclared: (name: string) => void) {
  const loaded = loadTargets(declared.sections.targets ?? [], TARGET_PROTOCOLS);
  const known = new Map(loaded.items.map(({ target }) => [String(target.name), target]));
  const made = new Map<string, ReturnType<typeof askedTarget>>();
  return ({ name, labels, database }: RecordedTarget) => {
    const target = known.get(name) ?? made.get(name);
    if (target !== undefined) return target;
    const asked = askedTarget({ name, labels, database });
    made.set(name, asked);
    onUndeclared(name);
    return asked;
  };
}

/** A data directory keeps its log in `audit/`; a copy of that folder alone will do as well. */
function auditDirectory(directory: string): string {
  const inside = join(directory, 'audit');
  if (existsSync(inside)) return inside;
  if (existsSync(join(directory, 'sessions'))) return directory;
  throw new CliError(EXIT.notFound, `there is no audit log in ${printable(directory)}`);
}

function show(report: Report, { data, baseline }: ReplayOptions, output: Output): void {
  const { looked, sessions, same, loosened, tightened, groups, unread, complete } = report;
  for (const { count, before, after, loosened: isLoosened, examples } of groups) {
    const mark = isLoosened ? output.paint('red', 'loosened ') : output.paint('green', 'tightened');
    output.write(`${mark} ${String(count).padStart(6)}  ${printable(before)} → ${printable(after)}\n`);
    for (const { session, exchange, target, kinds, tables, text } of examples) {
      const what = text ?? `${kinds.join(', ')} on ${tables.join(', ')}`;
      const line = `    ${printable(session)}:${exchange} ${printable(target)}  ${printable(what.replaceAll(/\s+/g, ' ').slice(0, 120))}`;
      output.write(`${output.paint('dim', line)}\n`);
    }
  }
  const compared =
    data === undefined ? 'the policies in force' : baseline.length > 0 ? 'the baseline' : 'what was decided then';
  output.write(
    `${looked} requests of ${sessions} sessions, compared with ${compared}: ${same} the same, ${loosened} loosened, ${tightened} tightened\n`,
  );
  output.say(
    'Judged by what the gateway found in each request then, with the catalogue of that time, at its own time.\n',
  );
  if (unread.withheld > 0)
    output.say(`${unread.withheld} could not be judged: who asked was erased, or its key is not here.\n`);
  if (unread.withoutTarget > 0)
    output.say(`${unread.withoutTarget} could not be judged: their target is not there any more.\n`);
  if (!complete) output.say('There was more than one replay may take; narrow --against.\n');
}
