/** Logging in with a real browser, a real gateway and a real provider; and what another site's page can do against it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startBrowser, type Visit, visit } from '../support/browser.ts';
import { COOKIE, type LoginGateway, startLoginGateway } from '../support/login-gateway.ts';
import { type LoginProvider, startLoginProvider } from '../support/login-provider.ts';
import { ROOT } from '../support/source-tree.ts';

describe('somebody logs in with a browser', () => {
  let provider: LoginProvider;
  let gateway: LoginGateway;
  let browser: Browser;

  before(async () => {
    provider = await startLoginProvider();
    provider.people.set('ada', { groups: ['platform'], name: 'Ada' });
    const config = provider.config({ roles: { admin: ['platform'] } });
    gateway = await startLoginGateway(config, join(ROOT, 'web', 'dist'));
    await provider.serve(gateway.url);
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await gateway?.[Symbol.asyncDispose]();
    await provider?.[Symbol.asyncDispose]();
  });

  const come = async ({ page }: Visit, login: string, path = '/'): Promise<void> => {
    await page.goto(`${gateway.url}${path}`);
    await page.getByRole('link', { name: 'Continue with Test' }).click();
    await page.getByLabel('Login').fill(login);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL(`${gateway.url}${path}`);
  };

  test('by the one-time link: opening it uses nothing up, the button does', async () => {
    for (const expected of ['good', 'used']) {
      await using seen = await visit(browser);
      const { page } = seen;
      await page.goto(gateway.firstLoginUrl);
      if (expected === 'used') {
        await page.getByText('This link was used, is too old, or never was one.').waitFor();
      } else {
        await page.reload();
        await page.getByRole('button', { name: 'Log in as administrator' }).click();
        await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      }
      assert.deepEqual(seen.faults, []);
    }
  });

  test('by the provider, back to the page that was asked for, in a cookie that no script reads', async () => {
    await using seen = await visit(browser);
    await come(seen, 'ada', '/people');
    await seen.page.getByRole('heading', { level: 1, name: 'People' }).waitFor();
    const cookie = (await seen.context.cookies(gateway.url)).find(({ name }) => name === COOKIE);
    assert.deepEqual([cookie?.httpOnly, cookie?.secure, cookie?.sameSite, cookie?.path], [true, true, 'Lax', '/']);
    assert.equal(await seen.page.evaluate('document.cookie'), '');
    assert.deepEqual(seen.faults, []);
  });

  test('from a link into it: the login knows where to go on, is not its own way back, and leads there', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    const wanted = '/runs?who=main&since=7d';
    const loginUrl = `${gateway.url}/login?return_to=%2Fruns%3Fwho%3Dmain%26since%3D7d`;
    const visited: string[] = [];
    page.on('framenavigated', (frame) => visited.push(frame.url()));
    await page.goto(gateway.url + wanted);
    const way = page.getByRole('link', { name: 'Continue with Test' });
    await way.waitFor();
    assert.equal(page.url(), loginUrl);
    // Looking at it again, as whoever comes back to the tab does, goes no deeper.
    await page.reload();
    await way.waitFor();
    assert.equal(page.url(), loginUrl);
    assert.deepEqual([...new Set(visited)], [gateway.url + wanted, loginUrl]);
    assert.equal(await way.getAttribute('href'), '/v1/login/start?return_to=%2Fruns%3Fwho%3Dmain%26since%3D7d');
    await way.click();
    await page.getByLabel('Login').fill('ada');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL(gateway.url + wanted);
    await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
    assert.deepEqual(seen.faults, []);
  });

  test('and is told when there is nothing for them here', async () => {
    await using seen = await visit(browser);
    await come(seen, 'nobody');
    await seen.page
      .getByText(/role|group/i)
      .first()
      .waitFor();
    assert.deepEqual(seen.faults, []);
  });

  test('and begins at what waits for them, where they are in a group and have no role', async () => {
    provider.people.set('gina', { groups: ['dba'] });
    await using seen = await visit(browser);
    await seen.page.goto(gateway.url);
    await seen.page.getByRole('link', { name: 'Continue with Test' }).click();
    await seen.page.getByLabel('Login').fill('gina');
    await seen.page.getByRole('button', { name: 'Log in' }).click();
    await seen.page.waitForURL(`${gateway.url}/approvals`);
    await seen.page.getByRole('heading', { level: 1, name: 'Approvals' }).waitFor();
    assert.deepEqual(seen.faults, []);
  });

  test('and lets a terminal in', async () => {
    await using seen = await visit(browser);
    const { json } = await gateway.call('POST', '/v1/login/device', { json: { name: 'ada@laptop' } });
    await come(seen, 'ada', `/device?code=${String(json['user_code'])}`);
    await seen.page.getByText('ada@laptop').waitFor();
    await seen.page.getByRole('button', { name: 'Allow' }).click();
    await seen.page.getByText(/^Allowed\./).waitFor();
    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: json['device_code'] };
    const polled = await gateway.call('POST', '/v1/login/device/token', { json: grant });
    assert.equal(polled.status, 200);
    assert.deepEqual(seen.faults, []);
  });

  test("and another site's page changes nothing in their name, reads nothing, and shows no page of ours", async () => {
    await using attacker = await startAttacker(gateway.url);
    await using seen = await visit(browser);
    const { page } = seen;
    await come(seen, 'ada');
    const before = await gateway.call('GET', '/v1/operator-tokens', { auth: gateway.admin });
    await page.goto(attacker.url);
    await page.waitForFunction('document.title.startsWith("done")');
    assert.equal(await page.title(), 'done: blocked blocked blocked');
    // A form of another site is a navigation: the browser goes there without the cookie.
    await page.getByRole('button', { name: 'Win' }).click();
    await page.waitForURL(`${gateway.url}/**`);
    assert.match((await page.textContent('body')) ?? '', /"status":4\d\d/);
    const since = await gateway.call('GET', '/v1/operator-tokens', { auth: gateway.admin });
    assert.deepEqual(since.json, before.json);
    await page.goto(`${gateway.url}/tokens`);
    await page.getByRole('heading', { level: 1, name: 'Tokens' }).waitFor();
  });
});

/** A page that tries what such pages try, and says in its title how that went. */
async function startAttacker(target: string): Promise<{ readonly url: string } & AsyncDisposable> {
  const token = JSON.stringify({ name: 'forged', role: 'admin', expiresAt: null });
  const html = `<!doctype html><title>wait</title>
<form method="post" action="${target}/v1/operator-tokens" enctype="text/plain">
<input name='${token.slice(0, -1)},"x":"' value='"}'><button>Win</button></form>
<iframe src="${target}/tokens"></iframe>
<script>
const tries = [
  fetch('${target}/v1/me', { credentials: 'include' }),
  fetch('${target}/v1/operator-tokens', {
    method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(token)},
  }),
  fetch('${target}/v1/logout', { method: 'POST', credentials: 'include', headers: { 'x-csrf-token': 'x' } }),
];
Promise.allSettled(tries).then((all) => {
  document.title = 'done: ' + all.map(({ status }) => (status === 'rejected' ? 'blocked' : 'answered')).join(' ');
});
</script>`;
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
