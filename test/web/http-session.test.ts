import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { HTTP_SESSION } from '../../web/mock/http-recording.ts';
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
  await page.goto(`${server.url}/sessions/${HTTP_SESSION}?x=${exchange}`);
  await shown(page).getByRole('region', { name: 'Request', exact: true }).waitFor();
}

describe('a session of HTTP', () => {
  test('has a line for each request: method, address, status, time and how much was masked', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, 1);
    const line = (name: RegExp) => page.getByRole('option', { name }).waitFor();
    await line(/GET \/customers\?limit=2&q=a%20b masked 200 · 3(\.0)? ms · 3 masked$/);
    await line(/POST \/orders writes 201 · 3(\.0)? ms$/);
    await line(/POST \/form failed writes 404 · 3(\.0)? ms$/);
    await line(/DELETE \/orders\/3 refused writes refused$/);
    await page.getByRole('button', { name: 'Download' }).click();
    assert.deepEqual(await page.getByRole('menuitem').allInnerTexts(), ['Recording, JSON lines']);
  });

  test('shows a query, fields, JSON as a tree with its digits and masks, and where each mask stands', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, 1);
    await shown(page).getByRole('table', { name: 'Query' }).getByRole('cell', { name: 'a b' }).waitFor();
    await shown(page).getByText('3 fields of the reply').click();
    await shown(page).getByRole('row', { name: 'x-owner [redacted] masked' }).waitFor();
    await shown(page).getByText('2 fields of the request').click();
    await shown(page).getByText('a secret; its digest begins with AAECAwQF').waitFor();
    const tree = shown(page).getByRole('tree', { name: 'JSON of the reply' });
    await tree.getByRole('treeitem', { name: 'id: 12345678901234567890' }).waitFor();
    await tree.getByText('Ada⟨U+202E⟩').waitFor();
    assert.equal(await tree.getByText('masked', { exact: true }).count(), 2);
    const places = await shown(page).getByRole('list', { name: 'Masked places' }).getByRole('listitem').allInnerTexts();
    assert.deepEqual(
      places.map((place) => place.split(/\s/)[0]),
      ['x-owner', 'customers[0].email', 'customers[1].email'],
    );
    await shown(page).getByRole('button', { name: 'As sent' }).click();
    await shown(page).getByText('{"customers":[{"id":12345678901234567890').waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.deepEqual(somebody.faults, []);
  });

  test('shows messages of gRPC as trees, and says of those that are not shown why', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, 5);
    const messages = shown(page).getByRole('region', { name: 'Messages of the reply' });
    await messages.getByText('4 messages of the type shop.Order').waitFor();
    const tree = messages.getByRole('tree', { name: 'Message 1 of the reply' });
    await tree.getByText('masked', { exact: true }).waitFor();
    await tree.getByText('<b>⟨U+202E⟩').waitFor();
    await messages.getByText('Not shown: it is no message of its type.').waitFor();
    await messages.getByText('2 more are not shown.').waitFor();
    await shown(page).getByRole('region', { name: 'Messages of the request' }).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.deepEqual(somebody.faults, []);
  });

  test('has trees that the arrows go through and fold, and whose keys are not those of the replay', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, 1);
    const tree = shown(page).getByRole('tree', { name: 'JSON of the reply' });
    await tree.getByRole('treeitem').first().focus();
    const focused = () => tree.locator('[role=treeitem]:focus').getAttribute('title');
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowLeft']) await page.keyboard.press(key);
    assert.equal(await focused(), 'customers[0]');
    assert.equal(await tree.getByRole('treeitem', { name: 'Ada' }).count(), 0);
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), 'customers[1]');
    await page.keyboard.press(' ');
    assert.equal(await tree.getByRole('treeitem', { expanded: false }).count(), 2);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await tree.getByRole('treeitem').count(), 1);
    await page.getByRole('button', { name: 'Play' }).waitFor();
  });

  test('shows what was cut off as far as it goes, forms as tables, and hostile text as text', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await open(page, 2);
    await shown(page).getByText('The value goes on; not all of it was kept.').waitFor();
    await shown(page).getByText('<img src=x onerror=alert(1)>').waitFor();
    assert.equal(await page.locator('img').count(), 0);
    await page.keyboard.press('j');
    await shown(page).getByRole('row', { name: 'b x y' }).waitFor();
    await shown(page).getByText('nothing here').waitFor();
    await page.keyboard.press('j');
    await shown(page).getByText('Nothing is deleted.').waitFor();
    assert.deepEqual(somebody.faults, []);
  });

  test('is read on a phone without scrolling sideways, in the dark as well', async () => {
    await using somebody = await visit(browser, { ...PHONE, colorScheme: 'dark' });
    const { page } = somebody;
    await open(page, 1);
    assert.equal(await excessWidth(page), 0);
    assert.deepEqual(await accessibilityFaults(page), []);
  });
});

test('an approval of a request of HTTP shows all of it laid out, and as it was sent', async () => {
  await using somebody = await visit(browser);
  const { page } = somebody;
  const text =
    'POST /orders?express=1 HTTP/1.1\r\nhost: api.shop.example\r\ncontent-type: application/json\r\n\r\n{"item":"Kettle","to":{"name":"Ben"}}';
  const id = mockId('apr', 0);
  await page.route(`**/v1/approvals/${id}`, async (route) => {
    const answer = await route.fetch();
    const approval = (await answer.json()) as object;
    const line = 'POST /orders?express=1';
    const asked = { protocol: 'http', kinds: ['post'], tables: [], text, line, statements: [{ text, parameters: [] }] };
    await route.fulfill({ response: answer, json: { ...approval, ...asked } });
  });
  await page.goto(`${server.url}/approvals/${id}`);
  await page.getByRole('heading', { name: 'POST /orders?express=1' }).waitFor();
  const request = page.getByRole('region', { name: 'The request' });
  await request.getByRole('table', { name: 'Query' }).getByRole('row', { name: 'express 1' }).waitFor();
  await request.getByRole('treeitem', { name: 'name: "Ben"' }).waitFor();
  await request.getByRole('row', { name: 'content-type application/json' }).waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await request.getByRole('button', { name: 'All of it as sent' }).click();
  await request.getByText('POST /orders?express=1 HTTP/1.1').waitFor();
  assert.deepEqual(somebody.faults, []);
});

test('an approval of a request to a cluster says it as kubectl would, and shows what it would change', async () => {
  await using somebody = await visit(browser, PHONE);
  const { page } = somebody;
  const text = 'PATCH /apis/apps/v1/namespaces/shop/deployments/web HTTP/1.1\r\nhost: c\r\n\r\n{"spec":{"replicas":0}}';
  const plan = ' spec:\n-  replicas: 3\n+  replicas: 0 # \u202e<img src=x onerror=alert(1)>';
  const estimate = { kind: 'planned', statements: [{ text: 'patch', rows: 1, plan }], tookMs: 3 };
  const id = mockId('apr', 0);
  await page.route(`**/v1/approvals/${id}`, async (route) => {
    const answer = await route.fetch();
    const approval = (await answer.json()) as object;
    const line = 'kubectl patch deployments/web -n shop';
    const asked = { protocol: 'kubernetes', kinds: ['patch'], tables: [], text, line, estimate };
    const statements = [{ text, parameters: [] }];
    await route.fulfill({ response: answer, json: { ...approval, ...asked, statements } });
  });
  await page.goto(`${server.url}/approvals/${id}`);
  await page.getByRole('heading', { name: 'kubectl patch deployments/web -n shop' }).waitFor();
  const change = page.getByRole('region', { name: 'What it would change' });
  const difference = change.getByRole('group', { name: 'The object as it is, and as it would be' });
  await difference.getByText('-  replicas: 3').waitFor();
  await difference.getByText('⟨U+202E⟩').waitFor();
  assert.equal(await page.locator('img').count(), 0);
  assert.equal(await excessWidth(page), 0);
  assert.deepEqual(await accessibilityFaults(page), []);
  assert.deepEqual(somebody.faults, []);
});
