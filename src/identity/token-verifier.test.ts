import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { githubClaims } from '../../test/support/ci-claims.ts';
import { startTokenIssuer, type TokenIssuer } from '../../test/support/token-issuer.ts';
import { Secret } from '../model/secret.ts';
import { adapterFor } from './adapters/adapter-for.ts';
import type { Issuer } from './issuer.ts';
import { IssuerKeys, type KeySet } from './issuer-keys.ts';
import { TokenRefused } from './token-reason.ts';
import { makeTokenVerifier } from './token-verifier.ts';

const AUDIENCE = 'https://gateway.example';
const NOW_SECONDS = 1_790_000_000;
const NEVER = new AbortController().signal;

function issuerOf(source: TokenIssuer, more: Partial<Issuer> = {}): Issuer {
  return {
    name: 'github',
    kind: 'github',
    url: source.url,
    algorithms: adapterFor('github').algorithms,
    maxAgeSeconds: 600,
    maxLifetimeSeconds: 3600,
    keys: { from: 'discovery', hosts: [] },
    claims: { vocabulary: {}, extra: {} },
    demo: false,
    ...more,
  };
}

function verifierFor(issuers: readonly Issuer[], clock = { seconds: NOW_SECONDS }) {
  const archived: KeySet[] = [];
  const now = () => clock.seconds * 1000;
  const keys = new IssuerKeys({ now, archive: (_, seen) => Promise.resolve(void archived.push(seen)) });
  const verifier = makeTokenVerifier({ issuers: () => issuers, audience: AUDIENCE, keys, now });
  return { verify: (token: string) => verifier.verify(new Secret(token), NEVER), archived, clock };
}

const reason = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof TokenRefused, String(error));
  assert.equal(error.reason, expected, error.detail);
  return true;
};

describe('a token of GitHub Actions', () => {
  let source: TokenIssuer;
  before(async () => void (source = await startTokenIssuer()));
  after(() => source.close());
  const claims = (more: object = {}) => ({
    ...githubClaims({ iss: source.url, aud: AUDIENCE, nowSeconds: NOW_SECONDS }),
    ...more,
  });

  test('becomes the identity of the job in the common vocabulary', async () => {
    const { verify, archived } = verifierFor([issuerOf(source)]);
    const verified = await verify(await source.sign(claims()));
    assert.deepEqual(verified.workload, {
      issuer: source.url,
      issuerKind: 'github',
      tokenSubject: 'repo:acme/shop:ref:refs/heads/main',
      sourceRepositoryUri: `${source.url}/acme/shop`,
      sourceRepositoryId: '74',
      sourceOwnerId: '9',
      sourceDigest: '2f0d7dbcd0d6f7d3b8d2a1a4a5b6c7d8e9f00112',
      trigger: 'push',
      runInvocationUri: `${source.url}/acme/shop/actions/runs/5001/attempts/2`,
      runId: '5001',
      runAttempt: '2',
      sourceRef: 'refs/heads/main',
      buildConfigUri: `${source.url}/acme/shop/.github/workflows/agent.yml@refs/heads/main`,
      buildConfigDigest: '2f0d7dbcd0d6f7d3b8d2a1a4a5b6c7d8e9f00112',
      buildSignerUri: `${source.url}/acme/ci/.github/workflows/run-agent.yml@refs/tags/v1`,
      buildSignerDigest: '7f3cd7dbcd0d6f7d3b8d2a1a4a5b6c7d8e9f0999',
      runnerEnvironment: 'github-hosted',
      visibility: 'private',
      actor: 'octocat',
      actorId: '12',
      extra: {
        repository: 'acme/shop',
        ref_type: 'branch',
        ref_protected: 'true',
        run_number: '10',
        workflow: 'agent',
      },
    });
    assert.equal(verified.display, 'acme/shop@refs/heads/main');
    assert.equal(verified.expiresAt, '2026-09-21T14:18:20.000Z');
    assert.deepEqual(
      archived.map(({ digest }) => digest),
      [verified.jwksDigest],
    );
  });

  test('is refused for another audience', async () => {
    const { verify } = verifierFor([issuerOf(source)]);
    await assert.rejects(
      verify(await source.sign(claims({ aud: 'https://github.com/acme' }))),
      reason('audience-wrong'),
    );
  });
});
