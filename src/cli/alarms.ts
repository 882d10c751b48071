import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { listing, shortTime } from './listing.ts';
import { processOutput } from './output.ts';
import { printable } from './printable.ts';

const alarmSchema = z.object({
  id: z.string(),
  kind: z.enum(['rollback', 'split-view']),
  proven: z.boolean(),
  witness: z.string(),
  at: z.string(),
  ours: z.string(),
  theirs: z.string().optional(),
  theirSize: z.number().optional(),
  acknowledged: z.object({ at: z.string(), by: z.string() }).optional(),
});
type AlarmItem = z.infer<typeof alarmSchema>;
const statusSchema = z.object({ alarms: z.array(alarmSchema), stopped: z.boolean() });

const EXAMPLES = `
Examples:
  $ chaperone alarms                       # what witnesses hold against the log
  $ chaperone alarms acknowledge alm_…     # it was looked into: docs/operating/witness.md says how
`;

/** `chaperone alarms`: what witnesses found wrong with the log, and saying that it was looked into. */
export function alarmsCommand(): Command {
  const command = new Command('alarms').summary('what witnesses hold against the log').addHelpText('after', EXAMPLES);
  command.addCommand(
    withGatewayOptions(new Command('list').description('Lists the alarms of witnesses, the newest first.'))
      .option('--open', 'those alone that nobody has looked into')
      .action(list),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(
      new Command('acknowledge').description(
        'Says that an alarm was looked into. It stays in the list and in the log, and keeps nobody out any more.',
      ),
    )
      .argument('<alarm>', 'its id')
      .action(acknowledge),
  );
  return command;
}

async function list(options: GatewayOptions & { readonly open?: boolean }): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const { alarms: all, stopped } = await api.call({ path: '/v1/log', as: 'operator' }, statusSchema);
  const alarms = all.filter(({ acknowledged }) => options.open !== true || acknowledged === undefined).toReversed();
  if (output.json) return output.writeJson({ alarms, stopped });
  if (alarms.length === 0) {
    return output.say(
      all.length === 0 ? 'No witness holds anything against the log.\n' : 'Every alarm was looked into.\n',
    );
  }
  output.write(listing(alarms, COLUMNS, output));
  if (stopped) {
    const text = 'Nobody new is let in before the proven ones were looked into: chaperone alarms acknowledge ID\n';
    output.say(output.paintSaid('red', text));
  }
}

async function acknowledge(alarm: string, options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const path = `/v1/log/alarms/${encodeURIComponent(alarm)}/acknowledge`;
  const answered = z.object({ alarm: z.string(), acknowledged: z.literal(true) });
  const answer = await api.call({ method: 'POST', path, as: 'operator' }, answered);
  if (output.json) return output.writeJson(answer);
  output.write(`${printable(answer.alarm)} was looked into.\n`);
}

const COLUMNS = [
  { head: 'ID', text: ({ id }: AlarmItem) => id },
  { head: 'AT (UTC)', text: ({ at }: AlarmItem) => shortTime(at) },
  {
    head: 'STATE',
    text: stateOf,
    paint: (item: AlarmItem) => (item.acknowledged === undefined ? ('red' as const) : ('dim' as const)),
  },
  { head: 'WITNESS', text: ({ witness }: AlarmItem) => witness, most: 40 },
  { head: 'SAYS', text: wordsOf },
];

function stateOf({ acknowledged }: AlarmItem): string {
  return acknowledged === undefined ? 'open' : `looked into ${shortTime(acknowledged.at)} by ${acknowledged.by}`;
}

function wordsOf({ kind, proven, theirSize }: AlarmItem): string {
  const seen = theirSize === undefined ? '' : ` (${theirSize})`;
  const what =
    kind === 'rollback'
      ? `it has seen more entries of the log${seen} than there are: the log was rolled back, or is run twice`
      : 'it has seen another log under this name: the history was changed, or there are two';
  return `${what}; ${proven ? 'proven by our own signature' : 'it shows no proof'}`;
}
