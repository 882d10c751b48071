/** Classes proposed by a sample, taken over in a real browser: of a real gateway with a real database behind it, and of a made-up one for looks. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startApi, type TestApi } from '../support/api.ts';
import { accessibilityFaults, DESKTOP, excessWidth, PHONE, startBrowser, visit } from '../support/browser.ts';
import { type LoginProvider, startLoginProvider } from '../support/login-provider.ts';
import { ROOT } from '../support/source-tree.ts';
import { startWebServer } from '../support/web-server.ts';

const DIST = join(ROOT, 'web', 'dist');
const SQL = `
CREATE TABLE guests (id int, full_name text, contact text, "e.mail" text);
INSERT INTO guests SELECT i, 'Person ' || chr(64 + i), 'g' || i || '@example.com', 'x' || i || '@example.com' FROM generate_series(1, 20) i;`;

describe('proposed classes, in a browser', () => {
  let provider: LoginProvider;
  let api: TestApi;
  let browser: Browser;

  before(async () => {
    provider = await startLoginProvider();
    provider.people.set('ada', { groups: ['platform'] });
    provider.people.set('audrey', { groups: ['audit'] });
    const login = provider.config({ roles: { admin: ['platform'], auditor: ['audit'] } });
    api = await startApi({ login, sql: SQL, webDirectory: DIST });
    await provider.serve(api.url);
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await api?.[Symbol.asyncDispose]();
    await provider?.[Symbol.asyncDispose]();
  });

  async function open(login: string, path: string) {
    const seen = await visit(browser);
    const { page } = seen;
    await page.goto(api.url);
    await page.getByRole('link', { name: 'Continue with Test' }).click();
    await page.getByLabel('Login').fill(login);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.goto(api.url + path);
    await page.getByRole('heading', { level: 1, name: 'people' }).waitFor();
    return seen;
  }

  test('what is taken is reviewed, saved, and classified for the next request; what is left is not', async () => {
    await using seen = await open('ada', '/targets/people');
    const { page } = seen;
    await page.getByRole('button', { name: 'Propose classes' }).click();
    const list = page.getByRole('list', { name: 'Proposed classes' });
    await list.getByText('public.guests.contact').waitFor();
    assert.match(await list.innerText(), /20 of 20 sampled values are what the detector email finds/u);
    assert.doesNotMatch(await list.innerText(), /example\.com/u);
    assert.ok(await list.getByRole('checkbox', { name: 'public.guests.e.mail' }).isDisabled());
    await list.getByRole('checkbox', { name: 'public.guests.full_name' }).uncheck();
    await page.getByRole('button', { name: 'Review 1 column…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Change people' });
    await dialog.getByText('public.guests.contact').first().waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await list.getByText('public.guests.contact').count(), 0);
    const { json } = await api.call('GET', '/v1/targets', { auth: api.admin });
    assert.deepEqual((json['targets'] as { classified: unknown }[])[0]?.classified, [
      { column: 'public.people.email', class: 'email' },
      { column: 'public.guests.contact', class: 'email' },
    ]);
    const client = await api.connect(await api.grant());
    const { rows } = await client.query('SELECT contact FROM guests LIMIT 1');
    await client.end();
    assert.deepEqual(rows, [{ contact: '[redacted]' }]);
    assert.deepEqual(seen.faults, []);
  });

  test('who may not change a target is not offered to sample it', async () => {
    await using seen = await open('audrey', '/targets/people');
    assert.equal(await seen.page.getByRole('button', { name: 'Propose classes' }).count(), 0);
  });
});

test('the review of proposals is readable in light and dark, wide and narrow', async () => {
  await using server = await startWebServer();
  const browser = await startBrowser();
  try {
    for (const options of [
      { ...DESKTOP, colorScheme: 'light' },
      { ...PHONE, colorScheme: 'dark' },
    ] as const) {
      await using seen = await visit(browser, options);
      const { page } = seen;
      await page.goto(`${server.url}/targets/shop`);
      await page.getByRole('button', { name: 'Propose classes' }).click();
      await page.getByRole('list', { name: 'Proposed classes' }).waitFor();
      assert.deepEqual(await accessibilityFaults(page), []);
      const over = await excessWidth(page);
      assert.ok(over <= 0, `${over} px too wide`);
      assert.deepEqual(seen.faults, []);
    }
  } finally {
    await browser.close();
  }
});
