/**
 * A real OpenID Connect provider (oidc-provider) for people's logins. It asks for a name on a page with one field, and
 * believes it:
 *
 *     await using provider = await startLoginProvider();
 *     const config = provider.config();                // for a gateway's `login`
 *     await provider.serve('https://localhost:7420');  // once the gateway's address is known
 *     provider.people.set('ada', { groups: ['dba'] });
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';
import { type DeclaredLogin, type LoginConfig, loginConfig } from '../../src/identity/login-config.ts';
import { Secret } from '../../src/model/secret.ts';

export interface LoginProvider extends AsyncDisposable {
  readonly url: string;
  /** What the provider says of whom; somebody who is not here has a name and nothing else. */
  readonly people: Map<string, Readonly<Record<string, unknown>>>;
  config(more?: Partial<DeclaredLogin>): LoginConfig;
  /** Registers a gateway as the client; until then every request is answered with 503. */
  serve(gatewayUrl: string, more?: { readonly inIdToken?: boolean }): Promise<void>;
  /** From now on every request is answered with 503 again. */
  stop(): void;
}

export const CLIENT_ID = 'chaperone';
export const CLIENT_SECRET = 'the-secret-of-this-client';

export async function startLoginProvider(): Promise<LoginProvider> {
  let provider: Provider | undefined;
  const server = createServer((request, response) => {
    if (provider === undefined) response.writeHead(503).end();
    else if (request.url?.startsWith('/interaction/')) void interact(provider, request, response);
    else provider.callback()(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const people: LoginProvider['people'] = new Map();
  return {
    url,
    people,
    config: (more = {}) =>
      loginConfig({ issuer: url, clientId: CLIENT_ID, name: 'Test', ...more }, new Secret(CLIENT_SECRET)),
    serve: async (gatewayUrl, { inIdToken = false } = {}) => {
      provider = await makeProvider(url, `${gatewayUrl}/login/callback`, people, inIdToken);
    },
    stop: () => (provider = undefined),
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function makeProvider(
  issuer: string,
  redirectUri: string,
  people: LoginProvider['people'],
  inIdToken: boolean,
): Promise<Provider> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: 'login-key', alg: 'RS256', use: 'sig' };
  return new Provider(issuer, {
    jwks: { keys: [key] },
    clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [redirectUri] }],
    cookies: { keys: ['a-key-of-the-test'] },
    claims: {
      openid: ['sub'],
      profile: ['preferred_username', 'name', 'github_login'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    conformIdTokenClaims: !inIdToken,
    pkce: { required: () => true },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id, ...people.get(id) }),
    }),
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid profile email groups');
      await grant.save();
      return grant;
    },
    features: { devInteractions: { enabled: false } },
  });
}

async function interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
    return;
  }
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
  const accountId = new URLSearchParams(body).get('login');
  const result = accountId ? { login: { accountId } } : { error: 'access_denied' };
  await provider.interactionFinished(request, response, result);
}

const PAGE = `<!doctype html><html lang="en"><title>Test provider</title>
<form method="post"><label>Login <input name="login" autofocus></label> <button>Log in</button></form></html>`;
