import { existsSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** scripts/lib/debian.mjs installs the first where there is none. */
const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A real Chromium, alone in its folder. Throws with what to install where there is none. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = EXECUTABLES.find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error('Tests of the web UI need Chromium: sudo apt-get install -y --no-install-recommends chromium');
  }
  return await chromium.launch({ executablePath, args: FLAGS, headless: true });
}

export const DESKTOP = { viewport: { width: 1440, height: 900 } } as const;
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;

/** A browser of somebody who has never been here, and what went wrong in its pages. */
export interface Visit extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors of scripts, of the console, and of the Content-Security-Policy, as they came. */
  readonly faults: readonly string[];
}

export async function visit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ ...DESKTOP, ignoreHTTPSErrors: true, ...options });
  const faults: string[] = [];
  context.on('console', (message) => {
    // The browser's own word for an answer of 400 and above: the page shows those in its own words.
    const isStatus = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isStatus) faults.push(message.text());
  });
  context.on('weberror', (error) => faults.push(String(error.error())));
  const page = await context.newPage();
  return { context, page, faults, [Symbol.asyncDispose]: () => context.close() };
}

/** What axe finds against WCAG 2.2 AA on a page as it stands: a line a node, none where all is well. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const { violations } = await new AxeBuilder({ page }).withTags(tags).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ''}`));
}

/**
 * By how many pixels a page is wider than the window that it was opened in. The page's own `innerWidth` does not tell: on
 * a phone it grows with what is too wide.
 */
export async function excessWidth(page: Page): Promise<number> {
  const width = Number(await page.evaluate('document.documentElement.scrollWidth'));
  return Math.max(0, width - (page.viewportSize()?.width ?? 0));
}
