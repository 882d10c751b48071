import { basename } from 'node:path';
import { Command } from 'commander';
import { ApiClient } from './api-client.ts';
import { runChild } from './child.ts';
import { CliError, EXIT } from './cli-error.ts';
import { closeRun, type LentGrant, renewGrant, requestGrant } from './grant-request.ts';
import { type Output, processOutput } from './output.ts';
import { ownCommandPath } from './own-command.ts';
import { printable } from './printable.ts';
import { clientEnvironment } from './run/environment/client-environment.ts';

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
  const stopRenewing = keepRenewed(api, grant, output);
  try {
    return await runChild(...ownCommandPath(program, args), client.env);
  } finally {
    stopRenewing();
    await closeRun(api, grant).catch((error: unknown) => {
      // The command's own status counts; a run that was not closed here ends with its grant.
      output.say(`chaperone: the run could not be closed: ${messageOf(error)}\n`);
    });
  }
}

const RENEWAL_RETRY_SECONDS = 15;

/** Renews the grant while the command runs, when a third of its life is left. Returns how to stop. */
function keepRenewed(api: ApiClient, grant: LentGrant, output: Output): () => void {
  let timer: NodeJS.Timeout;
  let failing = false;
  const renewIn = (seconds: number): void => {
    timer = setTimeout(() => void renew().then(renewIn), seconds * 1000).unref();
  };
  const renew = async (): Promise<number> => {
    try {
      const seconds = await renewGrant(api, grant);
      failing = false;
      return (seconds * 2) / 3;
    } catch (error) {
      if (!failing) output.say(`chaperone: the grant cannot be renewed: ${messageOf(error)}\n`);
      failing = true;
      return RENEWAL_RETRY_SECONDS;
    }
  };
  renewIn((grant.expiresInSeconds * 2) / 3);
  return () => clearTimeout(timer);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function demoNote(grant: LentGrant): string {
  return `${grant.run}: ${printable(grant.display)}, a made-up job of the demo`;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
