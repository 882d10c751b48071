import { readFileSync } from 'node:fs';
import { Secret } from '../../../model/secret.ts';
import { CliError, EXIT } from '../../cli-error.ts';
import type { GatewayFile } from '../../gateway-file.ts';

export type CiTokenSource = 'file' | 'variable' | 'github' | 'demo' | 'login';

export interface CiToken {
  readonly source: CiTokenSource;
  readonly token: Secret;
}

export interface CiTokenOptions {
  readonly audience: string;
  readonly tokenFile?: string | undefined;
  /** The gateway's file, where it was found by that and not by name. It gets the demo's own tokens and no others. */
  readonly gateway?: GatewayFile | undefined;
  /** Of `chaperone login` at this gateway: what a person comes with where no CI system speaks for a job. */
  readonly login?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** What could mint another token, or reach something around the gateway: a command that `run` starts never sees it. */
export const MINTING_VARIABLES: readonly RegExp[] = [
  /^ACTIONS_ID_TOKEN_REQUEST_(URL|TOKEN)$/,
  /^ACTIONS_RUNTIME_TOKEN$/,
  /^CIRCLE_OIDC_TOKEN/,
  /^BITBUCKET_STEP_OIDC_TOKEN$/,
  /^SYSTEM_(ACCESSTOKEN|OIDCREQUESTURI)$/,
  /^SPACELIFT_OIDC_TOKEN$/,
  /^TFC_WORKLOAD_IDENTITY_TOKEN/,
  /^BUILDKITE_AGENT_ACCESS_TOKEN$/,
  /^AWS_WEB_IDENTITY_TOKEN_FILE$/,
  /^CHAPERONE_(ID_TOKEN|TOKEN|TOKEN_FILE|DATA_DIR|DATABASE_URL)$/,
];

/**
 * The CI system's own OIDC token for this audience: `--token-file`, CHAPERONE_ID_TOKEN (GitLab's `id_tokens`, and any
 * other system), GitHub Actions' mint endpoint, or the demo's issuer. Throws a `CliError` that says how to get one.
 */
export async function findCiToken(options: CiTokenOptions): Promise<CiToken> {
  const { env, gateway, tokenFile, login } = options;
  if (tokenFile !== undefined) return { source: 'file', token: new Secret(read(tokenFile)) };
  if (gateway?.demo) return demoToken(options, gateway.demo);
  if (gateway && login === undefined) throw noDemo();
  const given = gateway ? undefined : env['CHAPERONE_ID_TOKEN'];
  if (given) return { source: 'variable', token: new Secret(given) };
  const [url, token] = [env['ACTIONS_ID_TOKEN_REQUEST_URL'], env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']];
  if (url && token && !gateway) return { source: 'github', token: await mint(url, new Secret(token), options) };
  if (login !== undefined) return { source: 'login', token: new Secret(login) };
  throw new CliError(EXIT.refused, 'no CI token was found', { hint: hint(env) });
}

async function demoToken(options: CiTokenOptions, demo: NonNullable<GatewayFile['demo']>): Promise<CiToken> {
  const request = new Secret(read(demo.requestTokenFile));
  return { source: 'demo', token: await mint(demo.requestUrl, request, options) };
}

function noDemo(): CliError {
  return new CliError(EXIT.refused, 'the gateway started here is no demo, so it has no issuer of its own', {
    hint: 'Log in with `chaperone login`, name it with CHAPERONE_URL inside a CI job, or give a token with --token-file.',
  });
}

/** GitHub's endpoint: GET with the audience appended; the answer's `value` is the token. */
async function mint(url: string, request: Secret, { audience, signal }: CiTokenOptions): Promise<Secret> {
  const separator = url.includes('?') ? '&' : '?';
  try {
    const response = await fetch(`${url}${separator}audience=${encodeURIComponent(audience)}`, {
      headers: { authorization: `Bearer ${request.reveal()}`, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(15_000)]),
    });
    const body: unknown = await response.json();
    const value = typeof body === 'object' && body !== null && 'value' in body ? body.value : undefined;
    if (!response.ok || typeof value !== 'string') throw new Error(`it answered ${response.status}`);
    return new Secret(value);
  } catch (cause) {
    throw new CliError(EXIT.unavailable, `the issuer of CI tokens did not give one: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new CliError(EXIT.config, `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function hint(env: NodeJS.ProcessEnv): string {
  if (env['GITHUB_ACTIONS']) return 'Give the job the permission to ask for one:  permissions: { id-token: write }';
  if (env['GITLAB_CI']) return 'Declare one in the job:  id_tokens: { CHAPERONE_ID_TOKEN: { aud: <the gateway> } }';
  return 'Outside CI log in with `chaperone login`, start a demo with `npm start`, or give a token with --token-file.';
}
