import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityFaults, startBrowser, visit } from './browser.ts';

const PAGE = `<html lang="en"><title>Orders</title><main><h1>Orders</h1>
  <img src="chart.png"><p style="color: #eee; background: #fff">pale</p><button></button></main></html>`;

test('axe finds a picture without words, pale text and a button without a name', async () => {
  const browser = await startBrowser();
  try {
    await using somebody = await visit(browser);
    await somebody.page.setContent(PAGE);
    const found = await accessibilityFaults(somebody.page);
    assert.deepEqual(
      found.map((fault) => fault.split(':')[0]),
      ['button-name', 'color-contrast', 'image-alt'],
    );
  } finally {
    await browser.close();
  }
});
