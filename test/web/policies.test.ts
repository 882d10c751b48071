import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { accessibilityFaults, startBrowser, visit } from '../support/browser.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const NAME = 'schema changes need a database owner';

let browser: Browser;
let server: WebServer;

before(async () => {
  browser = await startBrowser();
});
beforeEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = await startWebServer();
});
after(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

async function open(page: Page, path: string): Promise<void> {
  await page.goto(server.url + path);
  await page.locator('.cm-content').waitFor();
}

/** Puts the cursor at the end of the line that begins so, and types there. */
async function typeAfter(page: Page, line: string, text: string): Promise<void> {
  await page.locator('.cm-line').filter({ hasText: line }).click();
  await page.keyboard.press('End');
  await page.keyboard.type(text);
}

const policyPath = `/policies/${encodeURIComponent(NAME)}`;

describe('the list of policies', () => {
  test('shows what each does, and leads to it', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/policies`);
    const row = page.getByRole('row').filter({ hasText: NAME });
    await row.getByText('ask dba').waitFor();
    await row.getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: NAME }).waitFor();
    assert.deepEqual(somebody.faults, []);
  });
});

describe('the policy editor', () => {
  test('checks as one types, says the line, and lets nothing be saved until it is right', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, policyPath);
    await typeAfter(page, 'operations:', 'x');
    const problems = page.getByRole('list', { name: 'Problems' });
    await problems.getByText('line 5').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Review changes…' }).isDisabled());
    assert.ok((await page.locator('.cm-lintRange-error, .cm-lint-marker-error').count()) > 0);
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.keyboard.press('Backspace');
    await problems.waitFor({ state: 'detached' });
    assert.deepEqual(somebody.faults, []);
  });

  test('offers keys, operations, targets, classes and groups where each may stand', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    const names = [page.waitForResponse('**/v1/targets'), page.waitForResponse('**/v1/people?*')];
    await open(page, '/policies?new=policy');
    await Promise.all(names);
    const offered = page.locator('.cm-tooltip-autocomplete');
    await typeAfter(page, 'effect: permit', '\nma');
    await offered.getByText('mask', { exact: true }).click();
    await page.keyboard.type('[sal');
    await offered.getByText('salary').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.type('ary]\napprove: { group: d');
    await offered.getByText('dba').waitFor();
    assert.deepEqual(somebody.faults, [], 'and the Content-Security-Policy has nothing against it');
  });

  test('shows the difference and the plan before it saves', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, policyPath);
    await typeAfter(page, 'effect: permit', '\nreason: ask first');
    await page.getByRole('button', { name: 'Review changes…' }).click();
    const dialog = page.getByRole('dialog', { name: `Change ${NAME}` });
    await dialog.getByText('reason: ask first').waitFor();
    await dialog.getByRole('list', { name: 'What would change' }).getByText('update').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('No changes').waitFor();
    const answer = await fetch(`${server.url}/v1/configuration/policy/${encodeURIComponent(NAME)}`);
    const { text } = (await answer.json()) as { text: string };
    assert.ok(text.includes('reason: ask first'));
    // And goes on from what was saved: a second change meets no conflict.
    await typeAfter(page, 'reason: ask first', ', always');
    await page.getByRole('button', { name: 'Review changes…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('No changes').waitFor();
    assert.equal(await page.getByText('Somebody else changed this').count(), 0);
  });

  test('where somebody else was first: shows theirs, and brings the two together', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    // Nobody tells this page of the other's change.
    await page.route('**/v1/events', (route) => route.abort());
    await open(page, policyPath);
    await typeAfter(page, 'effect: permit', '\nreason: ask first');
    await page.getByRole('button', { name: 'Review changes…' }).click();
    const url = `${server.url}/v1/configuration/policy/${encodeURIComponent(NAME)}`;
    const { text, etag } = (await (await fetch(url)).json()) as { text: string; etag: string };
    const theirs = text.replace('targets: ["shop", "pg-*"]', 'targets: ["shop"]');
    await fetch(url, { method: 'PUT', headers: { 'if-match': etag }, body: JSON.stringify({ text: theirs }) });
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    const conflict = page.getByRole('alert').filter({ hasText: 'Somebody else changed this' });
    await conflict.getByText('The two changes touch different lines').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await conflict.getByRole('button', { name: 'Bring together' }).click();
    await page.getByRole('button', { name: 'Review changes…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('No changes').waitFor();
    const merged = ((await (await fetch(url)).json()) as { text: string }).text;
    assert.ok(merged.includes('targets: ["shop"]') && merged.includes('reason: ask first'), merged);
  });

  test('tries a text on recent traffic: what would have ended otherwise, before and after', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, '/policies/never%20drop%20in%20production');
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText(/^4 of the last \d+ requests would have been decided otherwise/u).waitFor();
    const changed = page.getByRole('list', { name: 'Requests that would have been decided otherwise' });
    assert.equal(await changed.getByRole('listitem').count(), 4);
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  test('explains how a statement would be decided: what it does, every rule, each column of its result', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, policyPath);
    const explain = page.getByRole('button', { name: 'Explain' });
    assert.ok(await explain.isDisabled());
    await page.getByRole('textbox', { name: 'Statement' }).fill('select id, email from customers');
    await page.getByRole('textbox', { name: 'Who' }).fill('run.sourceRepositoryId=74');
    const sent = page.waitForRequest('**/v1/policies/explain');
    await explain.click();
    const { as, statement } = (await sent).postDataJSON() as { as: object; statement: string };
    assert.deepEqual([as, statement], [{ 'run.sourceRepositoryId': '74' }, 'select id, email from customers']);
    await page.getByRole('list', { name: 'What it does' }).getByText('lock access-share').waitFor();
    await page
      .getByRole('list', { name: 'Rules' })
      .getByText('never drop in production: the rule is about drop')
      .waitFor();
    await page
      .getByRole('list', { name: 'Columns of the result' })
      .getByText('partial (public.customers.email')
      .waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.deepEqual(somebody.faults, []);
  });

  test('deletes only what somebody named', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, policyPath);
    await page.getByRole('button', { name: 'Delete…' }).click();
    const dialog = page.getByRole('dialog', { name: `Delete ${NAME}?` });
    const button = dialog.getByRole('button', { name: 'Delete', exact: true });
    assert.ok(await button.isDisabled());
    await dialog.getByRole('textbox').fill(NAME);
    await button.click();
    await page.getByRole('heading', { level: 1, name: 'Policies' }).waitFor();
    assert.equal(await page.getByRole('row').filter({ hasText: NAME }).count(), 0);
  });

  test('may be read by who may not change it, and says why', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.route('**/v1/me', async (route) => {
      const answer = await route.fetch();
      const me = (await answer.json()) as { scopes: string[] };
      const scopes = me.scopes.filter((scope) => !scope.endsWith(':write'));
      await route.fulfill({ response: answer, json: { ...me, scopes } });
    });
    await open(page, policyPath);
    await page.getByText('You may read this and not change it').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Review changes…' }).count(), 0);
    assert.equal(await page.locator('.cm-content').getAttribute('contenteditable'), 'false');
    assert.deepEqual(await accessibilityFaults(page), []);
  });
});
