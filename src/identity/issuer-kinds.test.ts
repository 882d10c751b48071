import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { startMockTokenReview } from '../../test/support/mock-token-review.ts';
import { JWKS_PATH, startTokenIssuer, type TokenIssuer } from '../../test/support/token-issuer.ts';
import { AUDIENCE, makeIssuer, makeVerifier, NOW_SECONDS, tokenRefused } from '../../test/support/token-verifier.ts';
import { VENDOR_EXAMPLES } from '../../test/support/vendor-claims.ts';
import { Secret } from '../model/secret.ts';
import type { Issuer } from './issuer.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { makeTokenReview } from './review-token.ts';
import { makeTokenVerifier } from './token-verifier.ts';

const NEVER = new AbortController().signal;
type Vendor = keyof typeof VENDOR_EXAMPLES;

let source: TokenIssuer;
before(async () => void (source = await startTokenIssuer()));
after(() => source.close());

/** A vendor's token from the issuer of the test, and the issuer as it is declared but for its address. */
const claimsOf = (kind: Vendor, more: object = {}) => ({
  ...VENDOR_EXAMPLES[kind].claims({ iss: source.url, aud: AUDIENCE, nowSeconds: NOW_SECONDS }),
  ...more,
});

describe('SPIFFE', () => {
  const bundle = (more: object = {}) => {
    const keys = source.jwks().keys.map((key) => ({ ...key, use: 'jwt-svid' }));
    const x509 = { kty: 'EC', use: 'x509-svid', crv: 'P-256', x: 'AA', y: 'AA', x5c: ['AAAA'] };
    return { spiffe_sequence: 1, spiffe_refresh_hint: 300, keys: [x509, ...keys], ...more };
  };
  const svid = (more: object = {}, header: object = {}) => source.sign(claimsOf('spiffe', more), header);
  const issuer = (more: Partial<Issuer> = {}) =>
    makeIssuer('spiffe://prod.example', 'spiffe', {
      keys: { from: 'declaration', jwks: JSON.stringify(bundle()) },
      ...more,
    });

  test('an SVID without an issuer is taken by the trust domain of its subject, and by no other issuer', async () => {
    const { verify, archived } = makeVerifier(issuer());
    assert.equal((await verify(await svid())).workload.workloadId, 'spiffe://prod.example/ci/agent');
    assert.deepEqual(JSON.parse(archived[0]?.document ?? ''), bundle());
    const elsewhere = await svid({ sub: 'spiffe://other.example/x' });
    await assert.rejects(verify(elsewhere), tokenRefused('issuer-unknown'));
    const notSpiffe = makeVerifier(makeIssuer('spiffe://prod.example', 'generic'));
    await assert.rejects(notSpiffe.verify(await svid()), tokenRefused('issuer-unknown'));
  });

  test('a key of another use signs no SVID, nor one of the set that an OpenID provider would publish', async () => {
    for (const use of ['x509-svid', 'sig', undefined]) {
      const keys = source.jwks().keys.map(({ use: _use, ...key }) => ({ ...key, ...(use ? { use } : {}) }));
      const jwks = JSON.stringify(bundle({ keys }));
      const { verify } = makeVerifier(issuer({ keys: { from: 'declaration', jwks } }));
      await assert.rejects(verify(await svid()), tokenRefused('keys-unavailable'));
    }
  });

  test('its algorithms and types are those of the specification', async () => {
    const { verify } = makeVerifier(issuer());
    await verify(await svid({}, { alg: 'ES256' }));
    await verify(await svid({}, { typ: 'JOSE' }));
    await assert.rejects(verify(await svid({}, { typ: 'at+jwt' })), tokenRefused('header-refused'));
  });

  test('an SVID need not say when it was issued, and then lives no longer than one may be old', async () => {
    const { verify } = makeVerifier(issuer());
    assert.equal((await verify(await svid({ iat: undefined }))).workload.workloadId, 'spiffe://prod.example/ci/agent');
    const long = await svid({ iat: undefined, exp: NOW_SECONDS + 700 });
    await assert.rejects(verify(long), tokenRefused('token-not-yet-valid'));
    await assert.rejects(verify(await svid({ exp: undefined })), tokenRefused('times-malformed'));
    await assert.rejects(verify(await svid({ aud: undefined })), tokenRefused('audience-wrong'));
  });

  test('an SVID with an issuer is taken by that, within its trust domain', async () => {
    source.answer(JWKS_PATH, (_, response) => void response.end(JSON.stringify(bundle())));
    const { verify } = makeVerifier(
      makeIssuer(source.url, 'spiffe', {
        trustDomain: 'prod.example',
        keys: { from: 'url', url: `${source.url}${JWKS_PATH}` },
      }),
    );
    await verify(await svid({ iss: source.url }));
    const foreign = await svid({ iss: source.url, sub: 'spiffe://other.example/x' });
    await assert.rejects(verify(foreign), tokenRefused('claims-incomplete'));
    await assert.rejects(verify(await svid()), tokenRefused('issuer-unknown'));
  });
});

describe('audiences', () => {
  const pinned = (kind: Vendor, more: Partial<Issuer> = {}) =>
    makeIssuer(source.url, kind, { keys: { from: 'declaration', jwks: JSON.stringify(source.jwks()) }, ...more });

  test('CircleCI: its default one, the id of the organisation, is refused', async () => {
    const aud = '7a6b2f3c-1d2e-4f50-8a9b-0c1d2e3f4a5b';
    await assert.rejects(
      makeVerifier(pinned('circleci')).verify(await source.sign(claimsOf('circleci', { aud }))),
      tokenRefused('audience-wrong'),
    );
  });

  test('Bitbucket: several in one token are refused, ours among them too', async () => {
    const { verify } = makeVerifier(pinned('bitbucket'));
    const aud = [AUDIENCE, 'ari:cloud:bitbucket::workspace/12345678-0000-4000-8000-00000000000b'];
    await assert.rejects(verify(await source.sign(claimsOf('bitbucket', { aud }))), tokenRefused('audience-wrong'));
    await verify(await source.sign(claimsOf('bitbucket', { aud: [AUDIENCE] })));
  });

  test('Azure: the one that cannot be chosen is taken, for two minutes, and ours is not', async () => {
    const shared = 'api://AzureADTokenExchange';
    const { verify, clock } = makeVerifier(pinned('azure-devops', { audience: shared }));
    const org = { iss: source.url };
    const token = await source.sign(claimsOf('azure-devops', { ...org, aud: shared }));
    assert.equal((await verify(token)).workload.extra?.['audience'], 'shared');
    clock.seconds += 150;
    await verify(token);
    clock.seconds += 1;
    await assert.rejects(verify(token), tokenRefused('token-too-old'));
    clock.seconds = NOW_SECONDS;
    await assert.rejects(verify(await source.sign(claimsOf('azure-devops', org))), tokenRefused('audience-wrong'));
  });

  test('Kubernetes: an array of one is ours, of two is not', async () => {
    const { verify } = makeVerifier(pinned('kubernetes'));
    await verify(await source.sign(claimsOf('kubernetes')));
    const both = claimsOf('kubernetes', { aud: [AUDIENCE, 'https://kubernetes.default.svc'] });
    await assert.rejects(verify(await source.sign(both)), tokenRefused('audience-wrong'));
  });
});

test('AWS: ES384 verifies, and a token of the CI kind of age does not outlive ten minutes', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'aws-1', alg: 'ES384', use: 'sig' };
  const issuer = makeIssuer(source.url, 'aws', {
    keys: { from: 'declaration', jwks: JSON.stringify({ keys: [jwk] }) },
  });
  const token = await new SignJWT(claimsOf('aws')).setProtectedHeader({ alg: 'ES384', kid: 'aws-1' }).sign(privateKey);
  const { verify, clock } = makeVerifier(issuer);
  assert.equal((await verify(token)).workload.sourceOwnerId, '123456789012');
  clock.seconds += 631;
  await assert.rejects(verify(token), tokenRefused('token-too-old'));
});

describe('a TokenReview', () => {
  const AUTHENTICATED = {
    authenticated: true,
    audiences: [AUDIENCE],
    user: { username: 'system:serviceaccount:ci:agent', uid: 'e6a8680e-d103-4cce-80ea-03acbbeacf7d' },
  };

  async function reviewing(ca?: string) {
    const cluster = await startMockTokenReview();
    const tokenReview = { server: cluster.server, tokenFile: '/run/reviewer', ca: ca ?? cluster.ca };
    const issuer = makeIssuer(source.url, 'kubernetes', {
      keys: { from: 'declaration', jwks: JSON.stringify(source.jwks()) },
      tokenReview,
    });
    const readFile = (path: string) => Promise.resolve(`credential of ${path}\n`);
    const verifier = makeTokenVerifier({
      issuers: () => [issuer],
      audience: AUDIENCE,
      keys: new IssuerKeys({ now: () => NOW_SECONDS * 1000, archive: () => Promise.resolve() }),
      now: () => NOW_SECONDS * 1000,
      review: makeTokenReview({ audience: AUDIENCE, readFile }),
    });
    return { cluster, issuer, verify: (token: string) => verifier.verify(new Secret(token), NEVER) };
  }

  test('asks the cluster with its own credential, and the record says that it confirmed', async () => {
    const { cluster, verify } = await reviewing();
    await using _ = cluster;
    cluster.answer(AUTHENTICATED);
    const token = await source.sign(claimsOf('kubernetes'));
    const { workload } = await verify(token);
    assert.equal(workload.extra?.['token_review'], 'authenticated');
    assert.deepEqual(cluster.asked, [
      {
        authorization: 'Bearer credential of /run/reviewer',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences: [AUDIENCE] } },
      },
    ]);
  });

  test('that says no, or speaks of another account or audience, lets nobody in', async () => {
    const { cluster, verify } = await reviewing();
    await using _ = cluster;
    const token = await source.sign(claimsOf('kubernetes'));
    for (const answer of [
      { authenticated: false, error: 'the pod is gone' },
      {},
      { ...AUTHENTICATED, audiences: [] },
      { ...AUTHENTICATED, audiences: undefined },
      { ...AUTHENTICATED, user: { ...AUTHENTICATED.user, uid: 'another' } },
      { ...AUTHENTICATED, user: { ...AUTHENTICATED.user, username: 'system:serviceaccount:ci:other' } },
      { ...AUTHENTICATED, user: undefined },
    ]) {
      cluster.answer(answer);
      await assert.rejects(verify(token), tokenRefused('review-denied', token), JSON.stringify(answer));
    }
  });

  test('that cannot be had lets nobody in either: a fault, another authority, no reviewer at all', async () => {
    const { cluster, issuer, verify } = await reviewing();
    await using _ = cluster;
    const token = await source.sign(claimsOf('kubernetes'));
    for (const status of [500, 403, 302]) {
      cluster.answer(status);
      await assert.rejects(verify(token), tokenRefused('review-unavailable', token));
    }
    const other = await reviewing(cluster.ca);
    await using __ = other.cluster;
    other.cluster.answer(AUTHENTICATED);
    await assert.rejects(other.verify(token), tokenRefused('review-unavailable', token));
    assert.deepEqual(other.cluster.asked, []);
    await assert.rejects(makeVerifier(issuer).verify(token), tokenRefused('review-unavailable', token));
  });
});
