import { existsSync } from 'node:fs';
import { afterEach } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** scripts/lib/debian.mjs installs the first: without a window around the page, a page costs less than half. */
const EXECUTABLES = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let running: Promise<Browser> | undefined;
let users = 0;

/**
 * A real Chromium, alone in its folder; files that share a process share it, and the last that closes it ends it. Throws
 * with what to install where there is none.
 */
export async function startBrowser(): Promise<Browser> {
  running ??= launch();
  users += 1;
  return await running;
}

async function launch(): Promise<Browser> {
  const executablePath = EXECUTABLES.find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error('Tests of the web UI need Chromium: sudo apt-get install -y --no-install-recommends chromium');
  }
  const browser = await chromium.launch({ executablePath, args: FLAGS, headless: true });
  const end = browser.close.bind(browser);
  browser.close = async () => {
    users -= 1;
    if (users > 0) return;
    running = undefined;
    await end();
  };
  return browser;
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
  const leave = async () => {
    for (const each of context.pages()) shown.push(await shownBy(each));
    await context.close();
  };
  return { context, page, faults, [Symbol.asyncDispose]: leave };
}

const SHOWN_CHARACTERS = 2_000;
/** What the pages of the test that runs showed when it left them. */
const shown: string[] = [];

// A wait that ends in vain says what it waited for; what stood there instead is what one has to know.
afterEach((context) => {
  const pages = shown.splice(0);
  if ('error' in context && context.error) for (const page of pages) context.diagnostic(page);
});

async function shownBy(page: Page): Promise<string> {
  try {
    const text = String(await page.evaluate('document.body.innerText'));
    return `${page.url()} showed:\n${text.slice(0, SHOWN_CHARACTERS)}`;
  } catch (cause) {
    // A page that is on its way elsewhere has nothing to show, and a test that failed has its own error.
    return `${page.url()} could not be read: ${String(cause)}`;
  }
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds against WCAG 2.2 AA on a page as it stands: a line a node, none where all is well. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // To describe what is well takes most of its time, and so does a second page for frames, of which there are none.
  const options = { runOnly: { type: 'tag' as const, values: RULES }, resultTypes: ['violations' as const] };
  const { violations } = await new AxeBuilder({ page }).options(options).setLegacyMode(true).analyze();
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
