import { Command } from 'commander';
import { z } from 'zod';
import { budgetWords } from '../policy/budget-words.ts';
import { ApiClient } from './api-client.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { listing, shortTime } from './listing.ts';
import { processOutput } from './output.ts';

export const budgetSchema = z.object({
  id: z.string(),
  rule: z.string(),
  measure: z.enum(['rowsRead', 'rowsChanged', 'bytes', 'statements', 'tables']),
  per: z.enum(['run', 'target']),
  run: z.string().optional(),
  target: z.string().optional(),
  withinMs: z.number().optional(),
  spent: z.number(),
  most: z.number(),
  granted: z.number(),
  updatedAt: z.string(),
});
export const budgetsSchema = z.object({ budgets: z.array(budgetSchema) });

export type BudgetItem = z.infer<typeof budgetSchema>;

/** `chaperone budgets`: what was spent of what rules allow, and beginning one anew. */
export function budgetsCommand(): Command {
  const command = new Command('budgets')
    .summary('list what was spent of budgets, and reset one')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chaperone budgets --run run_…\n  $ chaperone budgets reset bgt_…      # begins it anew, in every gateway\n',
    );
  command.addCommand(
    withGatewayOptions(new Command('list').description('Lists budgets, those used last first.'))
      .option('--run <id>', 'of one run, and of the targets that it was in')
      .option('--target <name>', 'that all runs in a target share')
      .action(list),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(new Command('reset').description('Begins a budget anew, at once and in every gateway.'))
      .argument('<budget>', 'its id')
      .action(reset),
  );
  return command;
}

async function list(options: GatewayOptions & { readonly run?: string; readonly target?: string }): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const query = { run: options.run, target: options.target, limit: 1000 };
  const answer = await api.call({ path: '/v1/budgets', query, as: 'operator' }, budgetsSchema);
  if (output.json) return output.writeJson(answer);
  if (answer.budgets.length === 0) return output.say('Nothing was spent of any budget.\n');
  output.write(listing(answer.budgets, BUDGET_COLUMNS, output));
}

async function reset(budget: string, options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const path = `/v1/budgets/${encodeURIComponent(budget)}`;
  const answered = z.object({ budget: z.string(), reset: z.boolean() });
  const answer = await api.call({ method: 'DELETE', path, as: 'operator' }, answered);
  if (output.json) return output.writeJson(answer);
  output.write(`${answer.budget} begins anew.\n`);
}

const isUsedUp = ({ spent, most, granted }: BudgetItem): boolean => spent >= most + granted;

/** How a budget shows in a list. */
export const BUDGET_COLUMNS = [
  { head: 'SPENT', text: spentWords, paint: (one: BudgetItem) => (isUsedUp(one) ? ('red' as const) : undefined) },
  {
    head: 'BUDGET',
    text: ({ withinMs, ...one }: BudgetItem) => budgetWords({ ...one, ...(withinMs && { withinMs }) }),
  },
  { head: 'OF', text: ({ run, target }: BudgetItem) => run ?? target ?? '' },
  { head: 'RULE', text: ({ rule }: BudgetItem) => rule, most: 50 },
  { head: 'USED LAST (UTC)', text: ({ updatedAt }: BudgetItem) => shortTime(updatedAt) },
  { head: 'ID', text: ({ id }: BudgetItem) => id },
];

function spentWords({ spent, most, granted }: BudgetItem): string {
  return `${spent} of ${most + granted}`;
}
