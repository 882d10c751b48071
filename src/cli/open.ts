import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { openBrowser } from './browser.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { shortTime } from './listing.ts';
import { processOutput } from './output.ts';
import { printable } from './printable.ts';
import { gatewayInfoSchema } from './run/grant-request.ts';

const PAGES = [
  'approvals',
  'runs',
  'sessions',
  'targets',
  'policies',
  'trust',
  'people',
  'tokens',
  'channels',
  'log',
] as const;
/** Pages of one thing, by the beginning of its id. */
const BY_ID = { apr_: 'approvals', run_: 'runs', ses_: 'sessions', psn_: 'people' } as const;

const EXAMPLES = `
Examples:
  $ chaperone open                    # the overview
  $ chaperone open approvals
  $ chaperone open ses_…              # a session, run, approval or person by its id
  $ chaperone open --admin            # a one-time link that makes whoever opens it the local administrator
`;

interface OpenOptions extends GatewayOptions {
  readonly admin?: boolean;
}

/** `chaperone open`: a page of the web UI. */
export function openCommand(): Command {
  return withGatewayOptions(
    new Command('open')
      .summary('open the web UI')
      .description("Opens a page of the gateway's web UI; prints its address where there is no browser."),
  )
    .argument('[page...]', `${PAGES.join(', ')}, or an id`)
    .option('--admin', "log in as the local administrator (needs an administrator's token)")
    .addHelpText('after', EXAMPLES)
    .action(open);
}

async function open(words: readonly string[], options: OpenOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  if (options.admin) {
    const call = { method: 'POST', path: '/v1/login/first-links', as: 'operator' } as const;
    const link = await api.call(call, z.object({ url: z.url({ protocol: /^https?$/ }), expiresAt: z.string() }));
    if (output.json) return output.writeJson(link);
    output.say(`Good once, until ${shortTime(link.expiresAt)} UTC:\n`);
    return show(link.url, output.write);
  }
  const info = await api.call({ path: '/v1/gateway' }, gatewayInfoSchema);
  const url = `${info.url}${pagePath(words)}`;
  if (output.json) return output.writeJson({ url });
  show(url, output.write);
}

function show(url: string, write: (text: string) => void): void {
  openBrowser(url, process.env);
  write(`${printable(url)}\n`);
}

/** `approvals`, `run ID` and `ID` alone. Throws a `CliError`. */
export function pagePath(words: readonly string[]): string {
  const [first, ...rest] = words;
  if (first === undefined) return '/';
  const page = PAGES.find((one) => one === first || one === `${first}s` || one === first.replace(/y$/, 'ies'));
  const id = page === undefined ? first : rest[0];
  if (page !== undefined && id === undefined) return `/${page}`;
  const of = page ?? Object.entries(BY_ID).find(([prefix]) => id?.startsWith(prefix))?.[1];
  if (of !== undefined && id !== undefined) return `/${of}/${encodeURIComponent(id)}`;
  throw new CliError(EXIT.usage, `there is no page ${printable(words.join(' '))}`, {
    hint: `Pages are ${PAGES.join(', ')}; a run, a session, an approval or a person is opened by its id.`,
  });
}
