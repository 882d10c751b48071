import { Command } from 'commander';
import { processOutput } from './output.ts';
import { run } from './run/run.ts';
import { askedClient, targetClient } from './target-client.ts';

/** `chaperone connect`: `run` with an interactive client for a person. */
export function connectCommand(): Command {
  return new Command('connect')
    .summary('open an interactive session in a target')
    .description(
      'Opens a session in the target, through the gateway, with the client that its kind has: psql for a database (our own\n' +
        '`chaperone sql` where it is not installed), ssh for a host, with the key of the run and the gateway’s own host key\n' +
        'pinned, and kubectl for a cluster: what is behind -- , else your shell, in which kubectl reaches it.',
    )
    .argument('<target>', 'the target; of an SSH host also LOGIN@TARGET')
    .argument('[arguments...]', 'arguments for the client, after --')
    .option('--url <url>', 'the gateway (default: CHAPERONE_URL, else the one started on this machine)')
    .option('--token-file <path>', 'a file with an OIDC token (default: found by the CI system)')
    .option('--direct', "connects to the native port, with the grant's secret as the password, or the run's key")
    .addHelpText('after', EXAMPLES)
    .action(
      async (
        text: string,
        args: readonly string[],
        options: { url?: string; tokenFile?: string; direct?: boolean },
      ) => {
        const asked = askedClient(text, args);
        process.exitCode = await run(
          (targets) => targetClient(asked, targets, process.env),
          { ...options, target: [asked.target] },
          process.env,
          processOutput({ json: false }),
        );
      },
    );
}

const EXAMPLES = `
Examples:
  $ chaperone connect demo
  $ chaperone connect demo -- --no-psqlrc
  $ chaperone connect web-1                       # a terminal, as \`ssh web-1\`
  $ chaperone connect deploy@web-1 -- uptime      # as \`ssh deploy@web-1 uptime\`
  $ chaperone connect cluster-dev -- get pods     # as \`kubectl get pods\`
`;
