import { Command } from 'commander';
import { compilePolicies } from '../policy/compile-policies.ts';
import { parsePolicies } from '../policy/parse-policies.ts';
import { readYamlFiles } from './apply.ts';
import { EXIT } from './cli-error.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';

/** `chaperone policy`: what can be said of policies without a gateway. */
export function policyCommand(): Command {
  const command = new Command('policy').summary('check policy files');
  command.addCommand(
    new Command('check')
      .description(
        'Reads policies as the gateway would, and says what is wrong, where, and what to do. Asks no gateway.',
      )
      .argument('<files...>', 'YAML files or folders')
      .option('--json', 'answer in JSON')
      .addHelpText('after', '\nExamples:\n  $ chaperone policy check policies/\n\nExits 1 where something is wrong.\n')
      .action((paths: readonly string[], options: { readonly json?: boolean }) => {
        process.exitCode = check(paths, processOutput({ json: options.json ?? false }));
      }),
  );
  return command;
}

function check(paths: readonly string[], output: Output): number {
  const files = readYamlFiles(paths).map(({ name, text }) => ({ path: name, text }));
  const { policies, problems } = parsePolicies(files);
  const digest = problems.length === 0 ? compilePolicies(policies).digest : undefined;
  if (output.json) {
    output.writeJson({
      ok: problems.length === 0,
      digest,
      problems,
      policies: policies.map(({ name, effect }) => ({ name, effect })),
    });
  } else {
    for (const { path, line, message } of problems) {
      output.write(`${output.paint('red', `${printable(path)}:${line}`)} ${printable(message)}\n`);
    }
    if (digest !== undefined)
      output.write(
        `${output.paint('green', '✓')} ${policies.length} policies are good; the set is ${digest.slice(0, 16)}\n`,
      );
  }
  return problems.length === 0 ? EXIT.ok : EXIT.failed;
}
