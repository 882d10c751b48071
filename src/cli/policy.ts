import { Command } from 'commander';
import { policyCheckCommand } from './policy/policy-check.ts';
import { policyExplainCommand } from './policy/policy-explain.ts';
import { policyLintCommand } from './policy/policy-lint.ts';
import { policyReplayCommand } from './policy/policy-replay.ts';
import { policySchemaCommand } from './policy/policy-schema.ts';
import { policyTestCommand } from './policy/policy-test.ts';

/** `chaperone policy`: policies as code. */
export function policyCommand(): Command {
  const command = new Command('policy').summary('check, test and explain policies').addHelpText('after', EXAMPLES);
  const commands = [
    policyCheckCommand(),
    policyTestCommand(),
    policyLintCommand(),
    policyExplainCommand(),
    policyReplayCommand(),
    policySchemaCommand(),
  ];
  for (const each of commands) command.addCommand(each.addHelpText('after', EXAMPLES));
  return command;
}

const EXAMPLES = `
Examples:
  $ chaperone policy check policies/
  $ chaperone policy test policies/ --coverage --junit results.xml
  $ chaperone policy lint policies/ targets.yaml
  $ chaperone policy explain ses_…:3
  $ chaperone policy explain --policies policies/ --target demo --as run.sourceRepositoryId=100000001 \\
      --statement "drop table customers"
  $ chaperone policy replay policies/ --against 7d --fail-on loosened
  $ chaperone policy schema --out .schemas
`;
