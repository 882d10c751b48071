import { Command } from 'commander';
import { compilePolicies } from '../../policy/compile-policies.ts';
import type { Policy } from '../../policy/policy.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type Output, processOutput } from '../output.ts';
import type { Question } from './asked.ts';
import { collect, readPolicies, showProblems } from './read-policies.ts';

/** What is asked, by whom and where. */
export interface QuestionOptions extends Omit<Question, 'statement' | 'target'> {
  readonly json?: boolean;
  readonly statement?: string;
  readonly target?: string;
}

/** `chaperone policy check`: whether policies can be put in force. */
export function policyCheckCommand(): Command {
  const command = new Command('check')
    .description(
      'Reads policies as the gateway would, and says what is wrong, where, and what to do. Asks no gateway.\n' +
        'With --statement, says how they decide it, rule by rule. Exits 1 where something is wrong, or denied.',
    )
    .argument('<files...>', 'YAML files or folders');
  return withQuestion(command)
    .option('--json', 'answer in JSON')
    .action(async (paths: readonly string[], options: QuestionOptions) => {
      process.exitCode = await check(paths, options, processOutput({ json: options.json ?? false }));
    });
}

/** The options that say what is asked, by whom and where. */
export function withQuestion(command: Command): Command {
  return command
    .option('--statement <text>', 'a statement to judge, or a request of HTTP: "DELETE /orders/3"')
    .option('--target <name>', 'the target that it is for')
    .option('--as <field=value>', 'of the run, such as run.sourceRef=refs/heads/main; may be repeated', collect, [])
    .option('--label <name=value>', 'a label of that target; may be repeated', collect, [])
    .option(
      '--classified <column=class>',
      'a column of it: public.users.email=email:partial; may be repeated',
      collect,
      [],
    )
    .option('--schema <file>', 'the definitions of its database, as pg_dump --schema-only writes them')
    .option('--at <time>', 'when, for rules that ask for the time (default: now)');
}

async function check(paths: readonly string[], options: QuestionOptions, output: Output): Promise<number> {
  const { policies, problems } = readPolicies(paths);
  if (problems.length > 0) {
    showProblems(problems, output);
    return EXIT.failed;
  }
  if (options.statement !== undefined) return judge(policies, options, output);
  const { digest } = compilePolicies(policies);
  if (output.json) {
    output.writeJson({ ok: true, digest, policies: policies.map(({ name, effect }) => ({ name, effect })) });
  } else {
    const good = `${policies.length} ${policies.length === 1 ? 'policy is' : 'policies are'} good`;
    output.write(`${output.paint('green', '✓')} ${good}; the set is ${digest.slice(0, 16)}\n`);
  }
  return EXIT.ok;
}

/** Says how a statement would be decided by these policies alone. */
export async function judge(policies: readonly Policy[], options: QuestionOptions, output: Output): Promise<number> {
  const { target, statement = '' } = options;
  if (target === undefined) throw new CliError(EXIT.usage, '--statement needs --target as well');
  // The parser is large; only this asks for it.
  const { answerOffline } = await import('./asked.ts');
  const { showAnswer } = await import('./show-answer.ts');
  const answer = await answerOffline(policies, { ...options, statement, target });
  showAnswer(answer, output);
  return answer.decision.effect === 'permit' ? EXIT.ok : EXIT.failed;
}
