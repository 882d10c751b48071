import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { isHostile } from '../../web/src/ui/hostile.ts';
import { accessibilityFaults, DESKTOP, excessWidth, PHONE, startBrowser, visit } from '../support/browser.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const CHANGED = `/definitions/def_${'1'.padStart(32, '0')}`;
const PAGES: Readonly<Record<string, string>> = {
  '/definitions': 'Definitions',
  '/definitions?view=all&target=tracker': 'Definitions',
  [CHANGED]: 'create_issue Changed',
  [`/definitions/def_${'4'.padStart(32, '0')}`]: 'list_issues Accepted',
};

describe('definitions of MCP targets in a browser', () => {
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
    'a desktop, light': { ...DESKTOP, colorScheme: 'light' },
    'a phone, dark': { ...PHONE, colorScheme: 'dark' },
  } as const)) {
    test(`their pages on ${where}: axe finds nothing, nothing is wider than the window, no error`, async () => {
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

  test('the overview leads to what waits, a change shows what looks like a trap and what differs, and is rejected with a reason', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await page.goto(server.url);
    await page.getByRole('heading', { name: '2 definitions wait' }).waitFor();
    await page.getByRole('link', { name: 'Read them' }).click();
    await page.getByRole('link', { name: 'create_issue' }).click();
    await page.getByRole('heading', { level: 1, name: 'create_issue Changed' }).waitFor();
    const text = await page.locator('#main').innerText();
    assert.ok(!isHostile(text.replaceAll('\n', '')));
    assert.match(text, /Something is to be kept from the user\s+\/description/);
    assert.match(text, /\/inputSchema\/properties\/sidenote\s+before\s+\(not there\)\s+now/);
    await page.getByRole('button', { name: 'Accept…' }).click();
    await page.getByRole('alert').getByText('4 things in it look like a trap').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Reject…' }).click();
    await page.getByRole('textbox', { name: 'Reason' }).fill('a trap');
    await page.getByRole('button', { name: 'Reject', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'create_issue Rejected' }).waitFor();
    await page.getByText('a trap', { exact: true }).waitFor();
    await page.goto(server.url);
    await page.getByRole('heading', { name: 'One definition waits' }).waitFor();
    assert.deepEqual(seen.faults, []);
  });
});
