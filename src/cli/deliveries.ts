import { Command, Option } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { listing, shortTime } from './listing.ts';
import { processOutput } from './output.ts';
import { printable } from './printable.ts';

const deliverySchema = z.object({
  id: z.string(),
  channel: z.string(),
  event: z.string(),
  approval: z.string().optional(),
  state: z.enum(['waiting', 'delivered', 'dead']),
  attempts: z.number(),
  nextAt: z.string().optional(),
  createdAt: z.string(),
  lastFault: z.string().optional(),
});

type DeliveryItem = z.infer<typeof deliverySchema>;

interface ListOptions extends GatewayOptions {
  readonly state?: string;
  readonly channel?: string;
}

/** `chaperone deliveries`: what was told of approvals, and the dead-letter list. */
export function deliveriesCommand(): Command {
  const command = new Command('deliveries')
    .summary('list what was sent through channels, and try a dead one again')
    .addHelpText('after', '\nExamples:\n  $ chaperone deliveries --state dead\n  $ chaperone deliveries retry dlv_…\n');
  command.addCommand(
    withGatewayOptions(new Command('list').description('Lists the newest deliveries.'))
      .addOption(new Option('--state <state>', 'in this state').choices(['waiting', 'delivered', 'dead']))
      .option('--channel <name>', 'of one channel')
      .action(list),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(new Command('retry').description('Tries a dead delivery again, with all its attempts.'))
      .argument('<delivery>', 'its id')
      .action(retry),
  );
  return command;
}

const STYLES = { waiting: 'yellow', delivered: 'green', dead: 'red' } as const;

async function list({ state, channel, ...options }: ListOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const schema = z.object({ items: z.array(deliverySchema), next: z.string().optional() });
  const answer = await api.call({ path: '/v1/deliveries', query: { state, channel }, as: 'operator' }, schema);
  if (output.json) return output.writeJson(answer);
  if (answer.items.length === 0) return output.say('There are no deliveries.\n');
  const columns = [
    { head: 'DELIVERY', text: ({ id }: DeliveryItem) => id },
    { head: 'CHANNEL', text: (item: DeliveryItem) => item.channel },
    { head: 'EVENT', text: ({ event }: DeliveryItem) => event },
    { head: 'APPROVAL', text: ({ approval }: DeliveryItem) => approval ?? '' },
    { head: 'STATE', text: (item: DeliveryItem) => item.state, paint: (item: DeliveryItem) => STYLES[item.state] },
    { head: 'TRIED', text: ({ attempts }: DeliveryItem) => String(attempts) },
    { head: 'FILED (UTC)', text: ({ createdAt }: DeliveryItem) => shortTime(createdAt) },
    { head: 'LAST FAULT', text: ({ lastFault }: DeliveryItem) => lastFault ?? '', most: 60 },
  ];
  output.write(listing(answer.items, columns, output));
}

async function retry(id: string, options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const path = `/v1/deliveries/${encodeURIComponent(id)}/retry`;
  const answer = await api.call({ method: 'POST', path, as: 'operator' }, z.object({ id: z.string() }));
  if (output.json) return output.writeJson(answer);
  output.write(`${printable(answer.id)} is tried again.\n`);
}
