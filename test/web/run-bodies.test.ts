import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { accessibilityFaults, startBrowser, visit } from '../support/browser.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

describe("what a run sent and was answered, on the run's page", () => {
  let browser: Browser;
  let server: WebServer;
  let run: string;
  before(async () => {
    [browser, server] = await Promise.all([startBrowser(), startWebServer()]);
    const { items } = (await (await fetch(`${server.url}/v1/runs`)).json()) as {
      items: { id: string; closedAt?: string }[];
    };
    run = items.find(({ closedAt }) => closedAt !== undefined)?.id ?? '';
  });
  after(async () => {
    await browser.close();
    await server[Symbol.asyncDispose]();
  });

  test('a hold refuses an erasure, which waits; lifted, it is erased once its id was typed', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${server.url}/runs/${run}`);
    const section = page.getByRole('region', { name: 'What it sent and was answered' });
    await section.getByText('It is kept.').waitFor();

    await section.getByRole('button', { name: 'Place a hold…' }).click();
    const placing = page.getByRole('dialog', { name: 'Place a hold on this run' });
    await placing.getByRole('textbox', { name: 'Why' }).fill('litigation <b>12</b>');
    await placing.getByRole('button', { name: 'Place the hold' }).click();
    await section.getByText('litigation <b>12</b>').waitFor();

    await section.getByRole('button', { name: 'Erase…' }).click();
    const erasing = page.getByRole('dialog', { name: 'Erase what the run sent and was answered' });
    const go = erasing.getByRole('button', { name: 'Erase for good' });
    assert.equal(await go.isDisabled(), true);
    await erasing.getByRole('textbox', { name: 'The run’s id' }).fill(`${run}x`);
    assert.equal(await go.isDisabled(), true, 'another id is not this one');
    await erasing.getByRole('textbox', { name: 'The run’s id' }).fill(run);
    assert.deepEqual(await accessibilityFaults(page), []);
    await go.click();
    await erasing.getByText('The hold hld_1 keeps it.').waitFor();
    await erasing.getByRole('button', { name: 'Cancel' }).click();
    await section.getByText('Waits for a hold').waitFor();

    await section.getByRole('button', { name: 'Lift…' }).click();
    const lifting = page.getByRole('dialog', { name: 'Lift the hold' });
    await lifting.getByRole('textbox', { name: 'Why' }).fill('settled');
    await lifting.getByRole('button', { name: 'Lift it' }).click();
    await section.getByText('On hold').waitFor({ state: 'detached' });

    await section.getByRole('button', { name: 'Erase…' }).click();
    await erasing.getByRole('combobox', { name: 'Reason' }).selectOption('mistake');
    await erasing.getByRole('textbox', { name: 'The run’s id' }).fill(run);
    await erasing.getByRole('button', { name: 'Erase for good' }).click();
    await section.getByText('because of it should never have been recorded').waitFor();
    assert.equal(await section.getByRole('button', { name: 'Erase…' }).count(), 0);
    // The one answer that was a no is all that the browser complains of.
    assert.deepEqual(
      somebody.faults.filter((fault) => !/409/.test(fault)),
      [],
    );
  });
});
