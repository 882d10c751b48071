import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { onEachStore } from '../../test/support/stores.ts';
import type { TargetName } from '../model/ids.ts';
import { Secret } from '../model/secret.ts';
import type { Store } from '../store/store.ts';
import { type ExchangeRequest, GrantService, type GrantServiceOptions } from './grant-service.ts';
import type { VerifiedIdentity } from './vocabulary.ts';

const START = Date.parse('2026-01-02T03:04:05.678Z');
const NEVER = new AbortController().signal;
const STAGING = 'pg-staging' as TargetName;

const IDENTITY: VerifiedIdentity = {
  workload: {
    issuer: 'https://ci.example',
    issuerKind: 'generic',
    tokenSubject: 'job',
    sourceRepositoryId: '74',
    sourceRepositoryUri: 'https://ci.example/acme/shop',
  },
  display: 'acme/shop@refs/heads/main',
  issuer: 'ci',
  demo: false,
  replayKey: 'replay-1',
  expiresAt: '2026-01-02T03:09:05.000Z',
  tokenDigest: 'aa',
  jwksDigest: 'bb',
};

/** The verifier is a table here: each token's text names what it was verified to be. Its own tests are in identity. */
function serviceOn(store: Store, options: Partial<GrantServiceOptions> = {}) {
  const clock = { ms: START };
  const service = new GrantService({
    store,
    verify: (token) => Promise.resolve({ ...IDENTITY, replayKey: `replay-${token.reveal()}` }),
    trust: () => ({
      rules: ['shop-main', 'shop-readers'],
      targets: [STAGING, 'pg-reports' as TargetName],
      lifetimeSeconds: 600,
      renewableSeconds: 1500,
    }),
    audience: 'https://gateway.example',
    decoyKey: new Uint8Array(32).fill(7),
    now: () => clock.ms,
    random: (bytes) => randomBytes(bytes),
    ...options,
  });
  return { service, clock };
}

const request = (token: string, more: Partial<ExchangeRequest> = {}): ExchangeRequest => ({
  token: new Secret(token),
  asserted: { agent: 'claude-code' },
  ...more,
});

const refusedAs = (code: string) => (error: unknown) => {
  assert.ok(error instanceof Error && 'refusal' in error, String(error));
  assert.equal((error.refusal as { code: string }).code, code);
  return true;
};

onEachStore('grants', (stores) => {
  test('a token becomes a run and a grant for the targets that trust gives, no longer than it gives them', async () => {
    const { service } = serviceOn(await stores.open());
    const { grant, secret, run, evidence } = await service.exchange(request('t1'), NEVER);
    assert.match(grant.id, /^grt_[0-9a-z]{26}$/);
    assert.match(run.id, /^run_[0-9a-z]{26}$/);
    assert.match(secret.reveal(), /^[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(
      { ...grant, id: 'id', run: 'run' },
      {
        id: 'id',
        run: 'run',
        targets: ['pg-staging', 'pg-reports'],
        rule: 'shop-main, shop-readers',
        issuedAt: '2026-01-02T03:04:05.678Z',
        expiresAt: '2026-01-02T03:14:05.678Z',
      },
    );
    assert.equal(grant.run, run.id);
    assert.deepEqual(run.asserted, { agent: 'claude-code' });
    assert.deepEqual(evidence, { tokenDigest: 'aa', jwksDigest: 'bb' });
    await service[Symbol.asyncDispose]();
  });

  test('a token is exchanged once, whoever comes second and however close', async () => {
    const store = await stores.open();
    const left = serviceOn(store).service;
    const right = serviceOn(store).service;
    const results = await Promise.allSettled(
      [left, right, left, right].map((service) => service.exchange(request('same'), NEVER)),
    );
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const result of results) {
      if (result.status === 'rejected') refusedAs('claim-replayed')(result.reason);
    }
    const runs = await store.read((db) => db.selectFrom('runs').select('id').execute());
    assert.equal(runs.length, 1);
  });

  test('only what was asked for is granted, and what cannot be granted is refused by name', async () => {
    const { service } = serviceOn(await stores.open());
    const { grant } = await service.exchange(request('t1', { requestedTargets: ['pg-reports'] }), NEVER);
    assert.deepEqual(grant.targets, ['pg-reports']);
    await assert.rejects(
      service.exchange(request('t2', { requestedTargets: ['pg-reports', 'pg-prod'] }), NEVER),
      refusedAs('target-not-granted'),
    );
    await assert.rejects(
      service.exchange(request('t3', { audience: 'https://another.example' }), NEVER),
      refusedAs('claim-invalid'),
    );
  });

  test('the secret lets its holder into the granted targets, and nothing else does', async () => {
    const { service } = serviceOn(await stores.open());
    const { grant, secret } = await service.exchange(request('t1'), NEVER);
    const claim = { kind: 'password', user: grant.id, password: secret } as const;
    const { principal } = await service.authenticate(claim, STAGING);
    assert.equal(principal.display, 'acme/shop@refs/heads/main');
    assert.equal(principal.run.id, grant.run);
    assert.match(principal.id, /^wrk_[0-9a-f]{26}$/);
    await assert.rejects(service.authenticate(claim, 'pg-prod' as TargetName), refusedAs('target-not-granted'));
    for (const wrong of [
      { ...claim, password: new Secret(`${secret.reveal()}x`) },
      { ...claim, password: new Secret('') },
      { ...claim, user: `${grant.id.slice(0, -1)}${grant.id.endsWith('0') ? '1' : '0'}` },
      { ...claim, user: "' or 1=1 --\0" },
    ]) {
      await assert.rejects(service.authenticate(wrong, STAGING), refusedAs('claim-invalid'));
    }
  });
});
