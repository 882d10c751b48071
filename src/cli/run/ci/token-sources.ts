import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Secret } from '../../../model/secret.ts';
import { askProgram } from './ask-program.ts';
import { askTokenSocket, fetchTokenAnswer, MAX_TOKEN_ANSWER_BYTES, TOKEN_ANSWER_MS, tokenIn } from './token-answer.ts';

/** Where a job can have a token from. `--token-from` takes these names. */
export const TOKEN_SOURCES = [
  'variable',
  'variable-file',
  'github',
  'buildkite',
  'circleci',
  'azure-devops',
  'bitbucket',
  'spacelift',
  'hcp-terraform',
  'cursor',
  'kubernetes',
  'spiffe',
  'google',
  'aws',
] as const;

export type TokenSourceName = (typeof TOKEN_SOURCES)[number];

export interface TokenCircumstances {
  readonly audience: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Places that a CI system fixes; tests have others. */
  readonly places: TokenPlaces;
}

export interface TokenPlaces {
  readonly kubernetesFile: string;
  readonly cursorSocket: string;
  readonly googleMetadata: string;
  /** What the machine says it is. */
  readonly productName: string;
}

export const TOKEN_PLACES: TokenPlaces = {
  kubernetesFile: '/var/run/secrets/chaperone/token',
  cursorSocket: '/run/cursor/api.sock',
  googleMetadata: 'http://metadata.google.internal',
  productName: '/sys/class/dmi/id/product_name',
};

export interface TokenSource {
  /** True where there is something to ask: an endpoint, a file, a program, and what it wants to be shown. */
  readonly isHere: (circumstances: TokenCircumstances) => boolean;
  readonly obtain: (circumstances: TokenCircumstances) => Promise<Secret>;
}

/** In the order in which they are tried: what the job was given for us first, then what names the job, then the machine. */
export const SOURCES: Readonly<Record<TokenSourceName, TokenSource>> = {
  // GitLab's `id_tokens`, Jenkins' credentials, and every other system.
  variable: given('CHAPERONE_ID_TOKEN'),
  'variable-file': {
    isHere: ({ env }) => has(env, 'CHAPERONE_ID_TOKEN_FILE'),
    obtain: async ({ env }) => fromFile(env['CHAPERONE_ID_TOKEN_FILE'] ?? ''),
  },
  github: {
    isHere: ({ env }) => has(env, 'ACTIONS_ID_TOKEN_REQUEST_URL') && has(env, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'),
    obtain: ({ env, audience, signal }) =>
      mintLikeGitHub(env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '', env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '', {
        audience,
        env,
        signal,
      }),
  },
  buildkite: {
    isHere: ({ env }) => has(env, 'BUILDKITE_JOB_ID') && has(env, 'BUILDKITE_AGENT_ACCESS_TOKEN'),
    // Ids are left out unless they are asked for, and rules pin nothing else.
    obtain: (circumstances) =>
      fromProgram(circumstances, 'buildkite-agent', [
        ...words('oidc request-token --claim organization_id --claim pipeline_id --claim build_id --audience'),
        circumstances.audience,
      ]),
  },
  circleci: {
    // Its ready-made CIRCLE_OIDC_TOKEN is for the organization's own audience, which everybody shares.
    isHere: ({ env }) => has(env, 'CIRCLECI') && isOnPath('circleci', env),
    obtain: (circumstances) =>
      fromProgram(circumstances, 'circleci', [
        'run',
        'oidc',
        'get',
        '--claims',
        JSON.stringify({ aud: circumstances.audience }),
      ]),
  },
  'azure-devops': {
    isHere: ({ env }) => has(env, 'SYSTEM_OIDCREQUESTURI') && has(env, 'SYSTEM_ACCESSTOKEN'),
    obtain: async ({ env, signal }) => {
      const url = new URL(env['SYSTEM_OIDCREQUESTURI'] ?? '');
      url.searchParams.set('api-version', '7.1');
      const headers = { ...bearer(env['SYSTEM_ACCESSTOKEN'] ?? ''), 'content-type': 'application/json' };
      return tokenIn(await fetchTokenAnswer(url.href, { method: 'POST', headers, env }, signal), 'oidcToken');
    },
  },
  bitbucket: given('BITBUCKET_STEP_OIDC_TOKEN'),
  spacelift: given('SPACELIFT_OIDC_TOKEN'),
  'hcp-terraform': given('TFC_WORKLOAD_IDENTITY_TOKEN_CHAPERONE', 'TFC_WORKLOAD_IDENTITY_TOKEN'),
  cursor: {
    isHere: ({ env, places }) => existsSync(env['CURSOR_AGENT_SOCKET'] ?? places.cursorSocket),
    obtain: async ({ env, places, audience, signal }) => {
      const socket = env['CURSOR_AGENT_SOCKET'] ?? places.cursorSocket;
      return tokenIn(await askTokenSocket(socket, '/v1/tokens/oidc', JSON.stringify({ aud: audience }), signal));
    },
  },
  kubernetes: {
    isHere: ({ places }) => existsSync(places.kubernetesFile),
    obtain: async ({ places }) => fromFile(places.kubernetesFile),
  },
  spiffe: {
    isHere: ({ env }) => has(env, 'SPIFFE_ENDPOINT_SOCKET') && isOnPath('spire-agent', env),
    obtain: (circumstances) => {
      const socket = (circumstances.env['SPIFFE_ENDPOINT_SOCKET'] ?? '').replace(/^unix:(\/\/)?/, '');
      const args = [
        'api',
        'fetch',
        'jwt',
        '-audience',
        circumstances.audience,
        '-socketPath',
        socket,
        '-output',
        'json',
      ];
      return fromProgram(circumstances, 'spire-agent', args);
    },
  },
  google: {
    isHere: ({ env, places }) =>
      has(env, 'GCE_METADATA_HOST') || has(env, 'K_SERVICE') || has(env, 'CLOUD_RUN_JOB') || isGoogles(places),
    obtain: async ({ env, places, audience, signal }) => {
      const host = env['GCE_METADATA_HOST'];
      const url = new URL(
        '/computeMetadata/v1/instance/service-accounts/default/identity',
        host ? `http://${host}` : places.googleMetadata,
      );
      url.searchParams.set('audience', audience);
      url.searchParams.set('format', 'full');
      return tokenIn(
        await fetchTokenAnswer(url.href, { method: 'GET', headers: { 'metadata-flavor': 'Google' }, env }, signal),
      );
    },
  },
  aws: {
    // Every machine with the tool on it could be meant: only where it is named.
    isHere: () => false,
    obtain: (circumstances) =>
      fromProgram(circumstances, 'aws', [
        ...words(
          'sts get-web-identity-token --signing-algorithm ES384 --duration-seconds 300 --output json --audience',
        ),
        circumstances.audience,
      ]),
  },
};

/** GitHub's endpoint, and the demo's: GET with the audience appended; the answer's `value` is the token. */
export async function mintLikeGitHub(
  url: string,
  requestToken: string,
  { audience, env, signal }: Pick<TokenCircumstances, 'audience' | 'env' | 'signal'>,
): Promise<Secret> {
  const asked = `${url}${url.includes('?') ? '&' : '?'}audience=${encodeURIComponent(audience)}`;
  const headers = { ...bearer(requestToken), accept: 'application/json' };
  return tokenIn(await fetchTokenAnswer(asked, { method: 'GET', headers, env }, signal), 'value');
}

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}

function words(text: string): readonly string[] {
  return text.split(' ');
}

function given(...names: readonly string[]): TokenSource {
  const nameIn = (env: NodeJS.ProcessEnv) => names.find((name) => has(env, name));
  return {
    isHere: ({ env }) => nameIn(env) !== undefined,
    obtain: async ({ env }) => {
      const name = nameIn(env);
      if (name === undefined) throw new Error(`${names.join(' and ')} are empty`);
      return new Secret((env[name] ?? '').trim());
    },
  };
}

function fromFile(path: string): Secret {
  const text = readFileSync(path, 'utf8').trim();
  if (text === '') throw new Error(`${path} is empty`);
  return new Secret(text);
}

async function fromProgram(
  { env, signal }: TokenCircumstances,
  command: string,
  args: readonly string[],
): Promise<Secret> {
  const limits = { withinMs: TOKEN_ANSWER_MS, maxBytes: MAX_TOKEN_ANSWER_BYTES };
  return tokenIn((await askProgram({ command, args, env, signal, ...limits })).stdout);
}

function has(env: NodeJS.ProcessEnv, name: string): boolean {
  return (env[name] ?? '').trim() !== '';
}

function isOnPath(program: string, env: NodeJS.ProcessEnv): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));
}

function isGoogles({ productName }: TokenPlaces): boolean {
  try {
    return readFileSync(productName, 'utf8').startsWith('Google');
  } catch {
    // No such file: not a machine that says what it is, so not one of Google's.
    return false;
  }
}
