import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { type ErasureItem, erasureSchema } from './erase.ts';
import { listing, shortTime } from './listing.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';

const planSchema = z.object({
  at: z.string(),
  rules: z.array(
    z.looseObject({
      name: z.string(),
      eraseAfterDays: z.number().optional(),
      keepAtLeastDays: z.number().optional(),
      erases: z.number(),
      holds: z.number(),
    }),
  ),
  due: z.array(
    z.object({
      run: z.string(),
      closedAt: z.string(),
      eraseAt: z.string(),
      rule: z.string(),
      keptBy: z.string().optional(),
      hold: z.string().optional(),
    }),
  ),
  more: z.boolean(),
  kept: z.number(),
});
type Plan = z.infer<typeof planSchema>;

const sweepSchema = z.object({
  id: z.string(),
  at: z.string(),
  gateway: z.string(),
  erased: z.record(z.string(), z.number()),
  held: z.number(),
  kept: z.number(),
});

/** `chaperone retention`: what the rules would erase, doing it now, and what was erased. */
export function retentionCommand(): Command {
  const command = new Command('retention')
    .summary('what retention rules erase, and what was erased')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ chaperone retention plan         # what would be erased now; changes nothing\n' +
        '  $ chaperone retention sweep        # as every night\n' +
        '  $ chaperone retention erasures --state pending\n',
    );
  command.addCommand(
    withGatewayOptions(
      new Command('plan').description('Shows what the rules would erase now. Changes nothing.'),
    ).action(plan),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(new Command('sweep').description('Applies the rules now, as every day at their hour.')).action(
      sweep,
    ),
  );
  command.addCommand(
    withGatewayOptions(new Command('erasures').description('Lists erasures, newest first.'))
      .option('--state <state>', 'pending, ordered or done')
      .action(erasures),
  );
  return command;
}

async function plan(options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const answer = await api.call({ path: '/v1/retention/plan', as: 'operator' }, planSchema);
  if (output.json) return output.writeJson(answer);
  showPlan(answer, output);
}

function showPlan({ rules, due, more, kept }: Plan, output: Output): void {
  if (rules.length === 0) return output.say('There is no retention rule: everything is kept.\n');
  output.write(listing(rules, RULE_COLUMNS, output));
  if (due.length > 0) output.write(`\n${listing(due.slice(0, SHOWN), DUE_COLUMNS, output)}`);
  if (due.length > SHOWN || more) output.say(`and ${more ? 'many' : due.length - SHOWN} more (--json shows them)\n`);
  output.say(`${kept} closed runs are kept.\n`);
}

const SHOWN = 50;

async function sweep(options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const call = { method: 'POST', path: '/v1/retention/sweep', as: 'operator', deadlineMs: 600_000 } as const;
  const answer = await api.call(call, sweepSchema);
  if (output.json) return output.writeJson(answer);
  const erased = Object.entries(answer.erased);
  for (const [rule, count] of erased)
    output.write(`${printable(rule)}: ${count} ${count === 1 ? 'run' : 'runs'} erased\n`);
  if (erased.length === 0) output.write('Nothing was due.\n');
  if (answer.held > 0) output.write(`${answer.held} due and under a hold\n`);
}

async function erasures(options: GatewayOptions & { readonly state?: string }): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const listed = z.object({ items: z.array(erasureSchema), next: z.string().optional() });
  const query = { state: options.state, limit: 1000 };
  const answer = await api.call({ path: '/v1/erasures', query, as: 'operator' }, listed);
  if (output.json) return output.writeJson(answer);
  if (answer.items.length === 0) return output.say('Nothing was erased.\n');
  output.write(listing(answer.items, ERASURE_COLUMNS, output));
}

const days = (count: number | undefined): string => (count === undefined ? '' : `${count} d`);

const RULE_COLUMNS = [
  { head: 'RULE', text: ({ name }: Plan['rules'][number]) => name },
  { head: 'ERASE AFTER', text: ({ eraseAfterDays }: Plan['rules'][number]) => days(eraseAfterDays) },
  { head: 'KEEP AT LEAST', text: ({ keepAtLeastDays }: Plan['rules'][number]) => days(keepAtLeastDays) },
  { head: 'ERASES NOW', text: ({ erases }: Plan['rules'][number]) => String(erases) },
  { head: 'HELD', text: ({ holds }: Plan['rules'][number]) => String(holds) },
];

const DUE_COLUMNS = [
  { head: 'RUN', text: ({ run }: Plan['due'][number]) => run },
  { head: 'ENDED (UTC)', text: ({ closedAt }: Plan['due'][number]) => shortTime(closedAt) },
  { head: 'RULE', text: ({ rule }: Plan['due'][number]) => rule },
  { head: 'HOLD', text: ({ hold }: Plan['due'][number]) => hold ?? '' },
];

const ERASURE_COLUMNS = [
  { head: 'RUN', text: ({ run }: ErasureItem) => run },
  { head: 'STATE', text: ({ state }: ErasureItem) => state },
  { head: 'WHY', text: ({ reason, rule }: ErasureItem) => (rule === undefined ? reason : `rule ${rule}`), most: 40 },
  { head: 'BY', text: ({ by }: ErasureItem) => by.name ?? by.id, most: 30 },
  { head: 'ASKED (UTC)', text: ({ askedAt }: ErasureItem) => shortTime(askedAt) },
  { head: 'HOLD', text: ({ hold }: ErasureItem) => hold ?? '' },
  {
    head: 'GATEWAYS',
    text: ({ gateways }: ErasureItem) => gateways.map(({ gateway, state }) => `${gateway} ${state}`).join(', '),
    most: 80,
  },
];
