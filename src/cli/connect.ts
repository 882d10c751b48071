import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Command } from 'commander';
import { processOutput } from './output.ts';
import { run } from './run/run.ts';

/** `chaperone connect`: `run` with an interactive client for a person. */
export function connectCommand(): Command {
  return new Command('connect')
    .summary('open an interactive session in a target')
    .description('Opens psql in the target, through the gateway; our own `chaperone sql` where psql is not installed.')
    .argument('<target>', 'the target')
    .argument('[arguments...]', 'arguments for psql, after --')
    .option('--url <url>', 'the gateway (default: CHAPERONE_URL, else the one started on this machine)')
    .option('--token-file <path>', 'a file with an OIDC token (default: found by the CI system)')
    .option('--direct', "connects to the native port, with the grant's secret as the password")
    .addHelpText('after', '\nExamples:\n  $ chaperone connect demo\n  $ chaperone connect demo -- --no-psqlrc\n')
    .action(
      async (
        target: string,
        args: readonly string[],
        options: { url?: string; tokenFile?: string; direct?: boolean },
      ) => {
        const client = isInstalled('psql', process.env) ? ['psql', ...args] : ['chaperone', 'sql'];
        process.exitCode = await run(
          client,
          { ...options, target: [target] },
          process.env,
          processOutput({ json: false }),
        );
      },
    );
}

/** True when a folder of PATH holds a file of that name. */
export function isInstalled(program: string, env: NodeJS.ProcessEnv): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));
}
