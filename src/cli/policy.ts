import { Command } from 'commander';
import { compilePolicies } from '../policy/compile-policies.ts';
import { parsePolicies } from '../policy/parse-policies.ts';
import type { Policy, PolicyProblem } from '../policy/policy.ts';
import { readConfiguration } from '../targets/read-configuration.ts';
import { readYamlFiles } from './apply.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';

interface CheckOptions {
  readonly json?: boolean;
  readonly statement?: string;
  readonly target?: string;
  readonly label: readonly string[];
  readonly as: readonly string[];
}

/** `chaperone policy`: what can be said of policies without a gateway. */
export function policyCommand(): Command {
  const command = new Command('policy').summary('check policy files').addHelpText('after', EXAMPLES);
  command.addCommand(
    new Command('check')
      .description(
        'Reads policies as the gateway would, and says what is wrong, where, and what to do. Asks no gateway.\n' +
          'With --statement, says how they decide it, rule by rule. Exits 1 where something is wrong, or denied.',
      )
      .argument('<files...>', 'YAML files or folders')
      .option('--statement <sql>', 'a statement to judge')
      .option('--target <name>', 'the target that it is for')
      .option('--label <name=value>', 'a label of that target; may be given more than once', collect, [])
      .option(
        '--as <field=value>',
        'of the run, such as run.sourceRef=refs/heads/main; may be given more than once',
        collect,
        [],
      )
      .option('--json', 'answer in JSON')
      .addHelpText('after', EXAMPLES)
      .action(async (paths: readonly string[], options: CheckOptions) => {
        process.exitCode = await check(paths, options, processOutput({ json: options.json ?? false }));
      }),
  );
  return command;
}

const EXAMPLES = `
Examples:
  $ chaperone policy check policies/
  $ chaperone policy check policies/ --target demo --as run.sourceRepositoryId=100000001 \\
      --statement "drop table customers"
`;

async function check(paths: readonly string[], options: CheckOptions, output: Output): Promise<number> {
  // A configuration's folder has targets and trust rules too; what is said here is of its policies.
  const declared = readConfiguration(readYamlFiles(paths));
  if (declared.problems.length === 0 && declared.sections.policies === undefined) {
    throw new CliError(EXIT.config, `no policies are declared in ${paths.map(printable).join(', ')}`, {
      hint: 'They stand under `policies:` in a file *.yaml or *.yml.',
    });
  }
  const { policies, problems: ofPolicies } = parsePolicies(declared.policyFiles);
  const ofFiles = declared.problems.map(({ file, line, message, advice }) => {
    return { path: file, line, message: `${message}. ${advice}` };
  });
  const problems = [...ofFiles, ...ofPolicies];
  if (problems.length > 0) return showProblems(problems, output);
  if (options.statement !== undefined) return explain(policies, options.statement, options, output);
  const { digest } = compilePolicies(policies);
  if (output.json) {
    output.writeJson({ ok: true, digest, policies: policies.map(({ name, effect }) => ({ name, effect })) });
  } else {
    const good = `${policies.length} ${policies.length === 1 ? 'policy is' : 'policies are'} good`;
    output.write(`${output.paint('green', '✓')} ${good}; the set is ${digest.slice(0, 16)}\n`);
  }
  return EXIT.ok;
}

function showProblems(problems: readonly PolicyProblem[], output: Output): number {
  if (output.json) output.writeJson({ ok: false, problems });
  else {
    for (const { path, line, message } of problems) {
      output.write(`${output.paint('red', `${printable(path)}:${line}`)} ${printable(message)}\n`);
    }
  }
  return EXIT.failed;
}

async function explain(
  policies: readonly Policy[],
  statement: string,
  options: CheckOptions,
  output: Output,
): Promise<number> {
  const { target, label, as } = options;
  if (target === undefined) throw new CliError(EXIT.usage, '--statement needs --target as well');
  // The parser is large; only this asks for it.
  const { explainStatement, showExplanation } = await import('./policy-explain.ts');
  const explanation = await explainStatement(policies, { statement, target, label, as });
  if (output.json) output.writeJson({ ok: explanation.decision.effect === 'permit', ...explanation });
  else showExplanation(explanation, output);
  return explanation.decision.effect === 'permit' ? EXIT.ok : EXIT.failed;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
