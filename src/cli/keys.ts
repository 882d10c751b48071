import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { listing, shortTime } from './listing.ts';
import { processOutput } from './output.ts';

const keySchema = z.object({
  vkey: z.string(),
  state: z.enum(['signs', 'next', 'signs-beside', 'retired']),
  until: z.string().optional(),
});
const statusSchema = z.object({
  origin: z.string(),
  keys: z.array(keySchema),
  signing: z.object({ place: z.string(), durable: z.number(), signed: z.number(), fault: z.string().optional() }),
});

type KeyItem = z.infer<typeof keySchema>;

const EXAMPLES = `
Examples:
  $ chaperone keys                                  # what auditors and witnesses need
  $ chaperone keys rotate log                       # the old key signs along for a week
  $ chaperone keys rotate log --overlap-days 0      # at once: the old one is not trusted any more
`;

/** `chaperone keys`: with which keys the log is signed, and a new one for it. */
export function keysCommand(): Command {
  const command = new Command('keys')
    .summary('the keys that sign the log, and a new one')
    .addHelpText('after', EXAMPLES);
  command.addCommand(
    withGatewayOptions(
      new Command('list').description(
        'Lists the verifier keys of the log, the newest first: what auditors and witnesses need.',
      ),
    ).action(list),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(
      new Command('rotate').description(
        'Gives the log a new key. The log says so, under both keys; what was signed before stays as good as it was.\n' +
          'A key that Vault or a KMS keeps is changed in the configuration (log.key): docs/operating/keys.md',
      ),
    )
      .argument('<which>', 'log', which)
      .option(
        '--overlap-days <days>',
        'for so long the old key signs along, for those who know it alone (default: 7)',
        days,
      )
      .action(rotate),
  );
  return command;
}

async function list(options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const { keys, signing, origin } = await api.call({ path: '/v1/log', as: 'operator' }, statusSchema);
  if (output.json) return output.writeJson({ origin, keys, signing });
  const style = { signs: 'green', next: 'yellow', 'signs-beside': 'dim', retired: 'dim' } as const;
  const columns = [
    { head: 'STATE', text: ({ state }: KeyItem) => state, paint: ({ state }: KeyItem) => style[state] },
    { head: 'UNTIL (UTC)', text: ({ until }: KeyItem) => (until === undefined ? '' : shortTime(until)) },
    { head: 'VERIFIER KEY', text: ({ vkey }: KeyItem) => vkey },
  ];
  output.write(listing(keys, columns, output));
  if (signing.fault !== undefined)
    output.say(`The newest ${signing.durable - signing.signed} entries are not signed: ${signing.fault}\n`);
}

async function rotate(_which: string, options: GatewayOptions & { readonly overlapDays?: number }): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const { overlapDays } = options;
  const answer = await api.call(
    { method: 'POST', path: '/v1/log/keys', json: overlapDays === undefined ? {} : { overlapDays }, as: 'operator' },
    z.object({ vkey: z.string() }),
  );
  if (output.json) return output.writeJson(answer);
  output.write(`${answer.vkey}\n`);
  output.say(
    'The log is signed with this key from now on. Give it to witnesses and auditors, beside the one that they have.\n',
  );
}

function which(text: string): string {
  if (text === 'log') return text;
  throw new InvalidArgumentError('The key that can be rotated is `log`.');
}

function days(text: string): number {
  const value = Number(text);
  if (/^\d{1,3}$/.test(text) && value <= 366) return value;
  throw new InvalidArgumentError('A number of days from 0 to 366.');
}
