import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from '../api-client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type Output, processOutput } from '../output.ts';
import { printable, printableLines } from '../printable.ts';
import { fieldsOf } from './asked-fields.ts';
import { explanationLines } from './explanation-text.ts';
import { judge, type QuestionOptions, withQuestion } from './policy-check.ts';
import { collect, readPolicies, showProblems } from './read-policies.ts';

interface ExplainOptions extends QuestionOptions {
  readonly policies: readonly string[];
  readonly url?: string;
}

/** `chaperone policy explain`: why something was, or would be, decided so. */
export function policyExplainCommand(): Command {
  const command = new Command('explain')
    .description(
      'Says why a request is decided as it is: what it does, every rule and why it matches or not, what is masked.\n' +
        'Of a request of the record (SESSION:EXCHANGE), of an approval, or of a --statement that nobody asked yet.\n' +
        'With --policies, by those files, and without a gateway. Exits 1 where it is denied.',
    )
    .argument('[request]', 'SESSION:EXCHANGE, or the id of an approval')
    .option('--policies <file>', 'judge by these files, without a gateway; may be repeated', collect, []);
  return withQuestion(command)
    .option('--url <url>', 'the gateway (default: CHAPERONE_URL, else the one started on this machine)')
    .option('--json', 'answer in JSON')
    .action(async (request: string | undefined, options: ExplainOptions) => {
      process.exitCode = await explain(request, options, processOutput({ json: options.json ?? false }));
    });
}

async function explain(named: string | undefined, options: ExplainOptions, output: Output): Promise<number> {
  const { policies: paths, statement, target, as } = options;
  if ((named === undefined) === (statement === undefined)) {
    throw new CliError(EXIT.usage, 'name a request, or a statement with --statement', {
      hint: 'chaperone policy explain ses_…:3',
    });
  }
  if (paths.length > 0) {
    if (named !== undefined)
      throw new CliError(EXIT.usage, '--policies judges a --statement; a record is with a gateway');
    const read = readPolicies(paths);
    if (read.problems.length === 0) return judge(read.policies, options, output);
    showProblems(read.problems, output);
    return EXIT.incomplete;
  }
  if (statement !== undefined && target === undefined)
    throw new CliError(EXIT.usage, '--statement needs --target as well');
  const json = named === undefined ? { statement, target, as: fieldsOf(as) } : requestOf(named);
  const api = ApiClient.find(options, process.env);
  const view = await api.call({ method: 'POST', path: '/v1/policies/explain', json, as: 'operator' }, viewSchema);
  if (output.json) output.writeJson({ ok: view.effect === 'permit', ...view });
  else show(view, output);
  return view.effect === 'permit' ? EXIT.ok : EXIT.failed;
}

const mask = z.object({ kind: z.enum(['redact', 'partial', 'hash', 'null']), class: z.string(), name: z.string() });
const viewSchema = z.object({
  effect: z.enum(['permit', 'deny']),
  code: z.string().default(''),
  reason: z.string().default(''),
  hint: z.string().default(''),
  rules: z.array(z.string()),
  obligations: z.array(z.string()),
  operations: z.array(
    z.object({
      name: z.string(),
      outcome: z.string(),
      facts: z.array(z.string()),
      rules: z.array(
        z.object({
          name: z.string(),
          effect: z.enum(['permit', 'deny']),
          result: z.enum(['matched', 'binds', 'not-matched', 'error']),
          why: z.string().default(''),
        }),
      ),
    }),
  ),
  results: z.array(z.array(z.object({ name: z.string(), mask: mask.exactOptional() })).nullable()),
  detectors: z.array(z.string()),
  target: z.string(),
  principal: z.string(),
  at: z.string(),
  text: z.string().optional(),
  recorded: z.string().optional(),
  analysis: z.enum(['recorded', 'catalogue', 'text', 'request']),
});

const ANALYSES = {
  recorded: 'by what the gateway found in it then',
  catalogue: 'by the database as a session last read it',
  text: 'by its text alone: no session has read the database yet',
  request: 'by what the gateway would read in it',
} as const;

function show(view: z.infer<typeof viewSchema>, output: Output): void {
  const { text, target, principal, at, recorded, analysis } = view;
  output.write(
    `${output.paint('dim', `${printable(target)} · ${printable(principal)} · ${printable(at)} · ${ANALYSES[analysis]}`)}\n`,
  );
  if (text !== undefined) output.write(`${printableLines(text.trim())}\n`);
  if (recorded !== undefined) output.write(`${output.paint('dim', `then: ${printable(recorded)}; now:`)}\n`);
  for (const line of explanationLines(view, output.paint)) output.write(`${line}\n`);
}

function requestOf(named: string): object {
  const [, session, exchange] = /^([A-Za-z0-9_-]{1,100}):(\d{1,9})$/.exec(named) ?? [];
  if (session !== undefined) return { session, exchange: Number(exchange) };
  if (/^[A-Za-z0-9_-]{1,100}$/.test(named)) return { approval: named };
  throw new CliError(EXIT.usage, `${printable(named)} is neither SESSION:EXCHANGE nor an approval`, {
    hint: '`chaperone sessions search` and `chaperone approvals` list them; a text goes after --statement, and --as says who asks.',
  });
}
