/** A configured gateway in this process into which people log in, and browsers to do it with. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openApi } from '../../src/api/open-api.ts';
import { openGateway } from '../../src/cli/start/open-gateway.ts';
import type { LoginConfig } from '../../src/identity/login-config.ts';
import { LoginRefused } from '../../src/identity/login-refused.ts';
import { type Page, UserAgent } from './user-agent.ts';

export const COOKIE = '__Host-chaperone';

export interface LoginGateway extends AsyncDisposable {
  readonly url: string;
  readonly directory: string;
  /** The administrator's token, as an Authorization header. */
  readonly admin: string;
  readonly firstLoginUrl: string;
  /** Moves the gateway's clock forward. */
  pass(ms: number): void;
  browser(): Browser;
  /** With an Authorization header and no cookie. */
  call(method: string, path: string, options?: CallOptions): Promise<Called>;
}

export interface CallOptions {
  readonly auth?: string;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Called {
  readonly status: number;
  readonly headers: Page['headers'];
  readonly json: Record<string, unknown>;
}

/** `webDirectory`: the built web UI, for tests in a real browser. */
export async function startLoginGateway(login?: LoginConfig, webDirectory?: string): Promise<LoginGateway> {
  await using parts = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-login-'));
  parts.defer(() => rm(directory, { recursive: true, force: true }));
  const loopback = { host: '127.0.0.1', port: 0 };
  let passedMs = 0;
  const gateway = parts.use(
    await openGateway(
      {
        kind: 'configured',
        dataDirectory: directory,
        api: loopback,
        postgres: loopback,
        portsMayMove: false,
        audience: 'https://gateway.test',
        ...(login ? { login } : {}),
      },
      {
        version: '0.0.0',
        openApi: (all, options) => openApi(all, { ...options, ...(webDirectory ? { webDirectory } : {}) }),
        env: {},
        nowMs: () => Date.now() + passedMs,
        onFault: (fault) => {
          // A login that the provider made impossible is told to the operator, and is no fault of the gateway.
          if (!(fault instanceof LoginRefused)) assert.fail(fault instanceof Error ? fault : String(fault));
        },
      },
    ),
  );
  const { url, firstLogin } = gateway.started;
  assert.ok(firstLogin);
  const ca = await readFile(join(directory, 'tls', 'ca.crt'), 'utf8');
  const admin = `Bearer ${(await readFile(join(directory, 'admin-token'), 'utf8')).trim()}`;
  const running = parts.move();
  return {
    url,
    directory,
    admin,
    firstLoginUrl: firstLogin.url,
    pass: (ms) => void (passedMs += ms),
    browser: () => new Browser(url, ca),
    call: async (method, path, { auth, json, headers = {} } = {}) => {
      const all = { ...headers, ...(auth === undefined ? {} : { authorization: auth }) };
      return called(await new UserAgent(ca).send(`${url}${path}`, { method, headers: all, json }));
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Somebody's browser, and what its pages do. */
export class Browser extends UserAgent {
  readonly #url: string;

  constructor(url: string, ca: string) {
    super(ca);
    this.#url = url;
  }

  get session(): string | undefined {
    return this.cookie(this.#url, COOKIE);
  }

  /** Logs in by the provider under this name; resolves with where that led. */
  async logIn(login: string, returnTo = '/'): Promise<string> {
    const back = await this.toCallback(login, returnTo);
    const { status, headers } = await this.send(back);
    assert.equal(status, 303);
    return String(headers.location);
  }

  /** Becomes the administrator of a one-time link, as its page does; resolves with the status. */
  async useLink(link: string): Promise<number> {
    const code = new URL(link).searchParams.get('code');
    return (await this.page('POST', '/v1/login/first', { code })).status;
  }

  /** As far as the provider's way back, which is not gone yet. */
  async toCallback(login: string, returnTo = '/'): Promise<string> {
    const asked = await this.navigate(`${this.#url}/v1/login/start?return_to=${encodeURIComponent(returnTo)}`, isBack);
    if (isBack(asked.url)) return asked.url;
    const answered = await this.send(asked.url, { method: 'POST', form: { login } });
    const back = await this.navigate(new URL(answered.headers.location ?? '', asked.url).href, isBack);
    assert.ok(isBack(back.url), back.text);
    return back.url;
  }

  /** What a page of the gateway sends: with the CSRF token of this session, from the same origin. */
  async page(method: string, path: string, json?: unknown, more: Record<string, string> = {}): Promise<Called> {
    const headers = { 'sec-fetch-site': 'same-origin', origin: new URL(this.#url).origin, ...more };
    const csrf = method === 'GET' || 'x-csrf-token' in more ? {} : { 'x-csrf-token': await this.csrf() };
    return called(await this.send(`${this.#url}${path}`, { method, headers: { ...csrf, ...headers }, json }));
  }

  async csrf(): Promise<string> {
    const me = await this.send(`${this.#url}/v1/me`);
    return me.status === 200 ? String((JSON.parse(me.text) as { csrf?: string }).csrf) : '';
  }
}

function isBack(url: string): boolean {
  return new URL(url).pathname === '/login/callback';
}

function called({ status, headers, text }: Page): Called {
  const isJson = (headers['content-type'] ?? '').includes('json');
  return { status, headers, json: isJson ? (JSON.parse(text) as Called['json']) : {} };
}

/** Resolves once the log of a gateway holds an entry like that; a checkpoint seals what was noted, once a second. */
export async function inLog({ directory }: Pick<LoginGateway, 'directory'>, entry: RegExp): Promise<void> {
  const entries = join(directory, 'audit', 'log', 'tile', 'entries');
  for (;;) {
    const names = await readdir(entries, { recursive: true }).catch(() => []);
    for (const name of names) {
      const text = await readFile(join(entries, name), 'latin1').catch(() => '');
      if (entry.test(text)) return;
    }
    await setTimeout(50);
  }
}
