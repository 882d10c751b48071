import { createHash, generateKeyPair, type KeyObject, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { exportJWK, SignJWT } from 'jose';

/** The made-up repository that the demo's tokens speak of. Its ids are of the kind that trust rules must pin. */
export const DEMO_REPOSITORY = {
  repository: 'octo-shop/storefront',
  repositoryId: '100000001',
  owner: 'octo-shop',
  ownerId: '200000001',
} as const;

export interface DemoIssuerOptions {
  /** 0 for any free one. Always loopback. */
  readonly port: number;
  /** What a caller of the mint endpoint must present: a bearer token, fresh for each start. */
  readonly requestToken: string;
  readonly nowMs: () => number;
  readonly randomId: () => string;
}

export interface DemoIssuer extends AsyncDisposable {
  readonly url: string;
  /** What a job would find in ACTIONS_ID_TOKEN_REQUEST_URL; an audience is appended to it. */
  readonly requestUrl: string;
}

interface Minter {
  readonly options: DemoIssuerOptions;
  readonly key: KeyObject;
  readonly jwks: { readonly keys: readonly object[] };
  readonly commit: string;
  url: string;
  runs: number;
}

const KEY_ID = 'chaperone-demo';
const TOKEN_SECONDS = 300;

/**
 * An OIDC issuer on loopback that mints tokens of GitHub Actions' shape for a repository that does not exist. It
 * vouches for nothing: every token says so (`chaperone_demo`), and only the demo's gateway trusts it.
 */
export async function startDemoIssuer(options: DemoIssuerOptions): Promise<DemoIssuer> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const jwk = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: 'RS256', use: 'sig' };
  const commit = createHash('sha1').update('chaperone demo').digest('hex');
  const minter: Minter = { options, key: privateKey, jwks: { keys: [jwk] }, commit, url: '', runs: 0 };
  const server = createServer((request, response) => {
    answer(minter, request, response).catch((error: unknown) => send(response, 500, { error: String(error) }));
  });
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  minter.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: minter.url,
    requestUrl: `${minter.url}/token?api-version=2.0`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(minter: Minter, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', minter.url);
  if (request.method !== 'GET') return send(response, 405, { error: 'only GET' });
  switch (url.pathname) {
    case '/.well-known/openid-configuration':
      return send(response, 200, discovery(minter.url));
    case '/.well-known/jwks':
      return send(response, 200, minter.jwks);
    case '/token': {
      if (!presents(request, minter.options.requestToken)) return send(response, 401, { error: 'wrong request token' });
      const audience = url.searchParams.get('audience');
      if (!audience) return send(response, 400, { error: 'audience is missing' });
      return send(response, 200, { value: await mint(minter, audience) });
    }
    default:
      return send(response, 404, { error: 'not found' });
  }
}

function discovery(url: string): object {
  return {
    issuer: url,
    jwks_uri: `${url}/.well-known/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
}

/** The claims of GitHub's "About security hardening with OpenID Connect", all strings, and the mark of the demo. */
function mint(minter: Minter, audience: string): Promise<string> {
  const { repository, repositoryId, owner, ownerId } = DEMO_REPOSITORY;
  const seconds = Math.floor(minter.options.nowMs() / 1000);
  const ref = 'refs/heads/main';
  const workflow = `${repository}/.github/workflows/agent.yml@${ref}`;
  minter.runs += 1;
  const claims = {
    chaperone_demo: 'true',
    actor: 'demo-user',
    actor_id: '300000001',
    base_ref: '',
    head_ref: '',
    event_name: 'push',
    job_workflow_ref: workflow,
    job_workflow_sha: minter.commit,
    ref,
    ref_type: 'branch',
    ref_protected: 'true',
    repository,
    repository_id: repositoryId,
    repository_owner: owner,
    repository_owner_id: ownerId,
    repository_visibility: 'private',
    run_id: String(seconds * 1000 + (minter.runs % 1000)),
    run_number: String(minter.runs),
    run_attempt: '1',
    runner_environment: 'self-hosted',
    sha: minter.commit,
    workflow: 'agent',
    workflow_ref: workflow,
    workflow_sha: minter.commit,
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' })
    .setIssuer(minter.url)
    .setSubject(`repo:${owner}@${ownerId}/storefront@${repositoryId}:ref:${ref}`)
    .setAudience(audience)
    .setIssuedAt(seconds)
    .setNotBefore(seconds)
    .setExpirationTime(seconds + TOKEN_SECONDS)
    .setJti(minter.options.randomId())
    .sign(minter.key);
}

function presents(request: IncomingMessage, token: string): boolean {
  const given = /^bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(text);
}
