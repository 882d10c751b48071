import { Command } from 'commander';
import { z } from 'zod';
import type { TrustReport } from '../../identity/check-trust.ts';
import { ApiClient } from '../api-client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type GatewayOptions, withGatewayOptions } from '../common-options.ts';
import { processOutput } from '../output.ts';
import { collect } from '../policy/read-policies.ts';
import { gatewayInfoSchema } from '../run/grant-request.ts';
import { checkOffline } from './check-offline.ts';
import { readToken, refuseTokenItself } from './read-token.ts';
import { showTrustReport } from './show-trust-report.ts';

interface CheckOptions extends GatewayOptions {
  readonly config: readonly string[];
  readonly audience?: string;
  readonly jwks?: string;
  readonly at?: string;
  readonly tokenFrom?: string;
}

/** What the gateway answers: a `TrustReport`. */
const reportSchema = z.object({
  ok: z.boolean(),
  issuer: z.string().optional(),
  steps: z.array(z.object({ name: z.string(), outcome: z.enum(['passed', 'failed', 'skipped']), detail: z.string() })),
  claims: z.array(z.object({ name: z.string(), value: z.string(), class: z.string() })),
  unknownClaims: z.array(z.string()),
  rules: z.array(
    z.object({ name: z.string(), matches: z.boolean(), why: z.string().optional(), note: z.string().optional() }),
  ),
  targets: z.array(z.string()),
  reason: z.string().optional(),
  problem: z.string().optional(),
});

/** A report as a newer gateway may send it, too: with steps and classes that are not known here. */
export type ShownReport = DeepReadonly<z.infer<typeof reportSchema>>;

type DeepReadonly<Value> = Value extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : Value extends object
    ? { readonly [Name in keyof Value]: DeepReadonly<Value[Name]> }
    : Value;

const DEADLINE_MS = 20_000;

/** `chaperone trust check`: step by step what an exchange would do with a token, which stays as good as it was. */
export function trustCheckCommand(): Command {
  return withGatewayOptions(new Command('check'))
    .summary('explain which trust rule lets a CI token in, or why none does')
    .description(
      'Goes through every step of an exchange and says which rule matches, or exactly why none does. The token is not\n' +
        'used up, kept or shown. Asks the gateway, or with --config reads the files that declare issuers and rules.\n' +
        'Exits 1 where the token would not be let in.',
    )
    .argument('[token]', 'a file with the token, or - for standard input (default: that of the CI job this runs in)')
    .option(
      '--config <path>',
      'check against these files or folders, without a gateway; may be given again',
      collect,
      [],
    )
    .option('--audience <audience>', "with --config: the gateway's audience, which the token must be for")
    .option('--jwks <file>', "with --config: the issuer's key set, so that nothing is fetched")
    .option('--at <time>', 'with --config: as it would have been at this time (RFC 3339)')
    .option('--token-from <source>', 'take the CI token from this source and no other')
    .action(check);
}

async function check(argument: string | undefined, options: CheckOptions): Promise<void> {
  const output = processOutput({ json: options.json ?? false });
  refuseTokenItself(argument);
  const report = options.config.length > 0 ? await offline(argument, options) : await online(argument, options);
  process.exitCode = report.ok ? EXIT.ok : EXIT.failed;
  if (output.json) output.writeJson(report);
  else showTrustReport(report, output);
}

async function online(argument: string | undefined, options: CheckOptions): Promise<ShownReport> {
  const given = (['audience', 'jwks', 'at'] as const).find((name) => options[name] !== undefined);
  if (given !== undefined) throw new CliError(EXIT.usage, `--${given} needs --config; a gateway has its own`);
  const api = ApiClient.find(options, process.env);
  const { audience } = await api.call({ path: '/v1/gateway' }, gatewayInfoSchema);
  const token = await readToken(argument, { audience, tokenFrom: options.tokenFrom, gateway: api.file });
  const json = { token: token.reveal() };
  const report = await api.call({ method: 'POST', path: '/v1/trust/check', json, as: 'operator' }, reportSchema);
  return report;
}

async function offline(argument: string | undefined, options: CheckOptions): Promise<TrustReport> {
  const { audience, config, jwks, at } = options;
  if (audience === undefined) {
    throw new CliError(EXIT.usage, '--config needs --audience', {
      hint: 'It is what the token must be for: the public URL of the gateway, or the audience that it is configured with.',
    });
  }
  const nowMs = at === undefined ? Date.now() : Date.parse(at);
  if (Number.isNaN(nowMs)) throw new CliError(EXIT.usage, '--at takes a time: 2026-03-01T09:00:00Z');
  const token = await readToken(argument, { audience, tokenFrom: options.tokenFrom });
  return checkOffline(token, {
    paths: config,
    audience,
    jwksFile: jwks,
    nowMs,
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
}
