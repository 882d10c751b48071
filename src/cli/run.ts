import { Command } from 'commander';
import { basename } from 'node:path';
import { ApiClient } from './api-client.ts';
import { runChild } from './child.ts';
import { clientEnvironment } from './client-environment.ts';
import { CliError, EXIT } from './cli-error.ts';
import { closeRun, type LentGrant, requestGrant } from './grant-request.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';
import { ownCommandPath } from './own-command.ts';

export interface RunOptions {
  readonly target: readonly string[];
  readonly url?: string;
  readonly tokenFile?: string;
}

/** `chaperone run`: the command of a CI job, with a grant for its targets and without what could mint another. */
export function runCommand(): Command {
  return new Command('run')
    .summary('run a command that reaches its targets through the gateway')
    .description(
      "Exchanges the CI job's own OIDC token for a short-lived grant, starts COMMAND with what its tools expect\n" +
        "(PGHOST, PGPASSFILE, DATABASE_URL, …), and ends the run when COMMAND ends. Exits with COMMAND's status.",
    )
    .requiredOption('-t, --target <name>', 'a target to be let into; may be given more than once', collect, [])
    .option('--url <url>', 'the gateway (default: CHAPERONE_URL, else the one started on this machine)')
    .option('--token-file <path>', 'a file with the CI token (default: found by the CI system)')
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

/** Exchanges, starts, waits, closes; resolves with the status to exit with. */
export async function run(
  command: readonly string[],
  options: RunOptions,
  env: NodeJS.ProcessEnv,
  output: Output,
): Promise<number> {
  const [program, ...args] = command;
  if (program === undefined) throw new CliError(EXIT.usage, 'there is no command after --');
  const api = ApiClient.find(options, env);
  const grant = await requestGrant(api, {
    targets: options.target,
    tokenFile: options.tokenFile,
    command: basename(program),
    env,
    signal: AbortSignal.timeout(60_000),
  });
  if (grant.demo && process.stderr.isTTY) output.say(`${output.paintSaid('dim', demoNote(grant))}\n`);
  await using client = await clientEnvironment(grant, env);
  let status: number = EXIT.internal;
  try {
    status = await runChild(...ownCommandPath(program, args), client.env);
  } finally {
    await closeRun(api, grant, status).catch((error: unknown) => {
      // The command's own status counts; a run that was not closed here is closed by the gateway.
      output.say(`chaperone: the run could not be closed: ${error instanceof Error ? error.message : String(error)}\n`);
    });
  }
  return status;
}

function demoNote(grant: LentGrant): string {
  return `${grant.run}: ${printable(grant.display)}, a made-up job of the demo`;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
