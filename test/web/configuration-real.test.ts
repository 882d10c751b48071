/** What is declared, edited in real browsers by people who logged in, against a real gateway with a real database behind it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startApi, type TestApi } from '../support/api.ts';
import { startBrowser, type Visit, visit } from '../support/browser.ts';
import { type LoginProvider, startLoginProvider } from '../support/login-provider.ts';
import { ROOT } from '../support/source-tree.ts';

const CHANGES = `
  - { name: read, principals: any, targets: [people], operations: [read, session, transaction], effect: permit, mask: [email] }
  - { name: never drop, principals: any, targets: [people], operations: [ddl], effect: deny }
`;

describe('what is declared, in a browser', () => {
  let provider: LoginProvider;
  let api: TestApi;
  let browser: Browser;
  let ada: Visit;

  before(async () => {
    provider = await startLoginProvider();
    provider.people.set('ada', { groups: ['platform'] });
    provider.people.set('bob', { groups: ['platform'] });
    provider.people.set('audrey', { groups: ['audit'] });
    const login = provider.config({ roles: { admin: ['platform'], auditor: ['audit'] } });
    api = await startApi({ policies: CHANGES, login, webDirectory: join(ROOT, 'web', 'dist') });
    await provider.serve(api.url);
    browser = await startBrowser();
    ada = await come('ada');
  });
  after(async () => {
    await ada?.[Symbol.asyncDispose]();
    await browser?.close();
    await api?.[Symbol.asyncDispose]();
    await provider?.[Symbol.asyncDispose]();
  });

  async function come(login: string): Promise<Visit> {
    const somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(api.url);
    await page.getByRole('link', { name: 'Continue with Test' }).click();
    await page.getByLabel('Login').fill(login);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    return somebody;
  }

  async function open(page: Page, path: string): Promise<void> {
    await page.goto(api.url + path);
    await page.locator('.cm-content').waitFor();
  }

  const textOf = async (kind: string, name: string): Promise<string> => {
    const path = `/v1/configuration/${kind}/${encodeURIComponent(name)}`;
    return String((await api.call('GET', path, { auth: api.admin })).json['text']);
  };
  const problems = (page: Page) => page.getByRole('list', { name: 'Problems' });

  test('a mistake is told at its line; what is saved is in force for the next statement', async () => {
    const { page, faults } = ada;
    const client = await api.connect(await api.grant());
    const write = () => client.query('UPDATE people SET id = 2');
    await assert.rejects(write, /No rule permits this update/u);
    await open(page, '/policies/read');
    await typeAfter(page, '- transaction', '\n- wrte');
    await problems(page).getByText('line 10').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Review changes…' }).isDisabled());
    assert.deepEqual((await problems(page).innerText()).split('\n').length, 1);
    for (const _ of 'rte') await page.keyboard.press('Backspace');
    await page.keyboard.type('rite');
    await page.keyboard.press('Escape');
    await problems(page).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Review changes…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Change read' });
    await dialog.getByText('- write').first().waitFor();
    await dialog.getByRole('list', { name: 'What would change' }).getByText('operations: "write"').waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('No changes').waitFor();
    assert.equal((await write()).rowCount, 1);
    await client.end();
    assert.deepEqual(faults, []);
  });

  test('of two people who edit at once the second is told, and brings both changes together', async () => {
    await using bob = await come('bob');
    // Nobody tells this page of the other's change.
    await bob.page.route('**/v1/events', (route) => route.abort());
    await open(bob.page, '/policies/read');
    await typeAfter(bob.page, '- people', '\n- archive');
    await open(ada.page, '/policies/read');
    await typeAfter(ada.page, '- email', '\n- phone');
    await save(ada.page);
    await bob.page.getByRole('button', { name: 'Review changes…' }).click();
    await bob.page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    const conflict = bob.page.getByRole('alert').filter({ hasText: 'Somebody else changed this' });
    await conflict.getByText('- phone').waitFor();
    await conflict.getByText('The two changes touch different lines').waitFor();
    await conflict.getByRole('button', { name: 'Bring together' }).click();
    await save(bob.page);
    assert.equal(
      await textOf('policy', 'read'),
      `policies:
  - name: read
    principals: any
    targets:
      - people
      - archive
    operations:
      - read
      - session
      - transaction
      - write
    effect: permit
    mask:
      - email
      - phone
`,
    );
    assert.deepEqual(ada.faults, []);
  });

  test('a target keeps its credential when it is edited, and does not take it to another address', async () => {
    const { page, faults } = ada;
    await open(page, '/targets/people');
    assert.ok((await page.locator('.cm-content').innerText()).includes('sealed: true'));
    await typeAfter(page, 'database:', '\nrecord: batched');
    await save(page);
    assert.match(await textOf('target', 'people'), /record: batched\n/u);
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByRole('list', { name: 'Steps of the check' }).getByText('logged in', { exact: false }).waitFor();
    const client = await api.connect(await api.grant());
    assert.deepEqual((await client.query('SELECT count(*)::int AS many FROM people')).rows, [{ many: 1 }]);
    await client.end();
    await typeAfter(page, 'address:', '');
    await page.keyboard.press('Backspace');
    await problems(page).getByText('the credential is sealed for the address').waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByText('No changes').waitFor();
    assert.ok(!(await page.content()).includes(api.server.password));
    assert.deepEqual(faults, []);
  });

  test('a trust rule cannot name a target that is not there; without a claim it lets no more jobs in', async () => {
    const { page, faults } = ada;
    await open(page, '/trust?rule=shop');
    await typeAfter(page, '- people', '\n- nowhere');
    await problems(page).getByText('line 8').waitFor();
    await problems(page).getByText('names the target nowhere, which does not exist').waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByText('No changes').waitFor();
    await typeAfter(page, 'sourceRepositoryId:', '\nsourceRef: refs/heads/release');
    await save(page);
    await assert.rejects(api.grant());
    await typeAfter(page, 'sourceRef:', '');
    for (const _ of 'refs/heads/release') await page.keyboard.press('Backspace');
    await page.keyboard.type('refs/heads/main');
    await page.keyboard.press('Escape');
    await save(page);
    assert.match((await api.grant()).run, /^run_/u);
    assert.deepEqual(faults, []);
  });

  test('a policy is deleted once its name was typed', async () => {
    const { page, faults } = ada;
    await open(page, '/policies/never%20drop');
    await page.getByRole('button', { name: 'Delete…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete never drop?' });
    await dialog.getByRole('list', { name: 'What would change' }).getByText('delete').waitFor();
    const button = dialog.getByRole('button', { name: 'Delete' });
    assert.ok(await button.isDisabled());
    await dialog.getByLabel('Type never drop to delete it').fill('never drop');
    await button.click();
    await page.getByRole('heading', { level: 1, name: 'Policies' }).waitFor();
    assert.equal((await api.call('GET', '/v1/configuration/policy/never%20drop', { auth: api.admin })).status, 404);
    assert.deepEqual(faults, []);
  });

  test('a channel is made, shown without its secret, edited without it, and deleted', async () => {
    const { page, faults } = ada;
    await page.goto(`${api.url}/channels`);
    await page.getByRole('link', { name: 'New channel' }).click();
    await page.getByRole('navigation', { name: 'Kind' }).getByRole('link', { name: 'Webhook' }).click();
    await page.locator('.cm-line').filter({ hasText: 'kind: webhook' }).waitFor();
    await problems(page).getByText('Give it a name').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Review changes…' }).isDisabled());
    await typeAfter(page, '- name:', 'hook');
    await replaceLine(page, 'secret:', '    secret: { value: whsec_Y2FuYXJ5LXNlY3JldC1vZi10aGUtd2ViaG9vaw== }');
    await save(page, 'Create');
    await page.getByRole('heading', { level: 1, name: 'hook' }).waitFor();
    await page.locator('.cm-line').filter({ hasText: 'sealed: true' }).waitFor();
    await typeAfter(page, 'url:', '\nenabled: fals');
    await problems(page).getByText('line 5').waitFor();
    await page.keyboard.type('e');
    await save(page);
    await page.getByRole('list', { name: 'How it fares' }).getByText('Off').waitFor();
    assert.equal(
      await textOf('channel', 'hook'),
      `channels:
  - name: hook
    kind: webhook
    url: https://hooks.example.com/chaperone
    enabled: false
    secret:
      sealed: true
`,
    );
    assert.ok(!(await page.content()).includes('Y2FuYXJ5'));
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByLabel('Type hook to delete it').fill('hook');
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByText('No channels').waitFor();
    assert.deepEqual(faults, []);
  });

  test('who may not change it reads it, and is told why there is nothing to press', async () => {
    await using audrey = await come('audrey');
    const { page } = audrey;
    for (const path of ['/policies/read', '/targets/people', '/trust?rule=shop']) {
      await open(page, path);
      await page.getByText('You may read this and not change it: that takes the role admin.').waitFor();
      assert.equal(await page.locator('.cm-content').getAttribute('contenteditable'), 'false');
      const buttons = page.getByRole('button', { name: /Review changes|Delete/u });
      assert.deepEqual([path, await buttons.count()], [path, 0]);
    }
    await page.goto(`${api.url}/channels`);
    await page.getByText('No channels').waitFor();
    assert.equal(await page.getByRole('link', { name: 'New channel' }).count(), 0);
    assert.deepEqual(audrey.faults, []);
  });
});

/** Puts the cursor at the end of the line that says this, and types there. */
async function typeAfter(page: Page, line: string, text: string): Promise<void> {
  const wanted = page.locator('.cm-activeLine').filter({ hasText: line });
  do {
    // What is above may still be drawn, and move the line from under the pointer.
    await page.locator('.cm-line').filter({ hasText: line }).first().click();
    await page.keyboard.press('End');
  } while ((await wanted.count()) === 0);
  await page.keyboard.type(text);
}

async function replaceLine(page: Page, line: string, text: string): Promise<void> {
  await typeAfter(page, line, '');
  await page.keyboard.press('Shift+Home');
  await page.keyboard.press('Shift+Home');
  await page.keyboard.insertText(text);
}

/** Looks at the difference and saves it. */
async function save(page: Page, name = 'Save'): Promise<void> {
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Review changes…' }).click();
  await page.getByRole('dialog').getByRole('button', { name, exact: true }).click();
  await page.getByText('No changes').waitFor();
}
