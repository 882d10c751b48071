import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { Command } from 'commander';
import { ApiClient } from '../api-client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type Output, processOutput } from '../output.ts';
import { ownCommandPath } from '../own-command.ts';
import { printable } from '../printable.ts';
import { runChild } from './child.ts';
import { commandEnvironment } from './environment/command-environment.ts';
import { agentMark, type LentGrant } from './grant-request.ts';
import { openRun } from './open-run.ts';

export interface RunOptions {
  readonly target: readonly string[];
  readonly url?: string;
  readonly tokenFile?: string;
  readonly tokenFrom?: string;
  readonly direct?: boolean;
  readonly selfTest?: boolean;
  readonly env?: readonly string[];
  readonly inheritEnv?: boolean;
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
    .option('--inherit-env', 'lets all variables through but those that mint tokens')
    .option('--direct', "connects to the native ports, with the grant's secret as the password")
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

/** Opens the run, starts the command in its environment, waits, ends the run; resolves with the status to exit with. */
export async function run(
  command: readonly string[],
  options: RunOptions,
  env: NodeJS.ProcessEnv,
  output: Output,
): Promise<number> {
  const [program, ...args] = command;
  if (program === undefined) throw new CliError(EXIT.usage, 'there is no command after --');
  const { target: targets, tokenFile, tokenFrom, direct = false, selfTest = true } = options;
  const say = (text: string): void => output.say(text);
  await using opened = await openRun({
    api: ApiClient.find(options, env),
    targets,
    tokenFile,
    tokenFrom,
    direct,
    selfTest,
    asserted: { command: basename(program), ...agentMark(env) },
    env,
    say,
  });
  const { context, grant } = opened;
  if (grant.demo && process.stderr.isTTY) say(`${output.paintSaid('dim', demoNote(grant))}\n`);
  const rules = { env: options.env ?? [], inheritAll: options.inheritEnv ?? false, ofAgent: [] };
  const surroundings = await commandEnvironment({ context, rules, base: env, random: randomBytes });
  const onLeftOver = (count: number): void => {
    if (count > 0) say(`chaperone: ended ${count} left-over ${count === 1 ? 'process' : 'processes'} of the command\n`);
  };
  const isInteractive = process.stdin.isTTY && env['CI'] === undefined;
  return await runChild(...ownCommandPath(program, args), { env: surroundings.env, isInteractive, onLeftOver });
}

function demoNote(grant: LentGrant): string {
  return `${grant.run}: ${printable(grant.display)}, a made-up job of the demo`;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
