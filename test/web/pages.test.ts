import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { isHostile } from '../../web/src/ui/hostile.ts';
import { accessibilityFaults, DESKTOP, excessWidth, PHONE, startBrowser, visit } from '../support/browser.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const APPROVAL = '/approvals/apr_01kanq000000h7t3v9x2c4m6';
const HOSTILE = '/approvals/apr_01kanq000002h7t3v9x2c4m6';
const PAGES: Readonly<Record<string, string>> = {
  '/': 'Overview',
  '/approvals': 'Approvals',
  '/approvals?view=all': 'Approvals',
  [APPROVAL]: 'ALTER public.orders',
  '/device': 'Log in a terminal',
  '/device?code=WDJB-MJHT': 'Log in a terminal',
  '/api': 'API',
  '/login': 'Log in',
  '/login/first?code=abc': 'Become the administrator',
  '/nowhere': 'There is no such page',
};

describe('the web UI in a browser', () => {
  let browser: Browser;
  let server: WebServer;

  before(async () => {
    server = await startWebServer();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  // Each theme and each width once: axe takes a second a page.
  for (const [where, options] of Object.entries({
    'a desktop, light': { ...DESKTOP, colorScheme: 'light' },
    'a phone, dark': { ...PHONE, colorScheme: 'dark' },
  } as const)) {
    test(`pages on ${where}: axe finds nothing, nothing is wider than the window, no error`, async () => {
      await using seen = await visit(browser, options);
      const found: string[] = [];
      for (const [path, heading] of Object.entries(PAGES)) {
        await seen.page.goto(`${server.url}${path}`);
        await seen.page.getByRole('heading', { level: 1, name: heading }).waitFor();
        await seen.page.locator('#main:not(:has([aria-busy="true"]))').waitFor();
        found.push(...(await accessibilityFaults(seen.page)).map((fault) => `${path}: ${fault}`));
        const over = await excessWidth(seen.page);
        if (over > 0) found.push(`${path} is ${over} px too wide`);
      }
      assert.deepEqual([...found, ...seen.faults], []);
    });
  }

  test('the theme stands before anything is drawn, and a choice is kept', async () => {
    await using seen = await visit(browser, { colorScheme: 'dark' });
    const { page } = seen;
    await page.goto(server.url);
    const theme = () => page.evaluate('document.documentElement.dataset.theme');
    assert.equal(await theme(), 'dark');
    await page.getByRole('button', { name: /account/ }).click();
    await page.getByRole('menuitem', { name: 'Light' }).click();
    assert.equal(await theme(), 'light');
    await page.reload({ waitUntil: 'commit' });
    await page.locator('html[data-theme="light"]').waitFor({ state: 'attached' });
    assert.deepEqual(seen.faults, []);
  });

  test('Ctrl K goes to a page by its name, and to anything by its id', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder(/an id/).fill('polic');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/policies');
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder(/an id/).fill('apr_01kanq000000h7t3v9x2c4m6');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${APPROVAL}`);
    assert.deepEqual(seen.faults, []);
  });

  test('g a, j, k and Enter lead through the inbox to an approval, and the heading has the focus', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.waitForURL('**/approvals');
    await page.getByRole('link', { name: /^ALTER TABLE orders/ }).waitFor();
    await page.locator('h1:focus').waitFor();
    for (const key of ['j', 'j', 'k']) {
      await page.keyboard.press(key);
      await page.locator('a[data-row]:focus').waitFor();
    }
    await page.locator('a[data-row="0"]:focus').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**${APPROVAL}`);
    await page.locator('h1:focus').waitFor();
    assert.equal(await page.title(), 'ALTER public.orders · Chaperone');
  });

  test('single keys do nothing while one types, and can be switched off', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await page.goto(`${server.url}/api`);
    await page.getByRole('searchbox', { name: 'Find a route' }).fill('');
    await page.keyboard.type('ga?');
    await page.waitForURL('**/api?text=ga%3F');
    await page.getByRole('heading', { level: 1 }).click();
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('?');
    const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await list.getByRole('checkbox').uncheck();
    await page.keyboard.press('Escape');
    await list.waitFor({ state: 'hidden' });
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder(/an id/).waitFor();
    assert.equal(new URL(page.url()).pathname, '/api');
  });

  test('text that hides, reorders or pretends is shown as what it is, and none of it is markup', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await page.goto(`${server.url}${HOSTILE}`);
    const statement = page.getByRole('group', { name: 'What is asked' });
    const text = await statement.innerText();
    for (const mark of ['⟨U+202E⟩', '⟨U+202C⟩', '⟨U+200B⟩', '⟨U+001B⟩', '<img src=x onerror=alert(1)>']) {
      assert.ok(text.includes(mark), mark);
    }
    assert.equal(isHostile((await page.locator('main').innerText()).replaceAll('\u00A0', ' ')), false);
    assert.equal(await page.locator('main img').count(), 0);
    assert.deepEqual(seen.faults, []);
  });

  test('the history narrows to a state and to a run, by hand and by its address', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await page.goto(`${server.url}/approvals?view=all`);
    const states = page.getByRole('table').getByText(/^(?:Waiting|Approved|Denied|Expired|Cancelled)$/u);
    await page.getByRole('table').getByText('Approved').first().waitFor();
    await page.getByLabel('State').selectOption('Denied');
    await page.waitForURL('**/approvals?view=all&state=denied');
    await page.getByRole('table').getByText('Approved').first().waitFor({ state: 'detached' });
    await states.first().waitFor();
    assert.deepEqual([...new Set(await states.allInnerTexts())], ['Denied']);
    const asked = page.waitForRequest('**/v1/approvals?*run=run_none*');
    await page.goto(`${server.url}/approvals?view=all&run=run_none`);
    await asked;
    await page.getByText('No approval fits').waitFor();
    assert.equal(await page.getByLabel('Run').inputValue(), 'run_none');
    await page.getByRole('button', { name: 'All of them' }).click();
    await page.getByRole('table').getByText('Approved').first().waitFor();
    assert.deepEqual(seen.faults, []);
  });

  test('a list of 10,000 holds only what is seen, and its end is there at once', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await page.route('**/v1/approvals?*', async (route) => {
      const { items } = (await (await route.fetch()).json()) as { items: object[] };
      const many = Array.from({ length: 10_000 }, (_, index) => ({
        ...items[0],
        id: `apr_${index}`,
        text: `SELECT ${index}`,
      }));
      await route.fulfill({ json: { items: many } });
    });
    await page.goto(`${server.url}/approvals?view=all`);
    await page.getByRole('link', { name: 'SELECT 0', exact: true }).waitFor();
    await page.keyboard.press('End');
    await page.getByRole('link', { name: 'SELECT 9999', exact: true }).waitFor();
    const rows = await page.getByRole('row').count();
    assert.ok(rows > 15 && rows < 100, `${rows} rows`);
    assert.equal(await page.getByRole('table').getAttribute('aria-rowcount'), '10001');
    assert.deepEqual(seen.faults, []);
  });

  test('the tabs of one browser share one stream, and another takes over when its tab closes', async () => {
    await using seen = await visit(browser);
    const { context, page } = seen;
    const streams: string[] = [];
    context.on('request', (request) => void (request.url().endsWith('/v1/events') && streams.push(request.url())));
    const live = { name: 'Live: changes appear by themselves' };
    await page.goto(`${server.url}/approvals`);
    await page.getByRole('button', live).waitFor();
    const other = await context.newPage();
    await other.goto(`${server.url}/approvals`);
    await other.getByRole('button', live).waitFor();
    assert.equal(streams.length, 1);
    const [request] = await Promise.all([
      context.waitForEvent('request', (each) => each.url().endsWith('/v1/events')),
      page.close(),
    ]);
    assert.equal(request.method(), 'GET');
    await other.getByRole('button', live).waitFor();
  });

  test('what opens above a page is found nothing wrong with either, and closes on Escape', async () => {
    await using seen = await visit(browser, PHONE);
    const { page } = seen;
    await page.goto(server.url);
    for (const [button, opened] of [
      ['Pages', page.getByRole('dialog', { name: 'Pages' })],
      ['Go to…', page.getByRole('dialog', { name: 'Go to' })],
      [/account/, page.getByRole('menu')],
    ] as const) {
      await page.getByRole('button', { name: button }).click();
      await opened.waitFor();
      assert.deepEqual([button, ...(await accessibilityFaults(page))], [button]);
      await page.keyboard.press('Escape');
      await opened.waitFor({ state: 'hidden' });
    }
    assert.deepEqual(seen.faults, []);
  });

  test('a list that is empty teaches how it fills, and its command makes no phone scroll', async () => {
    await using seen = await visit(browser, PHONE);
    const { page } = seen;
    await page.route('**/v1/approvals?*', (route) => route.fulfill({ json: { items: [] } }));
    await page.goto(`${server.url}/approvals?view=all`);
    await page.getByRole('heading', { name: 'Nobody has been asked yet' }).waitFor();
    assert.equal(await excessWidth(page), 0);
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('without a network a page that was not opened yet waits for it, and nothing of what is there is lost', async () => {
    await using seen = await visit(browser, PHONE);
    const { context, page } = seen;
    await page.goto(`${server.url}/approvals`);
    await page.getByRole('heading', { level: 1, name: 'Approvals' }).waitFor();
    await context.setOffline(true);
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.getByText('This page opens as soon as it can').waitFor();
    await context.setOffline(false);
    await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
  });

  test('a session that ends while one reads leads to the login, and back', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.getByRole('heading', { name: /^Waiting for you/ }).waitFor();
    const body = '{"title":"Log in","status":401}';
    await page.route('**/v1/**', (route) => {
      const isOpen = /\/v1\/(?:login|gateway)$/.test(route.request().url());
      return isOpen ? route.continue() : route.fulfill({ status: 401, contentType: 'application/problem+json', body });
    });
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.waitForURL('**/login?return_to=%2Fruns');
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
  });

  test('a page that needs a login leads to it, and tells it where to come back to', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await page.route('**/v1/me', (route) =>
      route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"title":"Log in","status":401}' }),
    );
    await page.goto(`${server.url}${APPROVAL}`);
    const link = page.getByRole('link', { name: 'Continue with Example Login' });
    assert.equal(await link.getAttribute('href'), `/v1/login/start?return_to=${encodeURIComponent(APPROVAL)}`);
    assert.deepEqual(seen.faults, []);
  });
});

describe('an answer to an approval', () => {
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser?.close());

  test('takes two steps, carries digest and reason, and what is shown is what the server says', async () => {
    await using server = await startWebServer();
    await using seen = await visit(browser);
    const { page } = seen;
    await page.goto(`${server.url}${APPROVAL}`);
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    await page.keyboard.press('a');
    const dialog = page.getByRole('dialog', { name: 'Approve this request' });
    await dialog.getByLabel('Reason').fill('Agreed in the review.');
    assert.deepEqual(await accessibilityFaults(page), []);
    const [request] = await Promise.all([page.waitForRequest('**/answer'), page.keyboard.press('Control+Enter')]);
    assert.deepEqual(request.postDataJSON(), {
      answer: 'approve',
      digest: '5f1d7a84db00d2fce00b31a7fc73224f0a7a0c6d92c0f2a2b7e9f8c1d3e4a5b6',
      reason: 'Agreed in the review.',
    });
    assert.equal(request.headers()['x-csrf-token'], 'mock');
    await page.getByText('Approved, and run').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Approve' }).count(), 0);
    assert.deepEqual(seen.faults, []);
  });

  test('of somebody else appears without reloading, in the inbox too', async () => {
    await using server = await startWebServer();
    await using one = await visit(browser);
    await using other = await visit(browser);
    await one.page.goto(`${server.url}${APPROVAL}`);
    await one.page.getByRole('button', { name: 'Approve' }).waitFor();
    await other.page.goto(`${server.url}/approvals`);
    await other.page.getByRole('link', { name: /^ALTER TABLE orders/ }).waitFor();

    await one.page.getByRole('button', { name: 'Deny' }).click();
    await one.page.getByRole('dialog').getByRole('button', { name: 'Deny' }).click();
    await one.page.getByText('Denied; it never reached the target').waitFor();
    await other.page.getByRole('link', { name: /^ALTER TABLE orders/ }).waitFor({ state: 'detached' });
    assert.deepEqual([...one.faults, ...other.faults], []);
  });

  test('that somebody else gave takes no words from under the fingers of whoever is writing one', async () => {
    await using server = await startWebServer();
    await using one = await visit(browser);
    await using other = await visit(browser);
    await one.page.goto(`${server.url}${APPROVAL}`);
    await one.page.getByRole('button', { name: 'Deny' }).click();
    const dialog = one.page.getByRole('dialog', { name: 'Deny this request' });
    await dialog.getByLabel('Reason').fill('Not during');
    await other.page.goto(`${server.url}${APPROVAL}`);
    await other.page.getByRole('button', { name: 'Approve' }).click();
    await other.page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await other.page.getByText('Approved, and run').waitFor();

    await dialog.getByRole('alert').getByText('There is nothing to answer any more. Approved, and run.').waitFor();
    await one.page.keyboard.type(' the release');
    assert.equal(await dialog.getByLabel('Reason').inputValue(), 'Not during the release');
    assert.ok(await dialog.getByRole('button', { name: 'Deny' }).isDisabled());
    assert.deepEqual(await accessibilityFaults(one.page), []);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await one.page.getByText('Approved, and run').waitFor();
    assert.deepEqual([...one.faults, ...other.faults], []);
  });

  test('that comes too late is said, and how it stands is shown', async () => {
    await using server = await startWebServer();
    await using seen = await visit(browser, PHONE);
    const { page } = seen;
    await page.goto(`${server.url}${APPROVAL}`);
    await page.getByRole('button', { name: 'Approve' }).click();
    const dialog = page.getByRole('dialog', { name: 'Approve this request' });
    await page.route('**/answer', (route) =>
      route.fulfill({
        status: 409,
        contentType: 'application/problem+json',
        body: JSON.stringify({ title: 'This approval is already decided', status: 409, code: 'approval-void' }),
      }),
    );
    await dialog.getByRole('button', { name: 'Approve' }).click();
    await dialog.getByRole('alert').getByText('This approval is already decided').waitFor();
  });
});
