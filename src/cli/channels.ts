import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { listing, shortTime } from './listing.ts';
import { processOutput } from './output.ts';
import { printable } from './printable.ts';

const channelSchema = z.object({
  name: z.string(),
  kind: z.string(),
  groups: z.array(z.string()),
  state: z.enum(['ok', 'failing', 'off']),
  lastDeliveredAt: z.string().optional(),
  lastFault: z.string().optional(),
  waiting: z.number(),
  dead: z.number(),
});
const testSchema = z.object({ channel: z.string(), ok: z.boolean(), detail: z.string() });

type ChannelItem = z.infer<typeof channelSchema>;

/** `chaperone channels`: how people are told of approvals, and whether that works. */
export function channelsCommand(): Command {
  const command = new Command('channels')
    .summary('list the channels of approvals, and test one')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chaperone channels\n  $ chaperone channels test dba-slack\n\nChannels are declared in YAML: docs/operating/approvals-channels.md\n',
    );
  command.addCommand(
    withGatewayOptions(new Command('list').description('Lists the channels; never their secrets.')).action(list),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(
      new Command('test').description('Sends a message that says it is a test. Exits 1 where it does not arrive.'),
    )
      .argument('<channel>', 'its name')
      .action(test),
  );
  return command;
}

const STYLES = { ok: 'green', failing: 'red', off: 'dim' } as const;

async function list(options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const schema = z.object({ channels: z.array(channelSchema) });
  const answer = await api.call({ path: '/v1/channels', as: 'operator' }, schema);
  if (output.json) return output.writeJson(answer);
  if (answer.channels.length === 0) return output.say('There are no channels. Declare one and `chaperone apply` it.\n');
  const columns = [
    { head: 'CHANNEL', text: ({ name }: ChannelItem) => name },
    { head: 'KIND', text: ({ kind }: ChannelItem) => kind },
    { head: 'STATE', text: ({ state }: ChannelItem) => state, paint: ({ state }: ChannelItem) => STYLES[state] },
    { head: 'GROUPS', text: ({ groups }: ChannelItem) => groups.join(', ') || 'all', most: 40 },
    { head: 'WAITING', text: ({ waiting }: ChannelItem) => String(waiting) },
    { head: 'DEAD', text: ({ dead }: ChannelItem) => String(dead) },
    {
      head: 'DELIVERED (UTC)',
      text: ({ lastDeliveredAt }: ChannelItem) => (lastDeliveredAt ? shortTime(lastDeliveredAt) : 'never'),
    },
    { head: 'LAST FAULT', text: ({ lastFault }: ChannelItem) => lastFault ?? '', most: 60 },
  ];
  output.write(listing(answer.channels, columns, output));
}

async function test(name: string, options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const path = `/v1/channels/${encodeURIComponent(name)}/test`;
  const result = await api.call({ method: 'POST', path, as: 'operator' }, testSchema);
  process.exitCode = result.ok ? EXIT.ok : EXIT.failed;
  if (output.json) return output.writeJson(result);
  const mark = result.ok ? output.paint('green', 'sent to') : output.paint('red', 'failed:');
  output.write(`${printable(result.channel)}: ${mark} ${printable(result.detail)}\n`);
}
