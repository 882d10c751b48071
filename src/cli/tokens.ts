import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { listing, shortTime } from './listing.ts';
import { processOutput } from './output.ts';
import { printable } from './printable.ts';

const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(['admin', 'auditor']).optional(),
  scopes: z.array(z.string()),
  person: z.string().optional(),
  createdAt: z.string(),
  expiresAt: z.string().optional(),
  state: z.enum(['active', 'expired', 'revoked']),
});

type TokenItem = z.infer<typeof tokenSchema>;

interface CreateOptions extends GatewayOptions {
  readonly role: 'admin' | 'auditor';
  readonly expires: string;
  readonly output?: string;
}

const EXAMPLES = `
Examples:
  $ chaperone tokens create ada --role admin --output ada.token   # then CHAPERONE_TOKEN_FILE=ada.token
  $ chaperone tokens create nightly-report --role auditor --expires 30d
  $ chaperone tokens revoke opt_…                                 # good for nothing at once, in every gateway
`;

/** `chaperone tokens`: who may look after the gateway, and the end of that. */
export function tokensCommand(): Command {
  const command = new Command('tokens')
    .summary('make, list and revoke operator tokens')
    .description('Operator tokens are for people and pipelines that look after the gateway. CI jobs need none.')
    .addHelpText('after', EXAMPLES);
  command.addCommand(
    withGatewayOptions(new Command('list').description('Lists the tokens, oldest first; never the tokens themselves.'))
      .option('--all', 'expired and revoked ones as well')
      .action(list),
    { isDefault: true },
  );
  command.addCommand(
    withGatewayOptions(new Command('create').description('Makes a token and shows it, once.'))
      .argument('<name>', 'whose it is; stands in the record of whatever is done with it')
      .addOption(
        new Option('--role <role>', 'an auditor may look and not change')
          .choices(['admin', 'auditor'])
          .default('auditor'),
      )
      .option('--expires <when>', '`90d`, `12h`, a date, or `never`', '90d')
      .option('--output <file>', 'write it into a new file, mode 0600, and do not show it')
      .action(create),
  );
  command.addCommand(
    withGatewayOptions(new Command('revoke').description('Revokes a token at once, in every gateway.'))
      .argument('<id>', 'its id, opt_…')
      .action(revoke),
  );
  return command;
}

async function list(options: GatewayOptions & { readonly all?: boolean }): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const answer = await api.call(
    { path: '/v1/operator-tokens', as: 'operator' },
    z.object({ tokens: z.array(tokenSchema) }),
  );
  const tokens = answer.tokens.filter(({ state }) => options.all || state === 'active');
  if (output.json) return output.writeJson({ tokens });
  const style = { active: 'green', expired: 'dim', revoked: 'red' } as const;
  const columns = [
    { head: 'ID', text: ({ id }: TokenItem) => id },
    { head: 'NAME', text: ({ name }: TokenItem) => name, most: 50 },
    { head: 'MAY', text: ({ role, scopes }: TokenItem) => role ?? scopes.join(' '), most: 40 },
    { head: 'OF', text: ({ person }: TokenItem) => person ?? '', most: 30 },
    { head: 'STATE', text: ({ state }: TokenItem) => state, paint: ({ state }: TokenItem) => style[state] },
    { head: 'MADE (UTC)', text: ({ createdAt }: TokenItem) => shortTime(createdAt) },
    { head: 'UNTIL (UTC)', text: ({ expiresAt }: TokenItem) => (expiresAt ? shortTime(expiresAt) : 'never') },
  ];
  output.write(listing(tokens, columns, output));
}

async function create(name: string, options: CreateOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const expiresAt = parseExpiry(options.expires, Date.now());
  const answer = await api.call(
    { method: 'POST', path: '/v1/operator-tokens', json: { name, role: options.role, expiresAt }, as: 'operator' },
    z.object({ id: z.string(), token: z.string() }),
  );
  const { output: file } = options;
  if (file !== undefined) await keep(api, file, answer);
  const { id, token } = answer;
  if (output.json) {
    const where = file === undefined ? { token } : { tokenFile: file };
    return output.writeJson({ id, name, role: options.role, expiresAt, ...where });
  }
  const until = expiresAt === null ? 'never expires' : `good until ${shortTime(expiresAt)} UTC`;
  output.say(`${id}, of ${printable(name)} (${options.role}), ${until}.\n`);
  if (file === undefined) output.say('It is shown this once:\n');
  output.write(file === undefined ? `${token}\n` : `${file}\n`);
}

/** A token that cannot be kept is nobody's: it is revoked, and the reason said. */
async function keep(
  api: ApiClient,
  file: string,
  { id, token }: { readonly id: string; readonly token: string },
): Promise<void> {
  try {
    await writeFile(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    await api.call({ method: 'DELETE', path: `/v1/operator-tokens/${id}`, as: 'operator' }, z.unknown());
    throw new CliError(EXIT.config, `the token cannot be written: ${(cause as Error).message}`, {
      cause,
      hint: 'It was revoked again. Name a file that does not exist yet.',
    });
  }
}

async function revoke(id: string, options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const path = `/v1/operator-tokens/${encodeURIComponent(id)}`;
  const answer = await api.call(
    { method: 'DELETE', path, as: 'operator' },
    z.object({ id: z.string(), revoked: z.boolean() }),
  );
  if (output.json) return output.writeJson(answer);
  output.write(`${answer.id} is revoked.\n`);
}

const HOUR_MS = 3_600_000;

/** RFC 3339 in UTC; null for `never`. Throws a `CliError` for what is no time. */
export function parseExpiry(text: string, nowMs: number): string | null {
  if (text === 'never') return null;
  const [, amount, unit] = /^(\d{1,5})\s*([hdw])$/.exec(text) ?? [];
  const hours = { h: 1, d: 24, w: 168 }[unit ?? ''];
  const ms = hours === undefined ? Date.parse(text) : nowMs + Number(amount) * hours * HOUR_MS;
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  throw new CliError(EXIT.usage, `"${printable(text)}" is no time to expire at`, {
    hint: 'Write 12h, 90d, 4w, a date such as 2027-01-31, or never.',
  });
}
