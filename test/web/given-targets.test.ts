import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { accessibilityFaults, DESKTOP, excessWidth, PHONE, startBrowser, visit } from '../support/browser.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

interface Listed {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly run: { readonly id: string };
}

describe('targets that people give a run, in a browser', () => {
  let browser: Browser;
  let server: WebServer;
  let given: Listed;

  before(async () => {
    [browser, server] = await Promise.all([startBrowser(), startWebServer()]);
    for (let cursor = ''; given === undefined; ) {
      const page = await fetch(`${server.url}/v1/approvals?state=approved&limit=200${cursor}`);
      const { items, next } = (await page.json()) as { readonly items: readonly Listed[]; readonly next?: string };
      const found = items.find(({ kind }) => kind === 'access');
      if (found !== undefined) given = found;
      else if (next === undefined) assert.fail('the made-up world has no such approval');
      else cursor = `&cursor=${next}`;
    }
  });
  after(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  for (const [where, options] of Object.entries({
    'a desktop, light': { ...DESKTOP, colorScheme: 'light' },
    'a phone, dark': { ...PHONE, colorScheme: 'dark' },
  } as const)) {
    test(`their pages on ${where}: what is asked stands whole and harmless, axe finds nothing`, async () => {
      await using seen = await visit(browser, options);
      const { page } = seen;
      await page.goto(`${server.url}/approvals/${given.id}`);
      await page.getByRole('heading', { level: 1, name: 'Enter archive' }).waitFor();
      const text = await page.locator('#main').innerText();
      assert.match(text, /May this run enter the target archive, for 60 min\?/);
      assert.match(text, /<img src=x onerror=alert\(1\)>/);
      assert.doesNotMatch(text, /\u202e/);
      assert.match(text, /Approved; the run was let into the target/);
      assert.deepEqual([...(await accessibilityFaults(page)), await excessWidth(page)], [0]);
      await page.goto(`${server.url}/runs/${given.run.id}`);
      await page.getByRole('heading', { name: 'Targets given by people' }).waitFor();
      assert.deepEqual([...(await accessibilityFaults(page)), await excessWidth(page)], [0]);
      assert.deepEqual(seen.faults, []);
    });
  }

  test('one is taken back on the page of its run', async () => {
    await using seen = await visit(browser);
    const { page } = seen;
    await page.goto(`${server.url}/runs/${given.run.id}`);
    await page.getByRole('button', { name: 'Take back…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
    await page.getByText('Taken back').waitFor();
    assert.deepEqual(seen.faults, []);
  });
});
