import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { LONG_SESSION, TOLD_SESSION } from '../../web/mock/recordings.ts';
import { accessibilityFaults, excessWidth, PHONE, startBrowser, visit } from '../support/browser.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

let browser: Browser;
let server: WebServer;

before(async () => {
  [browser, server] = await Promise.all([startBrowser(), startWebServer()]);
});
after(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

const shown = (page: Page) => page.getByRole('article');
const current = (page: Page) => page.getByRole('option', { selected: true });
const heading = (page: Page, text: string) => shown(page).getByRole('heading', { name: text, exact: true });

async function open(page: Page, session: string = TOLD_SESSION, more = ''): Promise<void> {
  await page.goto(`${server.url}/sessions/${session}${more}`);
  await current(page).waitFor();
}

describe('a session that is replayed', () => {
  test('goes by keys to the next refusal, error, approval, write and mask, and back', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page);
    for (const [key, request] of [
      ['n', 'Request 3'],
      ['e', 'Request 4'],
      ['p', 'Request 5'],
      ['w', 'Request 6'],
      ['W', 'Request 5'],
      ['N', 'Request 3'],
      ['M', 'Request 2'],
      ['k', 'Request 1'],
      ['j', 'Request 2'],
    ] as const) {
      await page.keyboard.press(key);
      await heading(page, request).waitFor();
    }
    await page.keyboard.press('M');
    await page.getByText('No masked reply before this').waitFor({ state: 'attached' });
    assert.deepEqual(somebody.faults, []);
  });

  test('plays to its end with the space bar, at the speed that was chosen', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page);
    for (let times = 0; times < 4; times++) await page.keyboard.press('>');
    await page.getByText('16×').waitFor();
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await page.getByRole('button', { name: 'Play' }).waitFor();
    await heading(page, 'Session closed').waitFor();
  });

  test('is a slider to the keyboard, and says where it stands', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page);
    const slider = page.getByRole('slider', { name: 'Position in the session' });
    await slider.focus();
    await page.keyboard.press('End');
    await heading(page, 'Session closed').waitFor();
    const whole = /of (.+)$/.exec((await slider.getAttribute('aria-valuetext')) ?? '')?.[1];
    assert.equal(await slider.getAttribute('aria-valuetext'), `${whole} of ${whole}`);
    await page.keyboard.press('Home');
    await heading(page, 'Session opened').waitFor();
  });

  test('shows replies as tables: NULL, bytes, masked columns, hidden characters, and only the rows in view', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, TOLD_SESSION, '?x=2');
    const table = shown(page).getByRole('table');
    await table.waitFor();
    assert.equal(await table.getAttribute('aria-rowcount'), '901');
    assert.ok((await table.getByRole('row').count()) < 60);
    await table.getByRole('columnheader', { name: 'email masked' }).waitFor();
    await table.getByRole('cell', { name: 'NULL' }).first().waitFor();
    await table.getByRole('cell', { name: 'to⟨U+202E⟩evil' }).first().waitFor();
    await shown(page).getByText('public.customers.email masked in 900 values').waitFor();
    await table.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await table.getByRole('cell', { name: '5599', exact: true }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('shows a refusal, an error and an approval in words', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, TOLD_SESSION, '?x=3');
    await shown(page).getByText('Refused; it never reached the target').waitFor();
    await shown(page).getByText('policy-denied by the rule “never-drop”').waitFor();
    await page.keyboard.press('e');
    await shown(page).getByText('ERROR 42P01: relation "custmers" does not exist').waitFor();
    await page.keyboard.press('p');
    await shown(page).getByText('Approved after 1 min 14 s; the connection was held meanwhile.').waitFor();
    await shown(page).getByText('Lin Zhao').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('keeps hostile text text', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, TOLD_SESSION, '?x=7');
    await shown(page).getByText('⟨U+202E⟩').first().waitFor();
    assert.equal(await page.locator('img').count(), 0);
    assert.deepEqual(somebody.faults, []);
  });

  test('puts what is looked at into the address', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page);
    await page.keyboard.press('n');
    await page.waitForURL('**/sessions/*?x=3');
    await page.reload();
    await heading(page, 'Request 3').waitFor();
  });

  test('is taken along as SQL, with what was refused in comments', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page);
    await page.getByRole('button', { name: 'Download' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'Statements, SQL' }).click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    assert.equal(download.suggestedFilename(), `${TOLD_SESSION}.sql`);
    assert.match(text, /^-- DROP TABLE customers$/m);
    assert.match(text, /^SELECT count\(\*\) FROM customers\n;$/m);
    assert.deepEqual(somebody.faults, []);
  });

  test('fits a phone', async () => {
    await using somebody = await visit(browser, PHONE);
    const { page } = somebody;
    await open(page, TOLD_SESSION, '?x=3');
    await shown(page).getByText('Refused; it never reached the target').waitFor();
    assert.equal(await excessWidth(page), 0);
    assert.deepEqual(await accessibilityFaults(page), []);
  });
});

describe('a session of 100,000 events', () => {
  test('is loaded whole, drawn in part, and gone through by keys', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, LONG_SESSION);
    await page.getByRole('button', { name: 'Check these 100,014 events in this browser' }).waitFor({ timeout: 60_000 });
    assert.ok((await page.getByRole('option').count()) < 80);
    await page.getByRole('slider').focus();
    await page.keyboard.press('End');
    await heading(page, 'Session closed').waitFor();
    assert.equal(await current(page).getAttribute('aria-posinset'), '50002');
    await page.keyboard.press('N');
    await heading(page, 'Request 49827').waitFor();
    await page.getByRole('button', { name: '51 refusals' }).click();
    await heading(page, 'Request 977').waitFor();
    assert.deepEqual(somebody.faults, []);
  });
});
