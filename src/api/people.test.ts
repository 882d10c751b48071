import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type Browser,
  type Called,
  inLog,
  type LoginGateway,
  startLoginGateway,
} from '../../test/support/login-gateway.ts';
import { type LoginProvider, startLoginProvider } from '../../test/support/login-provider.ts';

interface Listed {
  readonly id: string;
  readonly login: string;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

describe('people are looked after', () => {
  let provider: LoginProvider;
  let gateway: LoginGateway;
  let root: Browser;

  before(async () => {
    provider = await startLoginProvider();
    gateway = await startLoginGateway(provider.config({ roles: { approver: ['dba'], auditor: ['audit'] } }));
    await provider.serve(gateway.url);
    root = gateway.browser();
    await root.useLink(gateway.firstLoginUrl);
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  /** Somebody new, logged in. */
  const enter = async (login: string, groups: readonly string[] = []) => {
    gateway.pass(60_000);
    provider.people.set(login, { groups });
    const browser = gateway.browser();
    await browser.logIn(login);
    const { person } = (await browser.page('GET', '/v1/me')).json as unknown as { person: Listed };
    return { browser, id: person.id };
  };
  const tagOf = async (id: string) => String((await root.page('GET', `/v1/people/${id}`)).headers.etag);
  const edit = async (id: string, change: object, tag?: string, by = root): Promise<Called> =>
    by.page('PATCH', `/v1/people/${id}`, change, { 'if-match': tag ?? (await tagOf(id)) });
  const me = (browser: Browser) => browser.page('GET', '/v1/me');

  test('they are listed, oldest first, a page at a time', async () => {
    for (const login of ['p1', 'p2', 'p3']) await enter(login);
    const logins: string[] = [];
    let cursor = '';
    do {
      const page = (await root.page('GET', `/v1/people?limit=2${cursor}`)).json as { items: Listed[]; next?: string };
      logins.push(...page.items.map(({ login }) => login));
      cursor = page.next === undefined ? '' : `&cursor=${page.next}`;
    } while (cursor !== '');
    assert.deepEqual(logins, ['admin', 'p1', 'p2', 'p3']);
  });

  test('groups and roles given here hold at once, beside those of the claims, and outlast the next login', async () => {
    const { browser, id } = await enter('gina', ['dba']);
    const changed = await edit(id, {
      localGroups: ['sre', 'sre'],
      localRoles: ['operator'],
      localHandles: ['slack:U1'],
    });
    const person = changed.json as unknown as Listed & { handles: string[] };
    assert.deepEqual(
      [changed.status, person.groups, person.roles, person.handles],
      [200, ['dba', 'sre'], ['approver', 'operator'], ['slack:U1']],
    );
    assert.ok(((await me(browser)).json['scopes'] as string[]).includes('sessions:end'));
    await browser.logIn('gina');
    assert.deepEqual(((await me(browser)).json['person'] as Listed).groups, ['dba', 'sre']);
    await inLog(gateway, /"action":"person\.edit","by":"psn_\w+","localGroups":"\[\\"sre\\",\\"sre\\"\]"/);
  });

  test('an edit is made of what was read, or not at all', async () => {
    const { id } = await enter('hugo');
    const tag = await tagOf(id);
    assert.equal((await edit(id, { localGroups: ['a'] }, tag)).status, 200);
    assert.equal((await edit(id, { localGroups: ['b'] }, tag)).status, 412);
    assert.equal((await root.page('PATCH', `/v1/people/${id}`, { localGroups: ['b'] })).status, 428);
    assert.equal((await edit('psn_none', { localGroups: [] }, '"1"')).status, 404);
    for (const wrong of [
      { login: 'root' },
      { localRoles: ['root'] },
      { localGroups: ['a\u0000b'] },
      { claimedGroups: [] },
    ]) {
      assert.equal((await edit(id, wrong)).status, 400, JSON.stringify(wrong));
    }
  });

  test('whoever is disabled is out at once: sessions, tokens, devices, and the way back in', async () => {
    const { browser, id } = await enter('ivan', ['audit']);
    const made = await browser.page('POST', '/v1/operator-tokens', {
      name: 'mine',
      role: 'auditor',
      expiresAt: null,
      personal: true,
    });
    const auth = `Bearer ${String(made.json['token'])}`;
    assert.equal((await gateway.call('GET', '/v1/sessions', { auth })).status, 200);
    const device = (await gateway.call('POST', '/v1/login/device', { json: { name: 'ivan@laptop' } })).json;
    await browser.page('POST', `/v1/login/device/${String(device['user_code'])}`, { answer: 'approve' });
    assert.equal((await edit(id, { disabled: true })).json['disabled'], true);
    assert.equal((await me(browser)).status, 401);
    assert.equal((await gateway.call('GET', '/v1/sessions', { auth })).status, 401);
    const json = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: device['device_code'] };
    assert.equal((await gateway.call('POST', '/v1/login/device/token', { json })).json['error'], 'expired_token');
    assert.equal(await browser.logIn('ivan'), '/login?problem=disabled');
    await edit(id, { disabled: false });
    assert.equal((await gateway.call('GET', '/v1/sessions', { auth })).status, 401);
    assert.equal(await browser.logIn('ivan'), '/');
  });

  test('all sessions of a person are ended together', async () => {
    const { browser, id } = await enter('jana');
    const other = gateway.browser();
    await other.logIn('jana');
    assert.deepEqual((await root.page('DELETE', `/v1/people/${id}/sessions`)).json, { ended: 2 });
    assert.deepEqual([(await me(browser)).status, (await me(other)).status], [401, 401]);
    assert.equal((await root.page('DELETE', '/v1/people/psn_none/sessions')).status, 404);
  });

  test('nobody takes the last administrator away, and of two that take one another away one stays', async () => {
    const mine = ((await me(root)).json['person'] as Listed).id;
    for (const change of [{ localRoles: [] }, { disabled: true }]) {
      const refused = await edit(mine, change);
      assert.deepEqual([refused.status, refused.json['code']], [409, 'last-administrator']);
    }
    const { browser, id } = await enter('kim');
    await edit(id, { localRoles: ['admin'] });
    const [tagOfMine, tagOfKim] = [await tagOf(mine), await tagOf(id)];
    const both = await Promise.all([
      edit(id, { localRoles: [] }, tagOfKim, root),
      edit(mine, { localRoles: [] }, tagOfMine, browser),
    ]);
    assert.deepEqual(
      both.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 409],
    );
    const winner = both[0]?.status === 200 ? root : browser;
    for (const one of [mine, id]) {
      await winner.page('PATCH', `/v1/people/${one}`, { localRoles: ['admin'] }, { 'if-match': '*' });
    }
  });

  test('somebody else with a login that is in use does not become, or look like, its owner', async () => {
    const { id } = await enter('lena');
    provider.people.set('other-subject', { preferred_username: 'lena' });
    const impostor = gateway.browser();
    assert.equal(await impostor.logIn('other-subject'), '/login?problem=login-taken');
    assert.equal(impostor.session, undefined);
    await edit(id, { disabled: true });
    assert.equal(await impostor.logIn('other-subject'), '/');
    const before = (await root.page('GET', `/v1/people/${id}`)).json['login'];
    assert.equal(before, `lena~${id.slice(-6)}`);
  });

  describe('and tokens', () => {
    const create = (by: Browser, body: object) =>
      by.page('POST', '/v1/operator-tokens', { name: 'a token', expiresAt: null, ...body });

    test('of a person never do more than they may, even when that becomes less', async () => {
      const { browser, id } = await enter('mona', ['audit']);
      assert.equal((await create(browser, { role: 'admin', personal: true })).status, 403);
      assert.equal((await create(browser, { scopes: ['grants:revoke'], personal: true })).status, 403);
      assert.equal((await create(browser, { scopes: ['log:read'] })).status, 403, 'one that outlives its person');
      const made = await create(browser, { role: 'auditor', personal: true });
      const auth = `Bearer ${String(made.json['token'])}`;
      assert.equal((await gateway.call('GET', '/v1/people', { auth })).status, 200);
      provider.people.set('mona', { groups: [] });
      await browser.logIn('mona');
      assert.equal((await gateway.call('GET', '/v1/people', { auth })).status, 403);
      assert.equal((await create(browser, { scopes: ['log:read'], personal: true })).status, 403);
      await edit(id, { localRoles: ['auditor'] });
      assert.equal((await gateway.call('GET', '/v1/people', { auth })).status, 200);
    });

    test('of a person are seen and revoked by them, and by nobody of their like', async () => {
      const [nina, olga] = [await enter('nina', ['dba']), await enter('olga', ['dba'])];
      const { id } = (await create(nina.browser, { scopes: ['log:read'], personal: true })).json;
      const listed = async ({ browser }: { browser: Browser }) =>
        ((await browser.page('GET', '/v1/operator-tokens')).json['tokens'] as { id: string }[]).map((one) => one.id);
      assert.deepEqual([await listed(nina), await listed(olga)], [[id], []]);
      assert.equal((await olga.browser.page('DELETE', `/v1/operator-tokens/${String(id)}`)).status, 404);
      assert.equal((await nina.browser.page('DELETE', `/v1/operator-tokens/${String(id)}`)).status, 200);
    });

    test('make no token that may more, or lasts longer, than they', async () => {
      const soon = new Date(Date.now() + 30 * 86_400_000).toISOString();
      const later = new Date(Date.now() + 60 * 86_400_000).toISOString();
      const made = await create(root, { scopes: ['tokens:write', 'log:read'], expiresAt: soon });
      const auth = `Bearer ${String(made.json['token'])}`;
      const child = (body: object) =>
        gateway.call('POST', '/v1/operator-tokens', { auth, json: { name: 'child', expiresAt: soon, ...body } });
      assert.equal((await child({ scopes: ['log:read'] })).status, 201);
      for (const wrong of [
        { role: 'admin' },
        { scopes: ['people:write'] },
        { scopes: ['log:read'], expiresAt: later },
        { scopes: ['log:read'], expiresAt: null },
        { scopes: ['log:read'], personal: true },
      ]) {
        assert.equal((await child(wrong)).status, 403, JSON.stringify(wrong));
      }
      for (const odd of [{}, { role: 'admin', scopes: ['log:read'] }, { scopes: [] }, { scopes: ['everything'] }]) {
        assert.equal((await child(odd)).status, 400, JSON.stringify(odd));
      }
    });

    test('give nobody a role beyond their own', async () => {
      const { id } = await enter('pia');
      const made = await create(root, { scopes: ['people:read', 'people:write', 'log:read'] });
      const patch = async (localRoles: readonly string[]) => {
        const { status } = await gateway.call('PATCH', `/v1/people/${id}`, {
          auth: `Bearer ${String(made.json['token'])}`,
          json: { localRoles },
          headers: { 'if-match': '*' },
        });
        return status;
      };
      assert.deepEqual([await patch(['admin']), await patch(['approver']), await patch([])], [403, 403, 200]);
    });
  });
});
