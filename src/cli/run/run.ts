import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { Command } from 'commander';
import type { Secret } from '../../model/secret.ts';
import { ApiClient } from '../api-client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type Output, processOutput } from '../output.ts';
import { printable } from '../printable.ts';
import { agentAtWork } from './agents/agent-at-work.ts';
import { agentLabels, ancestorAgent, observeAgent } from './agents/observe-agent.ts';
import { assertable } from './asserted-labels.ts';
import { ciSystemOf } from './ci/ci-system.ts';
import type { CiTokenSource } from './ci/find-ci-token.ts';
import { hideInLog } from './ci/mask-in-log.ts';
import { commandEnvironment } from './environment/command-environment.ts';
import { inheritedVariables } from './environment/inherited-variables.ts';
import { traceLabel } from './environment/trace-parent.ts';
import { finishRun } from './finish-run.ts';
import type { LentGrant } from './grant-request.ts';
import { checkIsolation } from './isolation/check-isolation.ts';
import { coverageLabels, type RunCoverage } from './isolation/coverage.ts';
import { allowedHost, isolationLevel } from './isolation/isolation-level.ts';
import { jobServer } from './job-servers.ts';
import type { LocalTarget } from './local-target.ts';
import { reachableTargets } from './local-target.ts';
import { openRun } from './open-run.ts';
import { coverRun } from './run-coverage.ts';
import { startCommand } from './start-command.ts';
import { logGroup } from './summary/log-groups.ts';

export interface RunOptions {
  readonly target: readonly string[];
  readonly url?: string;
  readonly tokenFile?: string;
  readonly tokenFrom?: string;
  readonly mcp?: readonly string[];
  readonly direct?: boolean;
  readonly selfTest?: boolean;
  readonly env?: readonly string[];
  readonly inheritEnv?: boolean;
  readonly isolate?: string | boolean;
  readonly allowHost?: readonly string[];
  readonly evidence?: string;
  readonly summary?: string;
  readonly workflowCommands?: boolean;
}

/** `chaperone run`: the command of a CI job, with a grant for its targets and without what could mint another. */
export function runCommand(): Command {
  return new Command('run')
    .summary('run a command that reaches its targets through the gateway')
    .description(
      "Exchanges the CI job's own OIDC token for a short-lived grant, opens a listener for each target on this machine,\n" +
        'starts COMMAND with what its tools expect (PGHOST, PGPASSFILE, DATABASE_URL, …), and ends the run when COMMAND\n' +
        "ends. All of it goes through the gateway's one HTTPS port. Exits with COMMAND's status.",
    )
    .requiredOption('-t, --target <name>', 'a target to be let into; may be given more than once', collect, [])
    .option('--url <url>', 'the gateway (default: CHAPERONE_URL, else the one started on this machine)')
    .option('--token-file <path>', 'a file with the CI token (default: found by the CI system)')
    .option('--token-from <source>', 'where the CI token comes from, and from nowhere else')
    .option('-e, --env <name>', 'lets a variable through: NAME, NAME=VALUE, or PREFIX_*', collect, [])
    .option('--mcp <name=command>', 'starts an MCP server of the job for the target NAME', collect, [])
    .option('--inherit-env', 'lets all variables through but those that mint tokens')
    .option('--direct', "connects to the native ports, with the grant's secret as the password")
    .option('--isolate [level]', 'keeps COMMAND from the rest of the machine: user, or network (the default of it)')
    .option('--allow-host <name>', 'lets an isolated COMMAND reach NAME or NAME:PORT too', collect, [])
    .option('--evidence <file>', 'writes the evidence of the run here, for `chaperone verify`')
    .option('--summary <file>', 'writes a summary here, as Markdown')
    .option('--workflow-commands', 'lets what COMMAND prints be commands to GitHub Actions')
    .option('--no-self-test', 'starts COMMAND without trying the way to each target')
    .argument('<command...>', 'the command and its arguments, after --')
    .addHelpText('after', EXAMPLES)
    .action(async (command: readonly string[], options: RunOptions) => {
      process.exitCode = await run(command, options, process.env, processOutput({ json: false }));
    });
}

const EXAMPLES = `
Examples:
  $ chaperone run --target demo -- psql -c "select name, email from customers limit 3"
  $ chaperone run --target shop --target ledger -- ./migrate.sh     # psql service=ledger reaches the second
  $ chaperone run --target demo -- chaperone sql "select 1"         # where psql is not installed

In GitHub Actions the job needs \`permissions: id-token: write\`; in GitLab CI, \`id_tokens: CHAPERONE_ID_TOKEN\`.
`;

/** A command and its arguments, or what makes one of the targets that the run was let into. */
export type RunCommand = readonly string[] | ((targets: readonly LocalTarget[]) => readonly string[]);

/** On record in place of a command that is not known before the run is open. */
const CHOSEN_LATER = 'connect';

/** Opens the run, starts the command in its environment, waits, ends the run; resolves with the status to exit with. */
export async function run(
  command: RunCommand,
  options: RunOptions,
  env: NodeJS.ProcessEnv,
  output: Output,
): Promise<number> {
  const [named, ...words] = typeof command === 'function' ? [CHOSEN_LATER] : command;
  if (named === undefined) throw new CliError(EXIT.usage, 'there is no command after --');
  // What mints tokens is taken out of the process's own environment on the way.
  const given = { ...env };
  const warnings: string[] = [];
  const say = (text: string): void => output.say(text);
  const warn = (sentence: string): void => {
    warnings.push(sentence);
    say(`chaperone: ${sentence}\n`);
  };
  const surroundings = await planSurroundings(named, options, given);
  const { means, hosts, rules, observed } = surroundings;
  let coverage: RunCoverage | undefined;
  const asserted = (source: CiTokenSource): Readonly<Record<string, string>> => {
    coverage = coverRun({ ...surroundings, env: given, source });
    const agent = agentLabels({ observed, args: words, env: given, ancestor: ancestorAgent() });
    const trace = traceLabel(given['TRACEPARENT']);
    return assertable({ command: basename(named), ...trace, ...agent, ...coverageLabels(coverage) });
  };
  const api = ApiClient.find(options, given);
  const { tokenFile, tokenFrom, direct = false, selfTest = true } = options;
  const how = { ...serversOf(options, given), tokenFile, tokenFrom, direct, selfTest };
  const onToken = (token: Secret): void => hideInLog(given, [token], say);
  await using opened = await openRun({ api, ...how, asserted, onToken, env: given, say, warn });
  const { context, grant } = opened;
  if (grant.demo && process.stderr.isTTY) say(`${output.paintSaid('dim', demoNote(grant))}\n`);
  hideInLog(
    given,
    [...reachableTargets(context), ...(context.mcp === undefined ? [] : [context.mcp])].flatMap(({ password, aws }) => [
      password,
      ...(aws === undefined ? [] : [aws.secretAccessKey]),
    ]),
    say,
  );
  const [program = named, ...args] = typeof command === 'function' ? command(context.targets) : [named, ...words];
  const { env: commandEnv } = await commandEnvironment({ context, rules, base: given, random: randomBytes });
  const own = [process.execPath, process.argv[1] ?? ''] as const;
  await using agent = await agentAtWork({ observed, context, env: commandEnv, args, program: own, warn, say });
  const status = await inLogGroup({ env: given, command: [program, ...args], say, options }, () =>
    startCommand({
      program,
      args: agent.args,
      env: agent.env,
      context,
      means,
      hosts,
      hidden: [tokenFile, given['CHAPERONE_ID_TOKEN_FILE']].filter((path) => path !== undefined),
      isInteractive: process.stdin.isTTY && given['CI'] === undefined,
      onLeftOver: (count) => {
        if (count > 0) warn(`ended ${count} left-over ${count === 1 ? 'process' : 'processes'} of the command`);
      },
      onFault: (fault) => warn(printable(fault.message)),
    }),
  );
  const closed = await opened.end(assertable({ 'command.status': String(status), ...(await agent.labels()) }));
  if (coverage === undefined)
    throw new CliError(EXIT.internal, 'the run was opened without a look at its surroundings');
  const { evidence: evidenceFile, summary: summaryFile } = options;
  const finish = { api, context, closed, coverage, exitStatus: status, evidenceFile, summaryFile, warnings };
  const isProven = await finishRun({ ...finish, env: given, nowMs: Date.now, say });
  // A job that asks for evidence has not done its work without it.
  return isProven || status !== 0 ? status : EXIT.unavailable;
}

/** The servers of the job, and the targets: what is started is also to be reached. Throws a `CliError`. */
function serversOf(
  { mcp = [], target, direct = false, env: asked = [], inheritEnv = false }: RunOptions,
  env: NodeJS.ProcessEnv,
) {
  const servers = mcp.map(jobServer);
  if (servers.length > 0 && direct) {
    throw new CliError(EXIT.usage, '--mcp needs the way through the gateway’s HTTPS port: leave --direct out');
  }
  // None named are all that the trust rules give.
  const named = target.length === 0 ? [] : servers.map(({ name }) => name);
  // As the command, without the keys of its agent and without what is the run's.
  const { env: serverEnv } = inheritedVariables(env, { env: asked, inheritAll: inheritEnv, ofAgent: [] });
  return { servers, serverEnv, targets: [...new Set([...target, ...named])] };
}

/** What was asked of the surroundings, and whether this machine can do it: before anything is opened. */
async function planSurroundings(program: string, options: RunOptions, env: NodeJS.ProcessEnv) {
  const asked = { env: options.env ?? [], inheritAll: options.inheritEnv ?? false };
  const signal = AbortSignal.timeout(OBSERVE_MS);
  const observed = await observeAgent({
    command: program,
    env: inheritedVariables(env, { ...asked, ofAgent: [] }).env,
    signal,
  });
  const rules = { ...asked, ofAgent: observed?.agent.variables ?? [] };
  const inherited = inheritedVariables(env, rules);
  const level = isolationLevel(options.isolate);
  const hosts = (options.allowHost ?? []).map(allowedHost);
  if (hosts.length > 0 && level !== 'network') {
    throw new CliError(EXIT.usage, '--allow-host is for --isolate network: without it every host is allowed');
  }
  if (level === 'network' && options.direct) {
    throw new CliError(
      EXIT.usage,
      '--isolate network leaves no way to native ports: leave --direct out, or use --isolate user',
    );
  }
  const means = level === 'none' ? undefined : await checkIsolation(level, env, AbortSignal.timeout(ISOLATION_MS));
  return { rules, inherited, hosts, means, observed };
}

const OBSERVE_MS = 30_000;
const ISOLATION_MS = 30_000;

interface GroupedCommand {
  readonly env: NodeJS.ProcessEnv;
  readonly command: readonly string[];
  readonly say: (text: string) => void;
  readonly options: RunOptions;
}

/** Folds what the command prints, in the log of a CI system that can. */
async function inLogGroup(
  { env, command, say, options }: GroupedCommand,
  work: () => Promise<number>,
): Promise<number> {
  const group = logGroup({
    system: ciSystemOf(env),
    title: command.join(' ').slice(0, MAX_TITLE_CHARACTERS),
    nowMs: Date.now,
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    commandsAllowed: options.workflowCommands ?? false,
  });
  if (group.opening !== '') say(group.opening);
  try {
    return await work();
  } finally {
    const { closing } = group;
    if (closing !== '') say(closing);
  }
}

const MAX_TITLE_CHARACTERS = 120;

function demoNote(grant: LentGrant): string {
  return `${grant.run}: ${printable(grant.display)}, a made-up job of the demo`;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
