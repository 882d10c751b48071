import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { startDemoIssuer } from './demo-issuer.ts';

const start = () =>
  startDemoIssuer({ port: 0, requestToken: 'let-me', nowMs: () => Date.now(), randomId: () => crypto.randomUUID() });

test("the demo's issuer mints a token of GitHub's shape that its own keys verify and that says it is a demo", async () => {
  await using issuer = await start();
  const answer = await fetch(`${issuer.requestUrl}&audience=here`, { headers: { authorization: 'Bearer let-me' } });
  const { value } = (await answer.json()) as { value: string };
  const keys = createRemoteJWKSet(new URL(`${issuer.url}/.well-known/jwks`));
  const { payload } = await jwtVerify(value, keys, { issuer: issuer.url, audience: 'here', algorithms: ['RS256'] });
  assert.equal(payload['repository_id'], '100000001');
  assert.equal(payload['repository_owner_id'], '200000001');
  assert.equal(payload['chaperone_demo'], 'true');
  assert.equal(payload.sub, 'repo:octo-shop@200000001/storefront@100000001:ref:refs/heads/main');
});

test("the demo's issuer mints nothing without the request token of this start, or without an audience", async () => {
  await using issuer = await start();
  const none = await fetch(`${issuer.requestUrl}&audience=here`);
  const wrong = await fetch(`${issuer.requestUrl}&audience=here`, { headers: { authorization: 'Bearer let-you' } });
  const unaimed = await fetch(issuer.requestUrl, { headers: { authorization: 'Bearer let-me' } });
  assert.deepEqual([none.status, wrong.status, unaimed.status], [401, 401, 400]);
});
