import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { listing, shortTime } from './listing.ts';
import { processOutput } from './output.ts';
import { printable } from './printable.ts';

const exportSchema = z.object({
  name: z.string(),
  kind: z.string(),
  format: z.string(),
  people: z.boolean(),
  statements: z.boolean(),
  state: z.enum(['ok', 'failing', 'off']),
  index: z.number(),
  behind: z.number(),
  behindMs: z.number(),
  delivered: z.number(),
  aside: z.number(),
  lastDeliveredAt: z.string().optional(),
  lastFault: z.string().optional(),
  nextTryAt: z.string().optional(),
});

type ExportItem = z.infer<typeof exportSchema>;

/** `chaperone export`: where the record goes besides the log, and how far it has come. */
export function exportCommand(): Command {
  const command = new Command('export')
    .summary('see how exports of the record fare, and send one again')
    .addHelpText(
      'after',
      '\nExamples:\n  $ chaperone export status\n  $ chaperone export replay siem --from 1200\n\nExports are declared in YAML: docs/operating/export.md\n',
    );
  command.addCommand(
    withGatewayOptions(
      new Command('status').description('Lists exports and how far each has come. Exits 1 where one is failing.'),
    ).action(status),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(
      new Command('replay').description(
        'Sends all events from an entry of the log on once more; receivers know them by their ids.',
      ),
    )
      .argument('<export>', 'its name')
      .requiredOption('--from <entry>', 'the number of an entry of the log; 0 for all', entryNumber)
      .action(replay),
  );
  return command;
}

const STYLES = { ok: 'green', failing: 'red', off: 'dim' } as const;

async function status(options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const schema = z.object({ gateway: z.string(), exports: z.array(exportSchema) });
  const answer = await api.call({ path: '/v1/exports', as: 'operator' }, schema);
  if (answer.exports.some(({ state }) => state === 'failing')) process.exitCode = EXIT.failed;
  if (output.json) return output.writeJson(answer);
  if (answer.exports.length === 0) return output.say('There are no exports. Declare one and `chaperone apply` it.\n');
  const columns = [
    { head: 'EXPORT', text: ({ name }: ExportItem) => name },
    { head: 'KIND', text: ({ kind }: ExportItem) => kind },
    { head: 'FORMAT', text: ({ format }: ExportItem) => format },
    { head: 'STATE', text: ({ state }: ExportItem) => state, paint: ({ state }: ExportItem) => STYLES[state] },
    { head: 'DELIVERED', text: ({ delivered }: ExportItem) => String(delivered) },
    {
      head: 'BEHIND',
      text: ({ behind, behindMs }: ExportItem) => (behind === 0 ? '0' : `${behind} (${seconds(behindMs)})`),
    },
    { head: 'ASIDE', text: ({ aside }: ExportItem) => String(aside) },
    {
      head: 'LAST (UTC)',
      text: ({ lastDeliveredAt }: ExportItem) => (lastDeliveredAt ? shortTime(lastDeliveredAt) : ''),
    },
    { head: 'FAULT', text: ({ lastFault }: ExportItem) => lastFault ?? '', most: 60 },
  ];
  output.write(listing(answer.exports, columns, output));
}

async function replay(name: string, { from, ...options }: GatewayOptions & { readonly from: number }): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const path = `/v1/exports/${encodeURIComponent(name)}/replay`;
  const schema = z.object({ name: z.string(), from: z.number() });
  const answer = await api.call({ method: 'POST', path, json: { from }, as: 'operator' }, schema);
  if (output.json) return output.writeJson(answer);
  output.write(`${printable(answer.name)} sends everything from entry ${answer.from} on again.\n`);
}

function seconds(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

function entryNumber(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new InvalidArgumentError('Not the number of an entry.');
  return number;
}
