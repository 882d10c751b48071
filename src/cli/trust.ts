import { Command } from 'commander';
import { resolveCommand } from './trust/resolve.ts';
import { trustCheckCommand } from './trust/trust-check.ts';

/** `chaperone trust`: why a job is let in or not, and the ids that rules are written with. */
export function trustCommand(): Command {
  return new Command('trust')
    .summary('explain why a CI token is let in or not, and find the ids that rules pin')
    .addCommand(trustCheckCommand())
    .addCommand(resolveCommand())
    .addHelpText(
      'after',
      '\nExamples:\n  $ chaperone trust check token.jwt\n  $ chaperone trust check --config trust.yaml --audience https://gateway.example\n  $ chaperone trust resolve github acme/shop\n',
    );
}
