import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { listing, shortTime } from './listing.ts';
import { type Output, processOutput } from './output.ts';
import { printable } from './printable.ts';

const keySchema = z.object({
  vkey: z.string(),
  state: z.enum(['signs', 'next', 'signs-beside', 'retired']),
  until: z.string().optional(),
});
const statementSchema = z.object({
  statementKey: z.string(),
  statementKeyId: z.string(),
  statementSigning: z.object({ place: z.string(), fault: z.string().optional() }),
  oldStatementKeys: z.array(z.object({ keyId: z.string(), publicKey: z.string(), at: z.string() })),
});
const statusSchema = z.object({
  origin: z.string(),
  keys: z.array(keySchema),
  signing: z.object({ place: z.string(), durable: z.number(), signed: z.number(), fault: z.string().optional() }),
});

type KeyItem = z.infer<typeof keySchema>;
interface StatementItem {
  readonly keyId: string;
  readonly state: 'signs' | 'retired';
  readonly at?: string;
}

const EXAMPLES = `
Examples:
  $ chaperone keys                                  # what auditors and witnesses need
  $ chaperone keys rotate log                       # the old key signs along for a week
  $ chaperone keys rotate log --overlap-days 0      # at once: the old one is not trusted any more
  $ chaperone keys rotate statement > statement.pem # what is signed from now on, is signed by this one
`;

/** `chaperone keys`: with which keys the log and the statements of evidence are signed, and new ones for them. */
export function keysCommand(): Command {
  const command = new Command('keys')
    .summary('the keys that sign the log and statements, and new ones')
    .addHelpText('after', EXAMPLES);
  command.addCommand(
    withGatewayOptions(
      new Command('list').description(
        'Lists the verifier keys of the log and the ids of the keys of statements, the newest first. With --json their\n' +
          'public keys too: what auditors need.',
      ),
    ).action(list),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(
      new Command('rotate').description(
        'Gives the log, or statements, a new key. The log says so; what was signed before stays as good as it was.\n' +
          'A key that Vault or a KMS keeps is changed in the configuration (log.key, evidence.key): docs/operating/keys.md',
      ),
    )
      .argument('<which>', 'log or statement', which)
      .option(
        '--overlap-days <days>',
        'of log: for so long the old key signs along, for those who know it alone (default: 7)',
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
  const statements = await api.call({ path: '/v1/evidence/keys', as: 'operator' }, statementSchema);
  if (output.json) return output.writeJson({ origin, keys, signing, ...statements });
  const style = { signs: 'green', next: 'yellow', 'signs-beside': 'dim', retired: 'dim' } as const;
  const columns = [
    { head: 'STATE', text: ({ state }: KeyItem) => state, paint: ({ state }: KeyItem) => style[state] },
    { head: 'UNTIL (UTC)', text: ({ until }: KeyItem) => (until === undefined ? '' : shortTime(until)) },
    { head: 'VERIFIER KEY', text: ({ vkey }: KeyItem) => vkey },
  ];
  output.write(listing(keys, columns, output));
  if (signing.fault !== undefined)
    output.say(`The newest ${signing.durable - signing.signed} entries are not signed: ${printable(signing.fault)}\n`);
  listStatements(statements, output);
}

function listStatements(
  { statementKeyId, statementSigning, oldStatementKeys }: z.infer<typeof statementSchema>,
  output: Output,
): void {
  const items: StatementItem[] = [
    { keyId: statementKeyId, state: 'signs' },
    ...oldStatementKeys.toReversed().map(({ keyId, at }) => ({ keyId, at, state: 'retired' as const })),
  ];
  const style = { signs: 'green', retired: 'dim' } as const;
  const columns = [
    { head: 'STATE', text: ({ state }: StatementItem) => state, paint: ({ state }: StatementItem) => style[state] },
    { head: 'UNTIL (UTC)', text: ({ at }: StatementItem) => (at === undefined ? '' : shortTime(at)) },
    { head: 'KEY OF STATEMENTS (SHA-256)', text: ({ keyId }: StatementItem) => keyId },
  ];
  output.write(`\n${listing(items, columns, output)}`);
  if (statementSigning.fault !== undefined) output.say(`${printable(statementSigning.fault)}\n`);
}

async function rotate(
  which: 'log' | 'statement',
  options: GatewayOptions & { readonly overlapDays?: number },
): Promise<void> {
  if (which === 'statement') return rotateStatement(options);
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

async function rotateStatement(options: GatewayOptions & { readonly overlapDays?: number }): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  if (options.overlapDays !== undefined)
    throw new CliError(
      EXIT.usage,
      'A key of statements signs nothing beside its successor: --overlap-days is for `log`',
    );
  const api = ApiClient.find(options, process.env);
  const answer = await api.call(
    { method: 'POST', path: '/v1/log/keys', json: { what: 'statement' }, as: 'operator' },
    z.object({ keyId: z.string(), publicKey: z.string() }),
  );
  if (output.json) return output.writeJson(answer);
  output.write(answer.publicKey);
  output.say(
    'Statements are signed with this key from now on. Auditors add it to the file of those that they have (--statement-key),\n' +
      'and keep the others: evidence that was made before verifies with the key of its time.\n',
  );
}

function which(text: string): 'log' | 'statement' {
  if (text === 'log' || text === 'statement') return text;
  throw new InvalidArgumentError('The keys that can be rotated are `log` and `statement`.');
}

function days(text: string): number {
  const value = Number(text);
  if (/^\d{1,3}$/.test(text) && value <= 366) return value;
  throw new InvalidArgumentError('A number of days from 0 to 366.');
}
