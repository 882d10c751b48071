import assert from 'node:assert/strict';

import { after, before, describe, test } from 'node:test';
import { Browser, COOKIE, inLog, type LoginGateway, startLoginGateway } from '../../test/support/login-gateway.ts';
import { type LoginProvider, startLoginProvider } from '../../test/support/login-provider.ts';
import type { Page } from '../../test/support/user-agent.ts';

const HOUR_MS = 3_600_000;

describe('people log in by a provider', () => {
  let provider: LoginProvider;
  let gateway: LoginGateway;

  before(async () => {
    provider = await startLoginProvider();
    const config = provider.config({
      roles: { admin: ['platform'], approver: ['dba'] },
      handleClaims: { github: 'github_login' },
    });
    gateway = await startLoginGateway(config);
    await provider.serve(gateway.url);
    provider.people.set('ada', {
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      email_verified: true,
      groups: ['dba', 'everyone'],
      github_login: 'octo-ada',
    });
    provider.people.set('root', { groups: ['platform'] });
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  test('with the groups, roles and handles of their claims, to where they wanted to go', async () => {
    const browser = gateway.browser();
    assert.equal(await browser.logIn('ada', '/approvals/apr_1?tab=plan#rows'), '/approvals/apr_1?tab=plan#rows');
    const me = (await browser.page('GET', '/v1/me')).json;
    const { id, createdAt, lastSeenAt, ...person } = me['person'] as Record<string, unknown>;
    assert.match(String(id), /^psn_[0-9a-z]{26}$/);
    assert.equal(createdAt, lastSeenAt);
    assert.deepEqual(person, {
      login: 'ada',
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      issuer: provider.url,
      claimedGroups: ['dba', 'everyone'],
      localGroups: [],
      groups: ['dba', 'everyone'],
      claimedRoles: ['approver'],
      localRoles: [],
      roles: ['approver'],
      handles: ['github:octo-ada', 'ada@example.com'],
      localHandles: [],
      disabled: false,
    });
    assert.deepEqual(me['scopes'], [
      'overview:read',
      'approvals:answer',
      'sessions:read',
      'targets:read',
      'log:read',
      'definitions:decide',
    ]);
    assert.deepEqual((await browser.page('GET', '/v1/login')).json, { provider: 'Test', demo: false });
  });

  test('again as the same person, with what their claims say by then', async () => {
    provider.people.set('cleo', { groups: ['dba'] });
    const me = async () => {
      const browser = gateway.browser();
      await browser.logIn('cleo');
      return (await browser.page('GET', '/v1/me')).json['person'] as { id: string; groups: string[]; roles: string[] };
    };
    const first = await me();
    provider.people.set('cleo', { groups: 'ops, audit' });
    const second = await me();
    assert.equal(second.id, first.id);
    assert.deepEqual([first.groups, first.roles], [['dba'], ['approver']]);
    assert.deepEqual([second.groups, second.roles], [['ops', 'audit'], []]);
  });

  test('and whoever has neither role nor group may nothing at all', async () => {
    const browser = gateway.browser();
    await browser.logIn('nobody');
    assert.deepEqual((await browser.page('GET', '/v1/me')).json['scopes'], []);
    for (const path of ['/v1/sessions', '/v1/targets', '/v1/people', '/v1/grants', '/v1/statements']) {
      assert.equal((await browser.page('GET', path)).status, 403, path);
    }
  });

  test('in a cookie that no script, no other site and no other host gets at', async () => {
    const browser = gateway.browser();
    const lines = ({ headers }: Page) => headers['set-cookie']?.map((line) => line.replace(/=[\w-]{43};/, '=…;'));
    const start = await browser.send(`${gateway.url}/v1/login/start`);
    assert.deepEqual(lines(start), [`${COOKIE}-login=…; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax`]);
    const page = await browser.send(await browser.toCallback('ada'));
    assert.deepEqual(lines(page), [`${COOKIE}=…; Max-Age=43200; Path=/; HttpOnly; Secure; SameSite=Lax`]);
    assert.equal(page.headers['cache-control'], 'no-store');
  });

  test('by state, nonce and a PKCE challenge of this attempt alone', async () => {
    const start = async () => {
      const { headers } = await gateway.browser().send(`${gateway.url}/v1/login/start`);
      return new URL(String(headers.location)).searchParams;
    };
    const [one, other] = [await start(), await start()];
    assert.equal(one.get('code_challenge_method'), 'S256');
    assert.equal(one.get('response_type'), 'code');
    assert.equal(one.get('redirect_uri'), `${gateway.url}/login/callback`);
    for (const name of ['state', 'nonce', 'code_challenge']) {
      assert.match(one.get(name) ?? '', /^[\w.-]{43,}$/);
      assert.notEqual(one.get(name), other.get(name));
    }
  });

  test('and two tabs of one browser do not get in the way of one another', async () => {
    const browser = gateway.browser();
    const start = async (path: string) => {
      const { headers } = await browser.send(`${gateway.url}/v1/login/start?return_to=${path}`);
      return String(headers.location);
    };
    const [first, second] = [await start('/runs'), await start('/log')];
    const isBack = (url: string) => url.startsWith(`${gateway.url}/login/callback`);
    const asked = await browser.navigate(first, isBack);
    const answered = await browser.send(asked.url, { method: 'POST', form: { login: 'ada' } });
    const back = await browser.navigate(String(answered.headers.location), isBack);
    assert.equal((await browser.send(back.url)).headers.location, '/runs');
    const also = await browser.navigate(second, isBack);
    assert.equal((await browser.send(also.url)).headers.location, '/log');
  });

  describe('and what is tried against that comes to nothing:', () => {
    const refused = async (browser: Browser, url: string, why: string) => {
      const before = browser.session;
      const page = await browser.send(url);
      assert.deepEqual([page.status, page.headers.location], [303, `/login?problem=${why}`]);
      assert.equal(browser.session, before);
    };

    test('a way back that was used is used up', async () => {
      const browser = gateway.browser();
      const back = await browser.toCallback('ada');
      assert.equal((await browser.send(back)).headers.location, '/');
      await refused(browser, back, 'attempt-unknown');
    });

    test("somebody's way back in another browser logs nobody in there (login CSRF)", async () => {
      const back = await gateway.browser().toCallback('ada');
      await refused(gateway.browser(), back, 'attempt-unknown');
      const victim = gateway.browser();
      await victim.toCallback('root');
      await refused(victim, back, 'attempt-unknown');
    });

    test("somebody else's code under one's own state fails on PKCE (code injection)", async () => {
      const [mine, theirs] = [gateway.browser(), gateway.browser()];
      const stolen = new URL(await theirs.toCallback('root')).searchParams.get('code') ?? '';
      const back = new URL(await mine.toCallback('ada'));
      back.searchParams.set('code', stolen);
      await refused(mine, back.href, 'answer-invalid');
      assert.equal(mine.session, undefined);
    });

    test('a state that was never given, an empty one, and none', async () => {
      for (const query of ['?code=x&state=made-up', '?code=x&state=', '?code=x', '', '?state=a.b&state=c.d&code=x']) {
        await refused(gateway.browser(), `${gateway.url}/login/callback${query}`, 'attempt-unknown');
      }
    });

    test('an answer of another issuer (RFC 9207)', async () => {
      const browser = gateway.browser();
      const back = new URL(await browser.toCallback('ada'));
      back.searchParams.set('iss', 'https://evil.example');
      await refused(browser, back.href, 'answer-invalid');
    });

    test('a way back after more than ten minutes', async () => {
      const browser = gateway.browser();
      const back = await browser.toCallback('ada');
      gateway.pass(10 * 60_000);
      await refused(browser, back, 'attempt-unknown');
    });

    test('the no of the provider is a no, and is in the log', async () => {
      const browser = gateway.browser();
      const asked = await browser.navigate(`${gateway.url}/v1/login/start`);
      const answered = await browser.send(asked.url, { method: 'POST', form: { login: '' } });
      const back = await browser.navigate(String(answered.headers.location), (url) => url.includes('/login/callback'));
      await refused(browser, back.url, 'provider-refused');
      await inLog(gateway, /"action":"login\.failed"[^}]*"why":"provider-refused"/);
    });

    for (const path of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      '/%2f/evil.example',
      '/%5cevil',
      'javascript:alert(1)',
      '/login?x',
      '/v1/me',
      '\t//evil.example',
      '/\t/evil.example',
    ]) {
      test(`a login does not lead to ${JSON.stringify(path)} (open redirect)`, async () => {
        gateway.pass(60_000);
        assert.equal(await gateway.browser().logIn('ada', path), '/');
      });
    }

    test('a session that somebody planted is not the one that the login makes (fixation)', async () => {
      const [attacker, victim] = [gateway.browser(), gateway.browser()];
      await attacker.logIn('ada');
      const planted = attacker.session ?? '';
      victim.setCookie(gateway.url, COOKIE, planted);
      await victim.logIn('root');
      assert.notEqual(victim.session, planted);
      assert.equal((await victim.page('GET', '/v1/me')).json['name'], 'root');
      assert.equal((await attacker.page('GET', '/v1/me')).status, 401);
      const made = 'A'.repeat(43);
      const other = gateway.browser();
      other.setCookie(gateway.url, COOKIE, made);
      await other.logIn('root');
      assert.notEqual(other.session, made);
    });

    test('a flood of logins from one address is held back, and the next address is not', async () => {
      gateway.pass(HOUR_MS);
      const browser = gateway.browser();
      const answers = [];
      for (let n = 0; n < 25; n++) answers.push((await browser.send(`${gateway.url}/v1/login/start`)).headers.location);
      assert.equal(answers.filter((where) => where === '/login?problem=too-many').length, 5);
      assert.equal(answers.at(-1), '/login?problem=too-many');
      gateway.pass(60_000);
    });
  });

  describe('and their session', () => {
    test('ends at logout, in the gateway too', async () => {
      const browser = gateway.browser();
      await browser.logIn('ada');
      const kept = browser.session ?? '';
      assert.equal((await browser.page('POST', '/v1/logout')).status, 204);
      assert.equal(browser.session, undefined);
      browser.setCookie(gateway.url, COOKIE, kept);
      assert.equal((await browser.page('GET', '/v1/me')).status, 401);
    });

    test('ends after an hour in which nothing happens', async () => {
      const browser = gateway.browser();
      await browser.logIn('ada');
      for (let n = 0; n < 3; n++) {
        gateway.pass(HOUR_MS - 60_000);
        assert.equal((await browser.page('GET', '/v1/me')).status, 200);
      }
      gateway.pass(HOUR_MS);
      assert.equal((await browser.page('GET', '/v1/me')).status, 401);
    });

    test('ends after an hour although a page was left open that listens', async () => {
      const browser = gateway.browser();
      await browser.logIn('ada');
      const by = (headers: Record<string, string>) => browser.page('GET', '/v1/me', undefined, headers);
      gateway.pass(HOUR_MS - 60_000);
      assert.equal((await by({ accept: 'text/event-stream' })).status, 200);
      assert.equal((await by({ 'x-idle': 'true' })).status, 200);
      gateway.pass(60_000);
      assert.equal((await by({ 'x-idle': 'true' })).status, 401);
    });

    test('ends after twelve hours, however busy it is', async () => {
      const browser = gateway.browser();
      await browser.logIn('ada');
      for (let n = 0; n < 23; n++) {
        gateway.pass(HOUR_MS / 2);
        assert.equal((await browser.page('GET', '/v1/me')).status, 200);
      }
      gateway.pass(HOUR_MS / 2);
      assert.equal((await browser.page('GET', '/v1/me')).status, 401);
    });

    test('changes nothing without the token of that very session, and for no other site (CSRF)', async () => {
      const [browser, other] = [gateway.browser(), gateway.browser()];
      await browser.logIn('root');
      await other.logIn('root');
      const [own, foreign] = [await browser.csrf(), await other.csrf()];
      const body = { name: 'made by forgery', role: 'auditor', expiresAt: null };
      const origin = new URL(gateway.url).origin;
      const attempts: readonly (readonly [string, Record<string, string>])[] = [
        ['no token', { 'sec-fetch-site': 'same-origin', origin }],
        ['a wrong token', { 'x-csrf-token': 'x'.repeat(43), 'sec-fetch-site': 'same-origin', origin }],
        ["another session's token", { 'x-csrf-token': foreign, 'sec-fetch-site': 'same-origin', origin }],
        ['another site', { 'x-csrf-token': own, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
        ['a neighbour', { 'x-csrf-token': own, 'sec-fetch-site': 'same-site', origin: 'https://other.localhost' }],
        ['an old browser at another site', { 'x-csrf-token': own, origin: 'https://evil.example' }],
        ['a frame without an origin', { 'x-csrf-token': own, origin: 'null' }],
        ['no word of where it comes from', { 'x-csrf-token': own }],
        ['a typed address', { 'x-csrf-token': own, 'sec-fetch-site': 'none' }],
      ];
      for (const [what, headers] of attempts) {
        const { status } = await browser.send(`${gateway.url}/v1/operator-tokens`, {
          method: 'POST',
          headers,
          json: body,
        });
        assert.equal(status, 403, what);
      }
      assert.doesNotMatch(JSON.stringify((await browser.page('GET', '/v1/operator-tokens')).json), /forgery/);
      for (const headers of [{ origin }, { 'sec-fetch-site': 'same-origin' }]) {
        const made = await browser.send(`${gateway.url}/v1/operator-tokens`, {
          method: 'POST',
          headers: { ...headers, 'x-csrf-token': own },
          json: { ...body, name: 'made by a page' },
        });
        assert.equal(made.status, 201);
      }
    });

    test('counts for nothing beside a token that is wrong', async () => {
      const browser = gateway.browser();
      await browser.logIn('root');
      const { status } = await browser.page('GET', '/v1/me', undefined, { authorization: 'Bearer chp_op_wrong' });
      assert.equal(status, 401);
    });
  });

  test('every login is in the log, by whom and from where', async () => {
    await gateway.browser().logIn('ada');
    await inLog(gateway, /"action":"login","by":"psn_\w+","how":"provider","via":"browser"/);
  });
});

describe('a provider that cannot be used', () => {
  test('keeps nobody out for good: it is asked again', async () => {
    await using provider = await startLoginProvider();
    await using gateway = await startLoginGateway(provider.config());
    const start = async () => (await gateway.browser().send(`${gateway.url}/v1/login/start`)).headers.location ?? '';
    assert.equal(await start(), '/login?problem=provider-unavailable');
    await provider.serve(gateway.url);
    gateway.pass(5_000);
    assert.ok((await start()).startsWith(`${provider.url}/auth?`));
    const browser = gateway.browser();
    const back = await browser.toCallback('ada');
    provider.stop();
    gateway.pass(2 * HOUR_MS);
    assert.ok((await start()).startsWith(`${provider.url}/auth?`), 'what is known of it stays in use');
    assert.equal((await browser.send(back)).headers.location, '/login?problem=attempt-unknown');
  });

  test('is said to be none where none is configured', async () => {
    await using gateway = await startLoginGateway();
    assert.deepEqual((await gateway.call('GET', '/v1/login')).json, { demo: false });
    const { headers } = await gateway.call('GET', '/v1/login/start');
    assert.equal(headers.location, '/login?problem=not-configured');
  });
});
