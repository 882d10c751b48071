/** The page of static files that verifies a bundle: opened from a disk, with no server at all. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import Fastify from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { secureHeaders } from '../../src/api/security-headers.ts';
import { webFiles } from '../../src/api/web-files.ts';
import type { BundleReport } from '../../src/audit/verify/bundle/report.ts';
import { packed } from '../support/auditors-pack.ts';
import { accessibilityFaults, excessWidth, PHONE, startBrowser, visit } from '../support/browser.ts';
import { bundleWorld, type MadeBundle, writeKeys } from '../support/evidence-bundle.ts';
import { ROOT } from '../support/source-tree.ts';
import { ownFiles, UnpackedBundle, verifyBytes } from '../support/unpacked-bundle.ts';

const BUILT = join(ROOT, 'web', 'dist', 'verify', 'index.html');
const directory = mkdtempSync(join(tmpdir(), 'chaperone-verify-page-'));
/** Away from everything that it was built beside. */
const saved = join(directory, 'saved page.html');
const bundlePath = join(directory, 'run_1.evidence.zip');
let browser: Browser;
let made: MadeBundle;
let erased: MadeBundle;
let keys: ReturnType<typeof writeKeys>;

before(async () => {
  if (!existsSync(BUILT)) throw new Error('The web UI is not built: npm run build -w web');
  writeFileSync(saved, readFileSync(BUILT));
  browser = await startBrowser();
  await using world = await bundleWorld(join(directory, 'world'));
  await world.makeRun('run_1');
  made = await world.bundle('run_1');
  await world.makeRun('run_2');
  await world.log.eraseRun({ run: 'run_2', erasure: 'era_1', by: 'psn_1', reason: 'mistake' });
  erased = await world.bundle('run_2');
  writeFileSync(bundlePath, made.bytes);
  keys = writeKeys(directory, made);
});
after(async () => {
  await browser.close();
  rmSync(directory, { recursive: true, force: true });
});

async function choose(page: Page, ...paths: readonly string[]): Promise<void> {
  await page.goto(pathToFileURL(saved).href);
  await page.locator('#files').setInputFiles([...paths]);
}

async function verdict(page: Page): Promise<string> {
  return await page.locator('.banner h2').innerText({ timeout: 20_000 });
}

describe('the page that verifies a bundle, from a disk', () => {
  test('says what the command line says, step by step', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await choose(page, bundlePath, keys.policy, keys.statementKey, keys.auditorKey);
    assert.equal(await verdict(page), 'PASS');
    const href = await page.getByRole('link', { name: 'Save this answer as JSON' }).getAttribute('href');
    const shown = await page
      .evaluate(async (url) => await (await fetch(url)).text(), href ?? '')
      .catch(() => undefined);
    assert.equal(shown, undefined, 'the page may not connect to anything, not even to itself');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Save this answer as JSON' }).click(),
    ]);
    const saved_ = JSON.parse(readFileSync(await download.path(), 'utf8')) as BundleReport;
    assert.deepEqual(saved_, JSON.parse(JSON.stringify(await verifyBytes(made.bytes, ownFiles(made)))));
    assert.equal(download.suggestedFilename(), 'run_1.verified.json');
    const refused = somebody.faults.filter(
      (fault) => !fault.includes('connect-src') && !fault.includes('Content Security Policy'),
    );
    assert.deepEqual(refused, []);
  });

  test('is incomplete without keys, says so, and goes on once they are there', async () => {
    await using somebody = await visit(browser);
    const { page } = somebody;
    await choose(page, bundlePath);
    assert.equal(await verdict(page), 'INCOMPLETE');
    await page.getByText('by those it was only checked against itself').waitFor();
    await page.locator('#files').setInputFiles([keys.policy, keys.statementKey]);
    await page.getByRole('heading', { name: 'PASS' }).waitFor();
    await page.getByRole('button', { name: 'Remove trust.policy' }).click();
    await page.getByRole('heading', { name: 'INCOMPLETE' }).waitFor();
    assert.deepEqual(somebody.faults, []);
  });

  test('says of what was not opened who erased it, when and why; what is called a zip is verified, and fails', async () => {
    const path = join(directory, 'erased.zip');
    writeFileSync(path, erased.bytes);
    await using somebody = await visit(browser);
    const { page } = somebody;
    await choose(page, path, keys.policy, keys.statementKey);
    await page
      .getByText(/\(erased by psn_1 at .{24} for mistake\)/u)
      .first()
      .waitFor();
    writeFileSync(path, 'MZ');
    await choose(page, path, keys.policy, keys.statementKey);
    assert.equal(await verdict(page), 'FAIL');
    writeFileSync(path, await packed(new UnpackedBundle(new Map([['pack.json', Buffer.from('{}')]]))));
    await choose(page, path);
    await page.getByText('This is an auditor’s pack').waitFor();
    assert.deepEqual(somebody.faults, []);
  });

  test('fails a bundle with one byte changed, and names the file', async () => {
    const bundle = await UnpackedBundle.of(made.bytes);
    const path = join(directory, 'changed.zip');
    writeFileSync(
      path,
      await bundle.edit('sessions/ses_run_1_1.jsonl', (text) => text.replace('readers', 'riders')).pack(),
    );
    await using somebody = await visit(browser);
    const { page } = somebody;
    await choose(page, path, keys.policy, keys.statementKey);
    assert.equal(await verdict(page), 'FAIL');
    await page.getByText('the file is not the one that the manifest names').waitFor();
    assert.deepEqual(somebody.faults, []);
  });

  test('refuses what is no bundle and no key, and shows hostile names as they are written', async () => {
    const path = join(directory, '<img src=x onerror=alert(1)>.txt');
    writeFileSync(path, 'hello');
    await using somebody = await visit(browser);
    const { page } = somebody;
    await choose(page, path);
    await page.getByRole('alert').getByText('<img src=x onerror=alert(1)>.txt is no bundle').waitFor();
    const bundle = await UnpackedBundle.of(made.bytes);
    const hostile = bundle.edit('run-manifest.json', (text) => text.replace('"completed"', '"\u202e<b>gnp\u001b[31m"'));
    const hostilePath = join(directory, 'hostile.zip');
    writeFileSync(hostilePath, await hostile.pack());
    await page.locator('#files').setInputFiles([hostilePath]);
    assert.equal(await verdict(page), 'FAIL');
    assert.equal(await page.locator('#result b, #result img').count(), 0);
    const shown = await page.locator('#result').innerText();
    assert.ok(!shown.includes('\u202e') && !shown.includes('\u001b'), shown);
    assert.deepEqual(somebody.faults, []);
  });

  test('does the same where a gateway serves it, under its headers', async () => {
    await using served = await serveBuilt();
    await using somebody = await visit(browser);
    const { page } = somebody;
    await page.goto(`${served.url}/verify`);
    await page.locator('#files').setInputFiles([bundlePath, keys.policy, keys.statementKey]);
    assert.equal(await verdict(page), 'PASS');
    assert.deepEqual(somebody.faults, []);
  });

  for (const [name, options] of [
    ['at 1440', { colorScheme: 'light' }],
    ['at 390, dark', { ...PHONE, colorScheme: 'dark' }],
  ] as const) {
    test(`is usable by everybody, ${name}, and nothing is wider than the window`, async () => {
      await using somebody = await visit(browser, options);
      const { page } = somebody;
      await choose(page, bundlePath);
      assert.equal(await verdict(page), 'INCOMPLETE');
      assert.deepEqual(await accessibilityFaults(page), []);
      const wide = await excessWidth(page);
      assert.equal(wide, 0);
    });
  }
});

/** The built files as the gateway serves them, with its headers. */
async function serveBuilt(): Promise<AsyncDisposable & { readonly url: string }> {
  const app = Fastify();
  secureHeaders(app, () => 'http://localhost');
  await webFiles(app, join(ROOT, 'web', 'dist'));
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, [Symbol.asyncDispose]: () => app.close() };
}
