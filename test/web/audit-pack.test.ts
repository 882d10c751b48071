import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { accessibilityFaults, startBrowser, visit } from '../support/browser.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

describe('the form for an auditor’s pack', () => {
  let browser: Browser;
  let server: WebServer;
  before(async () => {
    [browser, server] = await Promise.all([startBrowser(), startWebServer()]);
  });
  after(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
  });

  test('asks for the span, the control and the sample, and saves the file that comes', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/log`);
    await page.getByLabel('First day (UTC)').fill('2026-07-01');
    await page.getByLabel('Last day (UTC)').fill('2026-09-30');
    await page.getByLabel('Runs to draw').fill('25');
    const asked = page.waitForRequest('**/v1/audit-packs');
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Make and download' }).click();
    assert.deepEqual((await asked).postDataJSON(), {
      from: '2026-07-01',
      to: '2026-09-30',
      control: 'PCI-10.2',
      sample: 25,
      bodies: 'included',
    });
    assert.equal((await saved).suggestedFilename(), 'PCI-10.2_2026-07-01_2026-09-30.audit.zip');
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.deepEqual(somebody.faults, []);
  });

  test('says why where there is no such control', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/log`);
    await page.getByLabel('Control').fill('PCI-99');
    await page.getByRole('button', { name: 'Make and download' }).click();
    await page.getByText('there is no such control here').waitFor();
  });
});
