import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { accessibilityFaults, excessWidth, PHONE, startBrowser, visit } from '../support/browser.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

interface Listed {
  readonly id: string;
  readonly live: boolean;
  readonly principal: string;
}

let browser: Browser;
let server: WebServer;
let live: readonly Listed[] = [];
let over: readonly Listed[] = [];

before(async () => {
  [browser, server] = await Promise.all([startBrowser(), startWebServer()]);
  const { sessions } = (await (await fetch(`${server.url}/v1/sessions`)).json()) as { sessions: Listed[] };
  live = sessions.filter((session) => session.live);
  over = sessions.filter((session) => !session.live);
});
after(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

const rows = (page: Page, caption: string) => page.getByRole('table', { name: caption }).getByRole('row');

describe('searching', () => {
  test('what is typed stands in the address, finds statements, and is there again on the way back', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/sessions`);
    await rows(page, 'Sessions').nth(1).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('decision:deny drop table');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/sessions?decision=deny&text=drop+table');
    await rows(page, 'Statements').nth(1).waitFor();
    const found = await rows(page, 'Statements').allInnerTexts();
    assert.ok(found.length > 1);
    for (const row of found.slice(1)) assert.match(row, /DROP TABLE customers[\s\S]*Refused/);
    await page.goBack();
    await rows(page, 'Sessions').nth(1).waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'What to look for' }).inputValue(), '');
    await page.goForward();
    await rows(page, 'Statements').nth(1).waitFor();
    assert.equal(
      await page.getByRole('textbox', { name: 'What to look for' }).inputValue(),
      'decision:deny drop table',
    );
  });

  test('a statement leads to its request within the session', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/sessions?decision=deny&view=statements`);
    await rows(page, 'Statements').getByRole('link').first().click();
    await page.waitForURL(/\/sessions\/ses_\w+\?x=\d+$/);
    await page.getByRole('article').getByText('Refused; it never reached the target').waitFor();
  });

  test('a search that finds nothing says what to do', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/sessions?who=nobody+at+all`);
    await page.getByRole('heading', { name: 'No session fits' }).waitFor();
    await page.getByRole('button', { name: 'Clear the search' }).click();
    await rows(page, 'Sessions').nth(1).waitFor();
  });

  test('a long list is drawn in part, and goes on as one scrolls', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/sessions?view=statements`);
    await rows(page, 'Statements').nth(1).waitFor();
    const table = page.getByRole('table', { name: 'Statements' });
    assert.equal(await table.getAttribute('aria-rowcount'), '201');
    assert.ok((await rows(page, 'Statements').count()) < 80);
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await page.locator('table[aria-rowcount="401"]').waitFor();
  });

  test('lists are clean to axe and fit a phone', async () => {
    for (const options of [{}, { colorScheme: 'dark' as const }, PHONE]) {
      await using somebody = await visit(browser, options);
      const { page } = somebody;
      for (const path of ['/sessions', '/sessions?view=statements']) {
        await page.goto(`${server.url}${path}`);
        await page.getByText('shop').nth(2).waitFor();
        assert.deepEqual(await accessibilityFaults(page), []);
        assert.equal(await excessWidth(page), 0);
      }
      assert.deepEqual(somebody.faults, []);
    }
  });
});

describe('a session that goes on', () => {
  test('is followed; looking at one of its requests stops that, until one asks for the newest again', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/sessions/${live[0]?.id}`);
    await page.getByText('Following').waitFor();
    const newest = page.getByRole('option', { selected: true });
    const place = Number(await newest.getAttribute('aria-posinset'));
    await page.locator(`[role=option][aria-selected=true][aria-posinset="${place + 1}"]`).waitFor();
    await page.getByRole('option').nth(1).click();
    await page.getByRole('button', { name: 'Follow the newest' }).waitFor();
    await page.locator(`[role=option][aria-posinset="${place + 3}"]`).waitFor();
    assert.equal(await newest.getAttribute('aria-posinset'), '2');
    await page.keyboard.press('f');
    await page.getByText('Following').waitFor();
    assert.ok(Number(await newest.getAttribute('aria-posinset')) >= place + 3);
    assert.deepEqual(somebody.faults, []);
  });

  test('is ended with a reason, and the page says so by itself', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    let told: unknown;
    page.on('request', (request) => {
      if (request.url().endsWith('/end')) told = request.postDataJSON();
    });
    await page.goto(`${server.url}/sessions/${live[1]?.id}`);
    await page.getByRole('button', { name: 'End session' }).click();
    const dialog = page.getByRole('dialog', { name: 'End this session?' });
    assert.equal(await dialog.getByRole('button', { name: 'End session' }).isDisabled(), true);
    await dialog.getByRole('textbox', { name: 'Why' }).fill('it reads what it should not');
    assert.deepEqual(await accessibilityFaults(page), []);
    await dialog.getByRole('button', { name: 'End session' }).click();
    await page.getByText('Ended or revoked', { exact: true }).waitFor();
    assert.deepEqual(told, { reason: 'it reads what it should not' });
    assert.equal(await page.getByRole('button', { name: 'End session' }).count(), 0);
  });
});

describe('a session that is over', () => {
  test('is checked in the browser by itself, and says where it was changed', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/sessions/${over[0]?.id}`);
    await page.getByText('Checked in this browser: what you see is what was recorded.').waitFor();
    await page.route('**/evidence', async (route) => {
      const answer = await route.fetch();
      const evidence = (await answer.json()) as { lines: { line: string }[] };
      const second = evidence.lines[1];
      if (second) second.line = second.line.replace('"exchange":1', '"exchange":7');
      await route.fulfill({ response: answer, json: evidence });
    });
    await page.reload();
    await page.getByText('This session does not verify: what you see is not what was recorded.').waitFor();
    await page
      .getByText(/line 2, bytes \d+–\d+/)
      .first()
      .waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('shows what was asked by its kind to those who may not read recordings', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    const problem = { type: 'about:blank', title: 'This needs the scope recordings:read', status: 403 };
    await page.route('**/recording?**', (route) =>
      route.fulfill({ status: 403, contentType: 'application/problem+json', json: problem }),
    );
    await page.route('**/v1/statements?**', async (route) => {
      const answer = await route.fetch();
      const body = (await answer.json()) as { statements: { text: string }[] };
      for (const statement of body.statements) statement.text = '';
      await route.fulfill({ response: answer, json: body });
    });
    await page.goto(`${server.url}/sessions/${over[0]?.id}`);
    await page.getByText('What this session carried is for those who may read recordings').waitFor();
    await rows(page, 'Statements').nth(1).waitFor();
    assert.match(await rows(page, 'Statements').nth(1).innerText(), /^\w+ (public|information_schema)\.\w+/);
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('one that nobody knows is said to be so', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/sessions/ses_nothing`);
    await page.getByRole('heading', { name: 'No such session' }).waitFor();
    assert.deepEqual(somebody.faults, []);
  });
});
