import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { SSH_SESSION } from '../../web/mock/ssh-recording.ts';
import { mockId } from '../../web/mock/world.ts';
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

async function open(page: Page, exchange: number): Promise<void> {
  await page.goto(`${server.url}/sessions/${SSH_SESSION}?x=${exchange}`);
  await shown(page)
    .getByRole('heading', { name: `Request ${exchange}` })
    .waitFor();
}

describe('a session of SSH', () => {
  test('lists files with their sizes, digests and what became of them, and leads to each', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, 5);
    await page.getByText('4 requests about files and refs').click();
    const row = (name: RegExp) => page.getByRole('table', { name: 'Files and refs' }).getByRole('row', { name });
    await row(/read "\/srv\/app\/customers\.csv" 1,536 bytes abababababababab ok/).waitFor();
    await row(/remove "\/srv\/app\/⟨U\+202E⟩customers\.csv" refused/).waitFor();
    await row(/write "\/srv\/app\/new\.csv" mode 644 10 bytes ok/).waitFor();
    await page.getByRole('button', { name: 'read "/srv/app/customers.csv"' }).click();
    await shown(page).getByText('SHA-256').waitFor();
    await shown(page).getByText('ab'.repeat(32)).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.deepEqual(somebody.faults, []);
  });

  test('shows the programs of a command, and the refs of a push with what became of them', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, 5);
    await shown(page).getByText('sudo cat', { exact: true }).waitFor();
    await shown(page).getByText('127.0.0.1 localhost').waitFor();
    await open(page, 4);
    const refs = shown(page).getByRole('table', { name: 'Refs of the push' });
    await refs.getByRole('row', { name: 'refs/heads/main moved 1111111111 2222222222' }).waitFor();
    await refs.getByRole('row', { name: 'refs/tags/v1 removed 1111111111' }).waitFor();
    await shown(page).getByText('Not done').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.deepEqual(somebody.faults, []);
  });

  test('plays what a terminal showed, with marks where something was masked', async () => {
    await using somebody = await visit(browser, PHONE);
    const { page } = somebody;
    await open(page, 6);
    const screen = shown(page).getByRole('group', { name: "The terminal's screen" });
    await screen.getByText('mail [redacted]').waitFor();
    await shown(page).getByRole('slider', { name: 'Time in the terminal' }).fill('1500');
    await screen.getByText('one two').waitFor();
    assert.doesNotMatch(await screen.innerText(), /redacted|title/);
    await shown(page)
      .getByRole('button', { name: /Masked$/ })
      .click();
    await screen.getByText('mail [redacted]').waitFor();
    await shown(page).getByRole('button', { name: 'Play the terminal' }).click();
    await screen.getByText('$ ls').waitFor();
    assert.equal(await excessWidth(page), 0);
    // What is scrolled half under the bar at the top is none of it.
    await page.evaluate('scrollTo(0, 0)');
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.deepEqual(somebody.faults, []);
  });
});

test('an approval of a command says what it runs, with its words and files, and calls it a command', async () => {
  await using somebody = await visit(browser, PHONE);
  const { page } = somebody;
  const id = mockId('apr', 0);
  const text = `sudo rm -rf /srv/old\u202e && select ${'deep'.repeat(30)}`;
  const none = { tables: [], columns: [], filters: [], writes: [], copies: [], functions: [], hasWhere: true };
  const facts = [
    { name: 'Words', values: ['-rf', `/srv/${'deep/'.repeat(30)}old`] },
    { name: 'Files', values: ['remove /srv/old and all below'] },
  ];
  const operations = [{ ...none, kind: 'exec', access: 'admin', title: 'sudo rm', facts, flags: ['sudo'] }];
  await page.route(`**/v1/approvals/${id}`, async (route) => {
    const answer = await route.fetch();
    const approval = (await answer.json()) as object;
    const asked = { protocol: 'ssh', kinds: ['exec'], tables: [], text, line: text, operations, estimate: undefined };
    await route.fulfill({ response: answer, json: { ...approval, ...asked, statements: [{ text, parameters: [] }] } });
  });
  await page.goto(`${server.url}/approvals/${id}`);
  await page.getByRole('heading', { name: /^sudo rm -rf \/srv\/old.*U\+202E.*&& select/, level: 1 }).waitFor();
  await page.getByRole('region', { name: 'The command' }).getByText('sudo rm -rf').waitFor();
  const meaning = page.getByRole('region', { name: 'What it parses to' });
  await meaning.getByText('sudo rm', { exact: true }).waitFor();
  await meaning.getByText('remove /srv/old and all below').waitFor();
  assert.doesNotMatch(await page.locator('main').innerText(), /EXEC|[Ss]tatement/);
  assert.equal(await excessWidth(page), 0);
  assert.deepEqual(await accessibilityFaults(page), []);
  assert.deepEqual(somebody.faults, []);
});
