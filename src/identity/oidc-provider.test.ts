/** The whole path with a real OpenID Connect provider: it publishes, mints and signs; we discover, verify and decide. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';
import { AUDIENCE, tokenRefused } from '../../test/support/token-verifier.ts';
import { Secret } from '../model/secret.ts';
import { writeDeclarations } from '../store/configuration-rows.ts';
import { findJwks } from '../store/jwks-rows.ts';
import { openStore, type Store } from '../store/store.ts';
import { loadIssuers } from './load-issuers.ts';
import { loadTrustRules } from './load-trust-rules.ts';
import { openTrustDirectory, type TrustDirectory } from './trust-directory.ts';
import { TrustRefused } from './trust-rule.ts';

const NEVER = new AbortController().signal;
const ALGORITHMS = ['RS256', 'ES256'] as const;

describe('a real provider', () => {
  let url = '';
  let directory = '';
  let store: Store;
  let trust: TrustDirectory;
  const server = createServer();

  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    url = `http://127.0.0.1:${address.port}`;
    const callback: RequestListener = (await makeProvider(url)).callback();
    server.on('request', callback);
    directory = await mkdtemp(join(tmpdir(), 'oidc-'));
    store = await openStore({ file: join(directory, 'store.db') });
    await declare(store, url);
    trust = await openTrustDirectory({ store, audience: AUDIENCE, now: Date.now, onFault: assert.ifError });
  });
  after(async () => {
    trust[Symbol.dispose]();
    await store[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
    server.close();
    server.closeAllConnections();
  });

  for (const algorithm of ALGORITHMS) {
    test(`its ${algorithm} access token for our audience lets the job in, and its keys are kept`, async () => {
      const token = await mint(url, AUDIENCE, algorithm);
      const verified = await trust.verify(new Secret(token), NEVER);
      assert.deepEqual(verified.workload, {
        issuer: url,
        issuerKind: 'generic',
        tokenSubject: `job-${algorithm}`,
        sourceRepositoryId: '74',
        sourceRef: 'refs/heads/main',
        runBinding: 'asserted',
        extra: {},
      });
      assert.deepEqual(trust.trust(verified).targets, ['pg-staging']);
      const archived = await findJwks(store, verified.jwksDigest);
      assert.match(archived?.document ?? '', /"kid":"RS256-key"/);
    });
  }

  test('its token for another resource is refused', async () => {
    const token = await mint(url, 'https://another.example', 'RS256');
    await assert.rejects(trust.verify(new Secret(token), NEVER), tokenRefused('audience-wrong', token));
  });

  test('a rule that changes in the store is in force without a restart', { timeout: 5_000 }, async () => {
    const verified = await trust.verify(new Secret(await mint(url, AUDIENCE, 'ES256')), NEVER);
    const { version } = await store.read((db) =>
      db.selectFrom('versions').select('version').where('topic', '=', 'configuration').executeTakeFirstOrThrow(),
    );
    const removal = { table: 'trust_rules', name: 'shop', declaration: undefined } as const;
    await writeDeclarations(store, [removal], { version, now: new Date().toISOString() });
    while (trust.rules().length > 0) await setImmediate();
    assert.throws(() => trust.trust(verified), TrustRefused);
  });
});

async function makeProvider(issuer: string): Promise<Provider> {
  const keys = await Promise.all(
    ALGORITHMS.map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return { ...(await exportJWK(privateKey)), kid: `${alg}-key`, alg, use: 'sig' };
    }),
  );
  return new Provider(issuer, {
    jwks: { keys },
    clients: ALGORITHMS.map((alg) => ({
      client_id: `job-${alg}`,
      client_secret: 'a-secret-of-the-test',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'run',
          audience: resource.replace(/\/(?:RS|ES)256$/, ''),
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: resource.endsWith('ES256') ? 'ES256' : 'RS256' } },
        }),
      },
    },
    extraTokenClaims: () => ({ repo_id: 74, ref: 'refs/heads/main' }),
  });
}

async function mint(url: string, audience: string, algorithm: string): Promise<string> {
  const response = await fetch(`${url}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`job-${algorithm}:a-secret-of-the-test`).toString('base64')}` },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      resource: `${audience}/${algorithm}`,
      scope: 'run',
    }),
  });
  const body: unknown = await response.json();
  assert.ok(typeof body === 'object' && body !== null && 'access_token' in body, JSON.stringify(body));
  return String(body.access_token);
}

async function declare(store: Store, url: string): Promise<void> {
  const declared = (value: object) => [{ value, file: 'trust.yaml', line: () => 1 }];
  const issuers = loadIssuers(
    declared({
      name: 'provider',
      kind: 'generic',
      issuer: url,
      insecureLoopback: true,
      claims: { sourceRepositoryId: 'repo_id', sourceRef: 'ref' },
    }),
  );
  const claims = { sourceRepositoryId: 74, sourceRef: 'refs/heads/main' };
  const rule = { name: 'shop', issuer: 'provider', claims, targets: ['pg-staging'] };
  const rules = loadTrustRules(declared(rule), issuers.items);
  assert.deepEqual([...issuers.problems, ...rules.problems], []);
  await writeDeclarations(
    store,
    [
      { table: 'issuers', name: 'provider', declaration: JSON.stringify(issuers.items[0]) },
      { table: 'trust_rules', name: 'shop', declaration: JSON.stringify(rules.items[0]) },
    ],
    { version: 0, now: new Date().toISOString() },
  );
}
