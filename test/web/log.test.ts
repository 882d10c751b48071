import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { accessibilityFaults, excessWidth, PHONE, startBrowser, visit } from '../support/browser.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

let browser: Browser;
let server: WebServer;
let session = '';

before(async () => {
  [browser, server] = await Promise.all([startBrowser(), startWebServer()]);
  const answer = await fetch(`${server.url}/v1/sessions`);
  const { sessions } = (await answer.json()) as { sessions: { id: string; here: boolean; live: boolean }[] };
  session = sessions.find(({ here, live }) => here && !live)?.id ?? '';
});
after(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

type Evidence = { lines: { line: string; salted?: string }[]; verifierKey: string; checkpoint: string };

/** Changes what the gateway answers on its way to the page. */
async function alter(page: Page, path: string, change: (evidence: Evidence) => void): Promise<void> {
  await page.route(`**${path}`, async (route) => {
    const answer = await route.fetch();
    const body = (await answer.json()) as Evidence;
    change(body);
    await route.fulfill({ response: answer, json: body });
  });
}

describe('a session that is verified in the browser', () => {
  test('passes as it was recorded, step by step, from a link', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/log?session=${session}`);
    await page.getByText('PASS This browser recomputed every hash').waitFor();
    const steps = page.getByRole('list', { name: 'Steps of the verification' }).getByRole('listitem');
    assert.equal(await steps.count(), 6);
    assert.equal(await steps.getByRole('img', { name: 'Passed' }).count(), 6);
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.deepEqual(somebody.faults, []);
  });

  test('fails where one character of a line is another, and the page says which line and bytes', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    let from = 0;
    await alter(page, `/v1/sessions/${session}/evidence`, ({ lines }) => {
      const third = lines[2];
      assert.ok(third !== undefined);
      from = lines.slice(0, 2).reduce((bytes, { line }) => bytes + Buffer.byteLength(line) + 1, 0);
      third.line = third.line.replace('"hasWhere":true', '"hasWhere":false').replace('"rows":"1"', '"rows":"2"');
    });
    await page.goto(`${server.url}/log?session=${session}`);
    await page.getByText('FAIL This session does not verify').waitFor();
    await page.getByText(`line 3, bytes ${from}–`).first().waitFor();
    await page.getByText('This line is not the one that was sealed. All others are.').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('fails where a body is another, and the page says of which line', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await alter(page, `/v1/sessions/${session}/evidence`, ({ lines }) => {
      const one = lines.findIndex(({ salted }) => salted !== undefined);
      const line = lines[one];
      assert.ok(line !== undefined);
      line.salted = Buffer.alloc(40, 'x').toString('base64');
    });
    await page.goto(`${server.url}/log?session=${session}`);
    await page.getByText('FAIL This session does not verify').waitFor();
    await page.getByText('The body of this line is not the one that was recorded.').waitFor();
  });

  test('what the gateway puts into a line is text to the page, and nothing else', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await alter(page, `/v1/sessions/${session}/evidence`, (evidence) => {
      evidence.verifierKey = '<img src=x onerror=document.title="owned">';
      evidence.lines[1] = { line: '{"seq":"<img src=x onerror=document.title=1>\u202E"}' };
    });
    await page.goto(`${server.url}/log?session=${session}`);
    await page.getByText('FAIL This session does not verify').waitFor();
    assert.equal(await page.locator('img[src]').count(), 0);
    assert.equal(await page.title(), 'Log · Chaperone');
    assert.deepEqual(somebody.faults, []);
  });

  test('the newest ones are verified one after the other, on a phone too', async () => {
    await using somebody = await visit(browser, PHONE);
    const { page } = somebody;
    await page.goto(`${server.url}/log`);
    await page.getByRole('tab', { name: 'The newest sessions' }).click();
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    const rows = page.getByRole('list', { name: 'Sessions that were verified' }).getByRole('listitem');
    await rows.getByRole('img', { name: 'Passed' }).first().waitFor();
    assert.ok((await rows.count()) > 0);
    assert.equal(await excessWidth(page), 0);
  });
});

describe('the log that is verified in the browser', () => {
  test('is remembered at first sight, and passes as its own continuation, every entry read', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/log`);
    await page.getByText('This browser has not verified the log before.').waitFor();
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    await page.getByText('PASS The log is signed').waitFor();
    await page.getByText('This browser knows the log’s key since').waitFor();
    await page.getByLabel('Read every entry too').check();
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    await page.getByText('entries make the root that was signed').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.deepEqual(somebody.faults, []);
  });

  test('under another key is met with a warning, and no session passes before somebody forgets the old key', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.addInitScript(() => {
      if (sessionStorage.getItem('planted') !== null) return;
      sessionStorage.setItem('planted', 'yes');
      const verifierKey = 'gateway.example/log+00000000+AVvQcGmkWYyyAHd2eGJ1xEO1Oh8y3w7x5mX4hBJ0ZQ1k';
      const at = '2026-01-01T00:00:00.000Z';
      localStorage.setItem('log-pin', JSON.stringify({ verifierKey, checkpoint: 'x', size: 1, firstAt: at, at }));
    });
    await page.goto(`${server.url}/log?session=${session}`);
    const warning = page.getByRole('alert').filter({ hasText: 'The log is signed by another key' });
    await warning.waitFor();
    await page.getByText('FAIL This session does not verify').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await warning.getByRole('button', { name: 'I know why the key changed…' }).click();
    await page.getByRole('button', { name: 'Forget it' }).click();
    await warning.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    await page.getByText('PASS This browser recomputed every hash').waitFor();
  });

  test('its entries are listed, newest first, and open as they stand in the log', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/log`);
    await page
      .getByRole('button', { name: /^Entry \d+, session\.close$/u })
      .first()
      .click();
    await page
      .getByRole('dialog', { name: /^Entry/u })
      .getByText('"kind": "session.close"')
      .waitFor();
  });
});

describe('alarms of witnesses on the page of the log', () => {
  test('say what happened; an administrator says of one that it was looked into, and it keeps nobody out any more', async () => {
    await using own = await startWebServer();
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${own.url}/log`);
    const items = page.getByRole('list', { name: 'Alarms' }).getByRole('listitem');
    await items.first().waitFor();
    const texts = (await items.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '));
    assert.equal(texts.length, 2);
    assert.match(texts[0] ?? '', /witness auditor has seen another log under this name, and proves it with our own/);
    assert.match(texts[1] ?? '', /witness security has seen more entries of this log than it has: \d+, and shows no/);
    const stopped = page.getByText('Nobody new is let in before an administrator');
    await stopped.waitFor();
    await items.first().getByRole('button', { name: 'It was looked into…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Was this alarm looked into?' });
    await dialog.getByText('The history was changed, or the log is run twice.').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await dialog.getByRole('button', { name: 'It was looked into' }).click();
    await items.first().getByText('looked into').waitFor();
    await stopped.waitFor({ state: 'detached' });
    assert.equal(await items.first().getByRole('button').count(), 0);
    assert.equal(await items.last().getByRole('button').count(), 1);
    assert.deepEqual(somebody.faults, []);
  });

  test('have no button for whoever may not say so', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.route('**/v1/me', async (route) => {
      const answer = await route.fetch();
      const me = (await answer.json()) as { scopes: string[] };
      await route.fulfill({
        response: answer,
        json: { ...me, scopes: me.scopes.filter((one) => one !== 'log:write') },
      });
    });
    await page.goto(`${server.url}/log`);
    const items = page.getByRole('list', { name: 'Alarms' }).getByRole('listitem');
    await items.first().waitFor();
    assert.equal(await items.getByRole('button').count(), 0);
  });
});

describe('exports on the page of the log', () => {
  test('say how each fares, and what is wrong with one that fails', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/log`);
    const items = page.getByRole('list', { name: 'Exports' }).getByRole('listitem');
    await items.first().waitFor();
    const texts = await items.allInnerTexts();
    assert.equal(texts.length, 3);
    const [lake = '', siem = '', old = ''] = texts.map((text) => text.replaceAll(/\s+/g, ' '));
    assert.match(lake, /^lake Delivers S3 OCSF Delivered 18204 events/);
    assert.match(
      siem,
      /^siem Fails Syslog CEF people .*Behind 32 entries of the log, 120 min.*Put aside 1.*did not take it: ECONNREFUSED/,
    );
    assert.equal(old, 'old Off File ECS');
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.deepEqual(somebody.faults, []);
  });
});
