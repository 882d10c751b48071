import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { accessibilityFaults, excessWidth, PHONE, startBrowser, visit } from '../support/browser.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

interface Listed {
  readonly id: string;
  readonly display: string;
  readonly sessions: number;
  readonly closedAt?: string;
}

let browser: Browser;
let server: WebServer;
let run: Listed;

before(async () => {
  [browser, server] = await Promise.all([startBrowser(), startWebServer()]);
  const { items } = (await (await fetch(`${server.url}/v1/runs`)).json()) as { items: Listed[] };
  const found = items.find(({ closedAt, sessions }) => closedAt !== undefined && sessions > 1);
  assert.ok(found);
  run = found;
});
after(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

const rows = (page: Page, caption: string) => page.getByRole('table', { name: caption }).getByRole('row');
const STORY = 'What the run did, in order';

describe('the list of runs', () => {
  test('is narrowed by what is typed, and opened by keys', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/runs`);
    await rows(page, 'Runs').nth(1).waitFor();
    await page.getByRole('textbox', { name: 'What to look for' }).fill('repo:acme/billing');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/runs?repository=acme%2Fbilling');
    await rows(page, 'Runs').nth(1).getByText('acme/billing').waitFor();
    const found = await rows(page, 'Runs').allInnerTexts();
    for (const row of found.slice(1)) assert.match(row, /^acme\/billing/);
    await page.getByRole('heading', { level: 1 }).focus();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/runs\/run_\w+$/);
    await page.getByRole('heading', { level: 1, name: /acme\/billing/ }).waitFor();
  });

  test('is clean to axe, in the dark and on a phone', async () => {
    for (const options of [{}, { colorScheme: 'dark' as const }, PHONE]) {
      await using somebody = await visit(browser, options);
      const { page } = somebody;
      await page.goto(`${server.url}/runs`);
      await page.getByText('acme/shop').first().waitFor();
      assert.deepEqual(await accessibilityFaults(page), []);
      assert.equal(await excessWidth(page), 0);
      assert.deepEqual(somebody.faults, []);
    }
  });
});

describe('a run', () => {
  test('says what was verified and what was only said, and leads to its CI job', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/runs/${run.id}`);
    await page.getByText('Verified: signed by the CI system').waitFor();
    await page.getByText('that it is this run was only said').waitFor();
    await page.getByText('(computed from it)').waitFor();
    await page.getByText('Only said by the client, checked by nobody').waitFor();
    const job = page.getByRole('link', { name: 'CI job' });
    assert.match((await job.getAttribute('href')) ?? '', /^https:\/\/github\.com\/acme\//);
    assert.equal(await job.getAttribute('rel'), 'noreferrer noopener');
  });

  test('shows what it spent of budgets, and an administrator begins one anew', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/runs/${run.id}`);
    await page.getByRole('heading', { name: 'Budgets' }).waitFor();
    const spent = page.getByRole('listitem').filter({ hasText: 'rows read per run' });
    assert.match(await spent.innerText(), /18,250 of 20,000\s+rows read per run, by the rule reads are counted/);
    await page.getByText('statements per target within 1 h of shop').waitFor();
    await spent.getByRole('button', { name: 'Reset…' }).click();
    await page.getByRole('button', { name: 'Reset', exact: true }).click();
    await spent.getByText('0 of 20,000').waitFor();
    assert.deepEqual(somebody.faults, []);
  });

  test('does not lead to an address that is no page', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.route(`**/v1/runs/${run.id}`, async (route) => {
      const answer = await route.fetch();
      const json = {
        ...((await answer.json()) as object),
        url: 'javascript:alert(1)',
        display: '<img src=x>\u202Egpj',
      };
      await route.fulfill({ response: answer, json });
    });
    await page.goto(`${server.url}/runs/${run.id}`);
    await page.getByRole('heading', { level: 1, name: '<img src=x>⟨U+202E⟩gpj' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'CI job' }).count(), 0);
    assert.equal(await page.locator('img').count(), 0);
  });

  test('is told on one time line; a session alone, and a stretch of it, by the pointer', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/runs/${run.id}`);
    await rows(page, STORY).nth(2).waitFor();
    const all = Number(await page.getByRole('table', { name: STORY }).getAttribute('aria-rowcount')) - 1;
    await page.getByText(`${all} rows over`).waitFor();
    const lane = page.getByTitle('Show only this session').first();
    await lane.click();
    await page.getByTitle('Show all sessions').waitFor();
    const alone = Number(await page.getByRole('table', { name: STORY }).getAttribute('aria-rowcount')) - 1;
    assert.ok(alone < all);
    await page.getByTitle('Show all sessions').click();
    await page.getByText(`${all} rows over`).waitFor();
    const box = await page.locator('.cursor-crosshair').first().boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + box.width * 0.9, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.99, box.y + 10, { steps: 4 });
    await page.mouse.up();
    await page.getByText(/between \d/).waitFor();
    await page.getByRole('button', { name: 'Show all of it' }).click();
    await page.getByText(`${all} rows over`).waitFor();
    assert.deepEqual(somebody.faults, []);
  });

  test('is told session by session where one asks for that', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/runs/${run.id}`);
    await page.getByRole('checkbox', { name: 'Session by session' }).check();
    const told = await rows(page, STORY).allInnerTexts();
    const turns = told
      .filter((row) => /^Session (opened|ended)/.test(row))
      .map((row) => row.slice(0, 'Session ended'.length));
    for (let index = 0; index + 1 < turns.length; index += 2) {
      assert.deepEqual(turns.slice(index, index + 2), ['Session opene', 'Session ended']);
    }
    assert.ok(turns.length >= 4);
  });

  test('is clean to axe, in the dark and on a phone', async () => {
    for (const options of [{}, { colorScheme: 'dark' as const }, PHONE]) {
      await using somebody = await visit(browser, options);
      const { page } = somebody;
      await page.goto(`${server.url}/runs/${run.id}`);
      await page.getByText('Session opened').first().waitFor();
      assert.deepEqual(await accessibilityFaults(page), []);
      assert.equal(await excessWidth(page), 0);
      assert.deepEqual(somebody.faults, []);
    }
  });

  test('says what evidence there is of it, what vouches for that, and how it is fetched and checked', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/runs/${run.id}`);
    const section = page.getByRole('region', { name: 'Evidence bundle' });
    await section.getByText('Complete', { exact: true }).waitFor();
    await section.getByText(/^Stamped/).waitFor();
    const download = section.getByRole('link', { name: 'Download', exact: true });
    assert.equal(await download.getAttribute('href'), `/v1/runs/${run.id}/evidence`);
    const withheld = section.getByRole('link', { name: 'Without bodies' });
    assert.equal(await withheld.getAttribute('href'), `/v1/runs/${run.id}/evidence?bodies=withheld`);
    await section.getByText(`chaperone verify ${run.id}.evidence.zip`).waitFor();
    const { items } = (await (await fetch(`${server.url}/v1/runs`)).json()) as { items: Listed[] };
    const open = items.find(({ closedAt }) => closedAt === undefined);
    await page.goto(`${server.url}/runs/${open?.id}`);
    await section.getByText('Incomplete', { exact: true }).waitFor();
    await section.getByText('The run is still open.').waitFor();
    await section.getByRole('link', { name: 'Download as it is now' }).waitFor();
    assert.deepEqual(somebody.faults, []);
  });
});
