import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { classifyCommand } from './classify.ts';
import { EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { fromKubeconfigCommand } from './from-kubeconfig.ts';
import { deleteHostKeyCommand, hostKeysCommand } from './host-keys.ts';
import { listing } from './listing.ts';
import { processOutput } from './output.ts';
import { printable } from './printable.ts';
import { deleteClassCommand, showTargetCommand } from './target-classes.ts';
import { targetSchema } from './target-schema.ts';

const checkSchema = z.object({
  target: z.string(),
  ok: z.boolean(),
  steps: z.array(
    z.object({
      step: z.string(),
      status: z.enum(['ok', 'failed', 'skipped']),
      detail: z.string(),
      hint: z.string().optional(),
    }),
  ),
});

/** `chaperone targets`: what the gateway guards, and whether it gets in. */
export function targetsCommand(): Command {
  const command = new Command('targets')
    .summary('list targets, show what is classified in one, and check that the gateway reaches it')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chaperone targets\n  $ chaperone targets check demo\n  $ chaperone targets classify demo\n  $ chaperone targets show demo\n\nTargets are declared in YAML: see `chaperone apply --help`.\n',
    );
  command.addCommand(
    withGatewayOptions(new Command('list').description('Lists the targets; never their credentials.')).action(list),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(
      new Command('check').description(
        'Tries address, TLS and login of a target, and says what is wrong. Exits 1 where something is.',
      ),
    )
      .argument('<target>', 'its name')
      .action(check),
  );
  command.addCommand(classifyCommand());
  command.addCommand(fromKubeconfigCommand());
  command.addCommand(showTargetCommand());
  command.addCommand(deleteClassCommand());
  command.addCommand(hostKeysCommand());
  command.addCommand(deleteHostKeyCommand());
  return command;
}

async function list(options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const answer = await api.call({ path: '/v1/targets', as: 'operator' }, z.object({ targets: z.array(targetSchema) }));
  if (output.json) return output.writeJson(answer);
  if (answer.targets.length === 0) return output.say('There are no targets. Declare one and `chaperone apply` it.\n');
  type Target = z.infer<typeof targetSchema>;
  const columns = [
    { head: 'TARGET', text: ({ name }: Target) => name },
    { head: 'PROTOCOL', text: ({ protocol }: Target) => protocol },
    { head: 'ADDRESS', text: ({ address, database }: Target) => (database ? `${address}/${database}` : address) },
    { head: 'TLS', text: ({ tls }: Target) => tls },
    { head: 'RECORD', text: ({ recordMode }: Target) => recordMode },
    {
      head: 'CLASSIFIED',
      text: ({ classified }: Target) => classified.map(({ column }) => column).join(', '),
      most: 80,
    },
  ];
  output.write(listing(answer.targets, columns, output));
}

const MARKS = { ok: ['✓', 'green'], failed: ['✗', 'red'], skipped: ['–', 'dim'] } as const;

async function check(name: string, options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const path = `/v1/targets/${encodeURIComponent(name)}/check`;
  const result = await api.call({ method: 'POST', path, as: 'operator' }, checkSchema);
  process.exitCode = result.ok ? EXIT.ok : EXIT.failed;
  if (output.json) return output.writeJson(result);
  for (const { step, status, detail, hint } of result.steps) {
    const [mark, style] = MARKS[status];
    output.write(`${output.paint(style, mark)} ${step.padEnd(11)}${printable(detail)}\n`);
    if (hint) output.write(`  ${' '.repeat(11)}${output.paint('dim', printable(hint))}\n`);
  }
}
