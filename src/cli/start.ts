import { Command } from 'commander';
import type { StartOptions } from './start/start-config.ts';

/** `chaperone start`: a gateway, until it is told to end. */
export function startCommand(start: (options: StartOptions) => Promise<void>): Command {
  return new Command('start')
    .summary('start a gateway')
    .description(
      'Starts a gateway with the configuration of CHAPERONE_* and of the file that --config names.\n' +
        'SIGTERM and SIGINT let live sessions finish what they do; a second one ends at once.',
    )
    .option('--config <file>', 'configuration in YAML (default: CHAPERONE_CONFIG)')
    .option('--data-dir <folder>', 'where it keeps its data (default: CHAPERONE_DATA_DIR, else .chaperone)')
    .option('--listen <host:port>', 'the API (default: CHAPERONE_LISTEN, else 127.0.0.1:7420)')
    .option(
      '--postgres-listen <host:port>',
      'PostgreSQL clients (default: CHAPERONE_POSTGRES_LISTEN, else 127.0.0.1:7432)',
    )
    .option('--http-listen <host:port>', 'HTTP clients (default: CHAPERONE_HTTP_LISTEN, else no such port)')
    .option('--ssh-listen <host:port>', 'SSH clients (default: CHAPERONE_SSH_LISTEN, else no such port)')
    .option('--demo', 'with a made-up database, job and issuer, on this machine alone')
    .option('--json', 'say in JSON, on one line, what was started')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chaperone start --demo\n  $ CHAPERONE_PUBLIC_URL=https://gateway.example.com chaperone start --config chaperone.yaml\n',
    )
    .action((options: StartOptions) => start(options));
}
