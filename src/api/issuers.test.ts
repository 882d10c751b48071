import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startApi, type TestApi } from '../../test/support/api.ts';
import { type MockTokenReview, startMockTokenReview } from '../../test/support/mock-token-review.ts';
import { startTokenIssuer, type TokenIssuer } from '../../test/support/token-issuer.ts';
import { VENDOR_EXAMPLES } from '../../test/support/vendor-claims.ts';

const AUDIENCE = 'https://gateway.test';
const READS_OF_NAMED_RUNS = `
  - { name: named, principals: { run.runBinding: verified }, targets: [people], operations: [read, session, transaction], effect: permit }
`;

let api: TestApi;
let cluster: MockTokenReview;
let issuer: TokenIssuer;
before(async () => {
  [api, cluster, issuer] = await Promise.all([
    startApi({ policies: READS_OF_NAMED_RUNS }),
    startMockTokenReview(),
    startTokenIssuer(),
  ]);
  const tokenFile = join(api.directory, 'reviewer');
  await writeFile(tokenFile, 'the credential of the reviewer\n', { mode: 0o600 });
  await api.apply(`
issuers:
  - name: cluster
    kind: kubernetes
    issuer: "${issuer.url}"
    insecureLoopback: true
    tokenReview: { server: "${cluster.server}", tokenFile: "${tokenFile}", ca: ${JSON.stringify(cluster.ca)} }
trust:
  - name: agent
    preset: kubernetes
    serviceAccount: ci/agent
    serviceAccountUid: e6a8680e-d103-4cce-80ea-03acbbeacf7d
    targets: [people]
`);
});
after(async () => {
  for (const part of [api, cluster, issuer]) await part?.[Symbol.asyncDispose]();
});

let tokens = 0;
const sign = (more: object = {}) => {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const claims = VENDOR_EXAMPLES.kubernetes.claims({ iss: issuer.url, aud: AUDIENCE, nowSeconds });
  return issuer.sign({ ...claims, jti: `token-${++tokens}`, ...more });
};

async function exchange(token: string) {
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    subject_token: token,
  });
  const body = { type: 'application/x-www-form-urlencoded', text: form.toString() };
  return api.call('POST', '/oauth/token', { body });
}

const AUTHENTICATED = {
  authenticated: true,
  audiences: [AUDIENCE],
  user: { username: 'system:serviceaccount:ci:agent', uid: 'e6a8680e-d103-4cce-80ea-03acbbeacf7d' },
};

/** The refused exchanges that the log has, once the next checkpoint shows so many. */
async function refusals(count: number): Promise<readonly unknown[]> {
  for (;;) {
    const { json } = await api.call('GET', '/v1/log/entries?limit=100', { auth: api.admin });
    const entries = (json['entries'] as { text: string }[]).map(({ text }) => JSON.parse(text) as { detail?: object });
    const found = entries.flatMap(({ detail }) =>
      detail !== undefined && 'action' in detail && detail.action === 'exchange.refused' ? [detail] : [],
    );
    if (found.length >= count) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a pod whose cluster is asked', () => {
  test('is let in once its cluster confirms, and the record says what was signed, computed and not named', async () => {
    cluster.answer(AUTHENTICATED);
    const token = await sign();
    const granted = await exchange(token);
    assert.equal(granted.status, 200, granted.text);
    assert.equal(granted.json['display'], 'ci/agent');
    const { json } = await api.call('GET', `/v1/runs/${String(granted.json['run'])}`, { auth: api.admin });
    const claims = json['workload'] as { name: string; value: string; class: string }[];
    const named = (name: string) => claims.find((claim) => claim.name === name);
    assert.deepEqual(named('workloadId'), {
      name: 'workloadId',
      value: 'e6a8680e-d103-4cce-80ea-03acbbeacf7d',
      class: 'verified',
    });
    assert.deepEqual(named('workloadName'), { name: 'workloadName', value: 'ci/agent', class: 'derived' });
    assert.deepEqual(named('runBinding'), { name: 'runBinding', value: 'asserted', class: 'derived' });
    assert.equal(named('extra.token_review')?.value, 'authenticated');
    const kept = await api.store.read((db) => db.selectFrom('runs').select(['token', 'token_digest']).execute());
    assert.deepEqual(
      kept.map((row) => [row.token, row.token_digest?.length]),
      [[null, 64]],
    );
    const sealed = await api.store.read((db) => db.selectFrom('run_tokens').select('sealed').execute());
    assert.equal(sealed.length, 1);
    assert.equal(sealed[0]?.sealed.includes(token.split('.')[1] ?? token), false);
    assert.equal((await exchange(token)).json['code'], 'claim-replayed');
  });

  test('is seen by policy as a run that its token does not name', async () => {
    cluster.answer(AUTHENTICATED);
    const { json } = await exchange(await sign());
    const grant = { user: String(json['grant']), password: String(json['access_token']), run: String(json['run']) };
    const client = await api.connect(grant);
    try {
      await assert.rejects(client.query('select id from people'), /not permitted|no rule|denied/i);
    } finally {
      await client.end();
    }
  });

  test('is not let in where the cluster says no, and the log says why and for whose tokens, and nothing of them', async () => {
    cluster.answer({ authenticated: false, error: 'the pod is gone' });
    const denied = await exchange(await sign());
    assert.deepEqual([denied.status, denied.json['code']], [400, 'claim-invalid']);
    assert.equal(denied.text.includes('pod is gone'), false);
    cluster.answer(AUTHENTICATED);
    const stranger = await sign({
      'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'agent', uid: 'made-again' } },
    });
    cluster.answer({ ...AUTHENTICATED, user: { ...AUTHENTICATED.user, uid: 'made-again' } });
    assert.equal((await exchange(stranger)).json['code'], 'trust-denied');
    const of = (why: string) => ({ by: 'gateway', action: 'exchange.refused', why, name: 'cluster' });
    assert.deepEqual(await refusals(3), [of('claim-replayed'), of('review-denied'), of('trust-denied')]);
  });
});
