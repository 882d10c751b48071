import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { accessibilityFaults, DESKTOP, excessWidth, PHONE, startBrowser, visit } from '../support/browser.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const PAGES: Readonly<Record<string, string>> = {
  '/targets': 'Targets',
  '/targets/shop': 'shop',
  '/targets?new=target': 'New target',
  '/policies': 'Policies',
  '/policies?new=policy': 'New policy',
  '/trust': 'Trust',
  '/trust?rule=shop-ci': 'shop-ci',
  '/trust?issuer=github': 'github',
  '/people': 'People',
  '/people/psn_01kanq000000lin00000': 'lin',
  '/tokens': 'Tokens',
  '/channels': 'Channels',
  '/channels?new=email': 'New channel',
  '/channels?channel=pager': 'pager',
  '/log': 'Log',
};

describe('the pages of rules and of the gateway', () => {
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

  for (const [where, options] of Object.entries({
    'a desktop, dark': { ...DESKTOP, colorScheme: 'dark' },
    'a phone, light': { ...PHONE, colorScheme: 'light' },
  } as const)) {
    test(`on ${where}: axe finds nothing, nothing is wider than the window, no error`, async () => {
      await using seen = await visit(browser, options);
      const found: string[] = [];
      for (const [path, heading] of Object.entries(PAGES)) {
        await seen.page.goto(`${server.url}${path}`);
        await seen.page.getByRole('heading', { level: 1, name: heading }).waitFor();
        await seen.page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
        found.push(...(await accessibilityFaults(seen.page)).map((fault) => `${path}: ${fault}`));
        const over = await excessWidth(seen.page);
        if (over > 0) found.push(`${path} is ${over} px too wide`);
      }
      assert.deepEqual([...found, ...seen.faults], []);
    });
  }

  test('a target is checked step by step, and a step that fails says what to do', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await page.goto(`${server.url}/targets/warehouse`);
    await page.getByRole('button', { name: 'Check' }).click();
    const steps = page.getByRole('list', { name: 'Steps of the check' }).getByRole('listitem');
    await steps.filter({ hasText: 'Can this machine reach wh.internal:5432?' }).waitFor();
    assert.equal(await steps.getByRole('img', { name: 'Not tried' }).count(), 2);
  });

  test('on a phone, a dialog that opens begins at its heading, and no tooltip lies over the page', async () => {
    await using seen = await visit(browser, PHONE);
    const { page } = seen;
    const focused = () => page.evaluate('document.activeElement.textContent');
    await page.goto(`${server.url}/targets/shop`);
    await page.getByRole('button', { name: 'Delete…' }).tap();
    const dialog = page.getByRole('dialog', { name: 'Delete shop?' });
    await dialog.getByText('trust rule shop-ci').waitFor();
    assert.equal(await focused(), 'Delete shop?');
    assert.equal(await page.getByRole('tooltip').count(), 0);
    await dialog.getByRole('button', { name: 'Keep it' }).tap();
    await page.getByRole('button', { name: 'Pages' }).tap();
    await page.getByRole('dialog', { name: 'Pages' }).getByRole('link', { name: 'Targets' }).waitFor();
    assert.equal(await focused(), 'Overview');
    assert.equal(await page.getByRole('tooltip').count(), 0);
    await page.getByRole('dialog', { name: 'Pages' }).getByRole('button', { name: 'Close' }).tap();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await page.getByRole('tooltip').count(), 0);
  });

  test('deleting a target says first which rules name it', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await page.goto(`${server.url}/targets/shop`);
    await page.getByRole('button', { name: 'Delete…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete shop?' });
    await dialog.getByText('trust rule shop-ci').waitFor();
    await dialog.getByText('policy reads are masked').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('a CI token is held against the rules, and is gone from the page', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.AAAA';
    await page.goto(`${server.url}/trust`);
    const field = page.getByLabel('A CI token');
    await field.fill(token);
    const asked = page.waitForRequest('**/v1/trust/check');
    await page.getByRole('button', { name: 'Check' }).click();
    assert.deepEqual((await asked).postDataJSON(), { token });
    await page.getByText('This job is let in.').waitFor();
    assert.equal(await field.inputValue(), '');
    const rules = page.getByRole('list', { name: 'Rules' });
    await rules.getByText('sourceRef is refs/heads/main, not refs/heads/release/*').waitFor();
    await rules.getByText('the rule calls it acme/shop').waitFor();
    const steps = page.getByRole('list', { name: 'Steps' });
    assert.equal(await steps.getByRole('img', { name: 'Passed' }).count(), 10);
    await steps.getByText('unknown and not read: shiny_new').waitFor();
    await page.getByText('Into: shop.').waitFor();
    await page.getByText('derived').waitFor();
    assert.ok(!(await page.content()).includes(token));
    const kept = await page.evaluate<string>('JSON.stringify([localStorage, sessionStorage, location.href])');
    assert.ok(!kept.includes(token));
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('an administrator is warned before they take the role from themselves, and cannot shut themselves out', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await openPerson(page, 'ada');
    assert.ok(await page.getByRole('button', { name: 'Shut out…' }).isDisabled());
    await page.getByLabel('admin', { exact: true }).uncheck();
    await page.getByText('You are taking the role admin from yourself').waitFor();
    const save = page.getByRole('button', { name: 'Save' });
    assert.ok(await save.isDisabled());
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByLabel('I know, and somebody else has it').check();
    assert.ok(await save.isEnabled());
  });

  test('groups given here stand beside those of the provider', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await openPerson(page, 'lin');
    await page.getByLabel('Groups').fill('on-call, dba');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('from the provider, and given here').waitFor();
    await page.getByText('on-call').first().waitFor();
  });

  test('what somebody else changed meanwhile takes no draft away, and no draft overwrites it', async () => {
    await using seen = await visit(browser);
    const { context, page } = seen;
    await openPerson(page, 'lin');
    await page.getByLabel('Handles').fill('github:mine');
    const other = await context.newPage();
    await openPerson(other, 'lin');
    await other.getByLabel('Handles').fill('github:of-somebody-else');
    await other.getByRole('button', { name: 'Save' }).click();
    await other.getByText('Saved lin').first().waitFor();

    const save = page.getByRole('button', { name: 'Save' });
    await save.click();
    await page.getByText('This person was changed elsewhere').waitFor();
    assert.deepEqual([await page.getByLabel('Handles').inputValue(), await save.isDisabled()], ['github:mine', true]);
    await page.getByRole('button', { name: 'Drop mine, show theirs' }).click();
    assert.equal(await page.getByLabel('Handles').inputValue(), 'github:of-somebody-else');
  });

  test('a token is shown once, and never again', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await page.goto(`${server.url}/tokens`);
    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByLabel('Name').fill('nightly report');
    await page.getByLabel('See and verify the log').check();
    assert.deepEqual(await accessibilityFaults(page), []);
    const asked = page.waitForRequest(
      (request) => request.method() === 'POST' && request.url().endsWith('/v1/operator-tokens'),
    );
    await page.getByRole('button', { name: 'Create' }).click();
    assert.deepEqual(((await asked).postDataJSON() as { scopes: string[] }).scopes, ['log:read']);
    await page.getByText('chop_mock_').waitFor();
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('row').filter({ hasText: 'nightly report' }).getByRole('button').click();
    const dialog = page.getByRole('dialog', { name: 'nightly report' });
    await dialog.getByText('log:read').waitFor();
    assert.ok(!(await page.content()).includes('chop_mock_'));
    await dialog.getByRole('button', { name: 'Revoke now' }).click();
    await page.getByRole('row').filter({ hasText: 'nightly report' }).getByText('revoked').waitFor();
  });

  test('what a channel gave up is tried again by hand, and a test says whether it got there', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await page.goto(`${server.url}/channels`);
    const given = page.getByRole('list', { name: 'Deliveries' }).getByRole('listitem');
    await given.nth(1).waitFor();
    await given.first().getByRole('button', { name: 'Try again' }).click();
    await given.nth(1).waitFor({ state: 'detached' });
    const channels = page.getByRole('list', { name: 'Channels', exact: true }).getByRole('listitem');
    await channels.filter({ hasText: 'pager' }).getByRole('button', { name: 'Send a test' }).click();
    await channels.getByText('Test: https://pager.example.com/hooks answered 503').waitFor();
    assert.deepEqual(seen.faults, []);
  });

  async function openPerson(page: Page, login: string): Promise<void> {
    await page.goto(`${server.url}/people`);
    await page.getByRole('link', { name: login, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: login }).waitFor();
  }
});
