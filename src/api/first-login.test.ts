import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { COOKIE, inLog, type LoginGateway, startLoginGateway } from '../../test/support/login-gateway.ts';

const HOUR_MS = 3_600_000;

describe('the one-time link of the first administrator', () => {
  let gateway: LoginGateway;
  before(async () => void (gateway = await startLoginGateway()));
  after(() => gateway[Symbol.asyncDispose]());

  const newLink = async () => {
    const { json } = await gateway.call('POST', '/v1/login/first-links', { auth: gateway.admin });
    return String(json['url']);
  };
  const codeOf = (link: string) => new URL(link).searchParams.get('code') ?? '';
  const look = async (link: string) => (await gateway.call('GET', `/v1/login/first?code=${codeOf(link)}`)).json['good'];

  test('is not used up by whoever looks at it: a preview, a crawler, a prefetch', async () => {
    const link = gateway.firstLoginUrl;
    assert.match(link, /\/login\/first\?code=[\w-]{43}$/);
    const preview = gateway.browser();
    for (const method of ['GET', 'HEAD']) await preview.send(link, { method, headers: { accept: 'text/html' } });
    assert.equal(await look(link), true);
    assert.equal(preview.session, undefined);
    const somebody = gateway.browser();
    assert.equal(await somebody.useLink(link), 204);
    const me = (await somebody.page('GET', '/v1/me')).json;
    const person = me['person'] as Record<string, unknown>;
    assert.deepEqual(
      [me['name'], person['roles'], person['groups'], person['issuer']],
      ['admin', ['admin'], [], 'local'],
    );
    await inLog(gateway, /"action":"login","by":"psn_\w+","how":"one-time-link","via":"browser"/);
  });

  test('is good once', async () => {
    const link = await newLink();
    assert.equal(await gateway.browser().useLink(link), 204);
    assert.equal(await gateway.browser().useLink(link), 403);
    assert.equal(await look(link), false);
    await inLog(gateway, /"action":"login\.failed","why":"code-unknown"/);
  });

  test('is good for one of many that come at once', async () => {
    gateway.pass(HOUR_MS);
    const link = await newLink();
    const statuses = await Promise.all(Array.from({ length: 8 }, () => gateway.browser().useLink(link)));
    assert.deepEqual(
      statuses.toSorted((a, b) => a - b),
      [204, 403, 403, 403, 403, 403, 403, 403],
    );
  });

  test('is good for an hour', async () => {
    gateway.pass(HOUR_MS);
    const link = await newLink();
    gateway.pass(HOUR_MS);
    assert.equal(await gateway.browser().useLink(link), 403);
  });

  test('cannot be used by another site, in whose name ever', async () => {
    gateway.pass(HOUR_MS);
    const [link, browser] = [await newLink(), gateway.browser()];
    const origins: readonly Record<string, string>[] = [
      {},
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      { origin: 'null', 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of origins) {
      const sent = { method: 'POST', headers, json: { code: codeOf(link) } };
      assert.equal((await browser.send(`${gateway.url}/v1/login/first`, sent)).status, 403);
    }
    assert.equal(browser.session, undefined);
    assert.equal(await look(link), true);
  });

  test('ends the session that the browser came with', async () => {
    gateway.pass(HOUR_MS);
    const browser = gateway.browser();
    await browser.useLink(await newLink());
    const before = browser.session ?? '';
    await browser.useLink(await newLink());
    assert.notEqual(browser.session, before);
    const other = gateway.browser();
    other.setCookie(gateway.url, COOKIE, before);
    assert.equal((await other.page('GET', '/v1/me')).status, 401);
  });

  test('is not made for a browser, nor for a token that is less than an administrator', async () => {
    gateway.pass(HOUR_MS);
    const browser = gateway.browser();
    await browser.useLink(await newLink());
    assert.equal((await browser.page('POST', '/v1/login/first-links')).status, 403);
    const scopes = ['people:read', 'people:write', 'tokens:write'];
    const made = await gateway.call('POST', '/v1/operator-tokens', {
      auth: gateway.admin,
      json: { name: 'people', scopes, expiresAt: null },
    });
    const auth = `Bearer ${String(made.json['token'])}`;
    assert.equal((await gateway.call('POST', '/v1/login/first-links', { auth })).status, 403);
    assert.equal((await gateway.call('POST', '/v1/login/first-links')).status, 401);
  });

  test('is not guessed: ten tries of one address, and then one in ten seconds', async () => {
    gateway.pass(HOUR_MS);
    const guess = () => gateway.browser().useLink(`${gateway.url}/login/first?code=${'x'.repeat(43)}`);
    const statuses = [];
    for (let n = 0; n < 12; n++) statuses.push(await guess());
    assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 403), 429, 429]);
    gateway.pass(10_000);
    assert.deepEqual([await guess(), await guess()], [403, 429]);
  });
});
