import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, parseTime, withGatewayOptions } from './common-options.ts';
import { whoSchema } from './erase.ts';
import { listing, shortTime } from './listing.ts';
import { processOutput } from './output.ts';
import { printable } from './printable.ts';

const holdSchema = z.object({
  id: z.string(),
  run: z.string().optional(),
  repository: z.string().optional(),
  target: z.string().optional(),
  since: z.string().optional(),
  until: z.string().optional(),
  reason: z.string(),
  placedBy: whoSchema,
  placedAt: z.string(),
  lifted: z.object({ by: whoSchema, at: z.string(), because: z.string() }).optional(),
});
type HoldItem = z.infer<typeof holdSchema>;

interface PlaceOptions extends GatewayOptions {
  readonly reason: string;
  readonly run?: string;
  readonly repository?: string;
  readonly target?: string;
  readonly since?: string;
  readonly until?: string;
}

/** `chaperone holds`: what may not be erased, whoever asks and whatever a rule says. */
export function holdsCommand(): Command {
  const command = new Command('holds')
    .summary('list, place and lift legal holds')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  $ chaperone holds place --target billing --since 2026-01-01 --reason "litigation 12"\n' +
        '  $ chaperone holds lift hld_… --reason settled\n',
    );
  command.addCommand(
    withGatewayOptions(new Command('list').description('Lists holds in force, newest first.'))
      .option('--lifted', 'also those that were lifted')
      .action(list),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(
      new Command('place').description('Places a hold on runs that meet all that is named; at least one is.'),
    )
      .requiredOption('--reason <text>', 'why; stays in the store, never in the log')
      .option('--run <id>', 'one run')
      .option('--repository <name>', 'runs of a repository, by its id or its address')
      .option('--target <name>', 'runs that were in a target')
      .option('--since <time>', 'runs that were open then or later: a date, an RFC 3339 time, or 30d')
      .option('--until <time>', 'runs that were opened then or before')
      .action(place),
  );
  command.addCommand(
    withGatewayOptions(new Command('lift').description('Lifts a hold; erasures that waited for it are done.'))
      .argument('<hold>', 'its id')
      .requiredOption('--reason <text>', 'why')
      .action(lift),
  );
  return command;
}

async function list(options: GatewayOptions & { readonly lifted?: boolean }): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const query = { limit: 1000, ...(options.lifted ? { lifted: 'true' } : {}) };
  const listed = z.object({ holds: z.array(holdSchema) });
  const api = ApiClient.find(options, process.env);
  const answer = await api.call({ path: '/v1/holds', query, as: 'operator' }, listed);
  if (output.json) return output.writeJson(answer);
  if (answer.holds.length === 0) return output.say('Nothing is under a hold.\n');
  output.write(listing(answer.holds, COLUMNS, output));
}

async function place({ reason, run, repository, target, ...options }: PlaceOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const times = { since: timeOf(options.since), until: timeOf(options.until) };
  const json = { reason, run, repository, target, ...times };
  const placed = z.object({ hold: holdSchema, tooLate: z.array(z.string()) });
  const answer = await api.call({ method: 'POST', path: '/v1/holds', json, as: 'operator' }, placed);
  if (output.json) return output.writeJson(answer);
  output.write(`${answer.hold.id} keeps ${printable(scopeWords(answer.hold))}.\n`);
  if (answer.tooLate.length > 0) {
    output.say(
      output.paintSaid('yellow', `Their bodies are gone already: ${answer.tooLate.map(printable).join(', ')}\n`),
    );
  }
}

async function lift(hold: string, options: GatewayOptions & { readonly reason: string }): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const path = `/v1/holds/${encodeURIComponent(hold)}`;
  const json = { reason: options.reason };
  const api = ApiClient.find(options, process.env);
  const answer = await api.call({ method: 'DELETE', path, json, as: 'operator' }, holdSchema);
  if (output.json) return output.writeJson(answer);
  output.write(`${answer.id} is lifted.\n`);
}

const COLUMNS = [
  { head: 'ID', text: ({ id }: HoldItem) => id },
  { head: 'KEEPS', text: scopeWords, most: 80 },
  { head: 'REASON', text: ({ reason }: HoldItem) => reason, most: 50 },
  { head: 'BY', text: ({ placedBy }: HoldItem) => placedBy.name ?? placedBy.id, most: 30 },
  { head: 'SINCE (UTC)', text: ({ placedAt }: HoldItem) => shortTime(placedAt) },
  { head: 'LIFTED (UTC)', text: ({ lifted }: HoldItem) => (lifted ? shortTime(lifted.at) : '') },
];

function scopeWords({ run, repository, target, since, until }: HoldItem): string {
  const parts = [
    run ?? 'runs',
    ...(repository === undefined ? [] : [`of ${repository}`]),
    ...(target === undefined ? [] : [`in ${target}`]),
    ...(since === undefined ? [] : [`from ${shortTime(since)}`]),
    ...(until === undefined ? [] : [`until ${shortTime(until)}`]),
  ];
  return parts.join(' ');
}

function timeOf(text: string | undefined): string | undefined {
  const time = text === undefined ? undefined : parseTime(text, Date.now());
  if (text === undefined || time !== undefined) return time;
  throw new CliError(EXIT.usage, `${printable(text)} is no time`, {
    hint: 'Write 2026-01-31, 2026-01-31T10:00Z or 30d.',
  });
}
