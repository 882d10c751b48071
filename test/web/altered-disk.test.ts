import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { makeDataDirectory, type StartedProgram, startDemo } from '../e2e/program.ts';
import { startBrowser, type Visit, visit } from '../support/browser.ts';

/** The whole of it: a real gateway, a session of a real job, a real browser, and somebody who writes to the disk. */
describe("a session on a gateway's disk, verified in a browser", () => {
  let gateway: StartedProgram;
  let browser: Browser;
  let somebody: Visit;
  let file = '';

  before(async () => {
    gateway = await startDemo(await makeDataDirectory());
    browser = await startBrowser();
    const ran = await gateway.chaperone('run', '-t', 'demo', '--', 'chaperone', 'sql', 'select 40 + 2 as answer');
    assert.equal(ran.status, 0, ran.stderr);
    file = await onlySession(gateway.dataDirectory);
    somebody = await visit(browser);
    const link = /http:[^\s"]+\/login\/first\?code=[^\s"]+/u.exec(gateway.said())?.[0];
    assert.ok(link !== undefined, gateway.said());
    await somebody.page.goto(link);
    await somebody.page.getByRole('button', { name: 'Log in as administrator' }).click();
    await somebody.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  });
  after(async () => {
    await somebody?.[Symbol.asyncDispose]();
    await browser?.close();
    await gateway?.[Symbol.asyncDispose]();
  });

  const id = () => file.replace(/^.*\/|\.jsonl$/gu, '');

  /** Verifies the session on the log's page; resolves with what the page then says of it. */
  async function verify(): Promise<string> {
    const { page } = somebody;
    await page.goto(`${gateway.ready.url}/log?session=${id()}`);
    const verdict = page.getByRole('status').filter({ hasText: /^(?:PASS|FAIL|INCOMPLETE) / });
    await verdict.waitFor();
    return await page.getByRole('main').innerText();
  }

  test('passes as it was recorded', async () => {
    assert.match(await verify(), /PASS This browser recomputed every hash/u);
  });

  test('fails once one byte of its second line is another, and says which bytes; passes again once it is put back', async () => {
    const bytes = await readFile(file);
    const from = bytes.indexOf('\n') + 1;
    const at = bytes.indexOf('"kind":"request"', from) + '"kind":"re'.length;
    const altered = Buffer.from(bytes);
    altered[at] = 'Q'.charCodeAt(0);
    await writeFile(file, altered);
    const said = await verify();
    assert.match(said, /FAIL This session does not verify/u);
    assert.match(
      said,
      new RegExp(
        `line 2, bytes ${from}–${bytes.indexOf('\n', from)}: This line is not the one that was sealed. All others are\\.`,
        'u',
      ),
    );
    await writeFile(file, bytes);
    assert.match(await verify(), /PASS This browser recomputed every hash/u);
  });

  test('fails once its bodies are altered, and says of which lines', async () => {
    const bodies = join(gateway.dataDirectory, 'audit/bodies', `${id()}.bodies`);
    const bytes = await readFile(bodies);
    const altered = Buffer.from(bytes);
    altered[40] = (altered[40] ?? 0) ^ 1;
    await writeFile(bodies, altered);
    const said = await verify();
    assert.match(said, /FAIL This session does not verify/u);
    assert.match(said, /line 1, bytes 0–\d+: The body of this line is not what was recorded: it cannot be opened\./u);
    await writeFile(bodies, bytes);
    assert.match(await verify(), /PASS This browser recomputed every hash/u);
  });

  test('and the page did it all under the Content-Security-Policy, without an error', () => {
    assert.deepEqual(somebody.faults, []);
  });
});

async function onlySession(dataDirectory: string): Promise<string> {
  const sessions = join(dataDirectory, 'audit/sessions');
  const [file, ...others] = (await readdir(sessions, { recursive: true })).filter((name) => name.endsWith('.jsonl'));
  assert.ok(file !== undefined && others.length === 0, 'the one session of the one run');
  return join(sessions, file);
}
