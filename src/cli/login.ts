import { hostname, userInfo } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { z } from 'zod';
import { ApiClient } from './api-client.ts';
import { openBrowser } from './browser.ts';
import { CliError, EXIT } from './cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from './common-options.ts';
import { dropLogin, findLogin, keepLogin } from './kept-logins.ts';
import { shortTime } from './listing.ts';
import { processOutput } from './output.ts';
import { printable } from './printable.ts';

/** RFC 8628, 3.2. */
const begunSchema = z.object({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.url({ protocol: /^https?$/ }),
  verification_uri_complete: z.url({ protocol: /^https?$/ }),
  expires_in: z.number(),
  interval: z.number().optional(),
});
const tokenSchema = z.object({ access_token: z.string(), expires_in: z.number() });
const meSchema = z.object({
  kind: z.enum(['person', 'token']),
  name: z.string(),
  scopes: z.array(z.string()),
  person: z
    .object({ login: z.string(), name: z.string().optional(), roles: z.array(z.string()), groups: z.array(z.string()) })
    .optional(),
});

type Begun = z.infer<typeof begunSchema>;

/** `chaperone login`: lets this terminal act in a person's name, for some hours. */
export function loginCommand(): Command {
  return withGatewayOptions(
    new Command('login')
      .summary('log in at a gateway')
      .description('Shows a code and a page to allow this terminal on. Commands that follow act in your name.'),
  )
    .addHelpText('after', '\nExamples:\n  $ chaperone login --url https://gateway.example.com\n  $ chaperone whoami\n')
    .action(logIn);
}

/** `chaperone logout`: the end of that, here and at the gateway. */
export function logoutCommand(): Command {
  return withGatewayOptions(
    new Command('logout').summary('log out again').description('Ends the login of this terminal, at the gateway too.'),
  )
    .addHelpText('after', '\nExamples:\n  $ chaperone logout\n')
    .action(logOut);
}

/** `chaperone whoami`: as whom commands act. */
export function whoamiCommand(): Command {
  return withGatewayOptions(
    new Command('whoami')
      .summary('say as whom commands act')
      .description('Says as whom commands act, and what they may.'),
  )
    .addHelpText('after', '\nExamples:\n  $ chaperone whoami --json\n')
    .action(whoami);
}

async function logIn(options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const name = `${userInfo().username}@${hostname()}`.slice(0, 200);
  const begun = await api.call({ method: 'POST', path: '/v1/login/device', json: { name } }, begunSchema);
  output.say(`Compare this code with the page's: ${output.paintSaid('bold', printable(begun.user_code))}\n`);
  const page = printable(begun.verification_uri_complete);
  const opened = openBrowser(begun.verification_uri_complete, process.env);
  output.say(opened ? `Your browser shows ${page}\n` : `Open ${page}\n`);
  const { access_token: token, expires_in } = await waitForToken(api, begun);
  const me = await api.call({ path: '/v1/me', as: { bearer: token } }, meSchema);
  const expiresAt = new Date(Date.now() + expires_in * 1000).toISOString();
  const file = keepLogin(process.env, { url: api.url, login: me.person?.login ?? me.name, token, expiresAt });
  if (output.json) return output.writeJson({ url: api.url, login: me.person?.login, expiresAt, file });
  output.write(`Logged in as ${printable(me.person?.login ?? me.name)} until ${shortTime(expiresAt)} UTC.\n`);
}

/** Asks until somebody has answered on the page, as often as the gateway likes to be asked (RFC 8628, 3.5). */
async function waitForToken(api: ApiClient, begun: Begun): Promise<z.infer<typeof tokenSchema>> {
  const until = Date.now() + begun.expires_in * 1000;
  let intervalMs = (begun.interval ?? 5) * 1000;
  const json = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: begun.device_code };
  while (Date.now() < until) {
    await wait(intervalMs);
    const polled = await api.try({ method: 'POST', path: '/v1/login/device/token', json }, tokenSchema);
    if (polled.ok) return polled.value;
    switch (polled.error) {
      case 'authorization_pending':
        break;
      case 'slow_down':
        intervalMs += 5_000;
        break;
      case 'access_denied':
        throw new CliError(EXIT.refused, 'the login was denied on the page');
      case 'expired_token':
        throw expired();
      case undefined:
      default:
        throw polled.problem;
    }
  }
  throw expired();
}

function expired(): CliError {
  return new CliError(EXIT.refused, 'nobody allowed the login in time', { hint: 'Run `chaperone login` again.' });
}

async function logOut(options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const api = ApiClient.find(options, process.env);
  const kept = findLogin(process.env, Date.now(), api.url);
  if (kept) await api.call({ method: 'POST', path: '/v1/logout', as: { bearer: kept.token } }, z.unknown());
  dropLogin(process.env, api.url);
  if (output.json) return output.writeJson({ url: api.url, wasLoggedIn: kept !== undefined });
  output.write(kept ? `${printable(kept.login)} is logged out.\n` : 'Nobody was logged in.\n');
}

async function whoami(options: GatewayOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  const me = await ApiClient.find(options, process.env).call({ path: '/v1/me', as: 'operator' }, meSchema);
  if (output.json) return output.writeJson(me);
  const { person, name, kind, scopes } = me;
  const list = (items: readonly string[]) => (items.length === 0 ? 'none' : items.map(printable).join(', '));
  const lines = person
    ? [
        `${printable(person.login)}${person.name ? ` (${printable(person.name)})` : ''}, by the token ${printable(name)}`,
        `roles: ${list(person.roles)}`,
        `groups: ${list(person.groups)}`,
      ]
    : [`the ${kind} ${printable(name)}, which belongs to nobody in particular`];
  output.write(`${[...lines, `scopes: ${list(scopes)}`].join('\n')}\n`);
}
