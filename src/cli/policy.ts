import { Command } from 'commander';
import { policyCheckCommand } from './policy/policy-check.ts';
import { policyLintCommand } from './policy/policy-lint.ts';
import { policySchemaCommand } from './policy/policy-schema.ts';
import { policyTestCommand } from './policy/policy-test.ts';

/** `chaperone policy`: policies as code. */
export function policyCommand(): Command {
  const command = new Command('policy').summary('check, test and explain policies').addHelpText('after', EXAMPLES);
  for (const each of [policyCheckCommand(), policyTestCommand(), policyLintCommand(), policySchemaCommand()]) {
    command.addCommand(each.addHelpText('after', EXAMPLES));
  }
  return command;
}

const EXAMPLES = `
Examples:
  $ chaperone policy check policies/
  $ chaperone policy check policies/ --target demo --as run.sourceRepositoryId=100000001 \\
      --statement "drop table customers"
  $ chaperone policy test policies/ --coverage --junit results.xml
  $ chaperone policy lint policies/
  $ chaperone policy schema --out .schemas
`;
