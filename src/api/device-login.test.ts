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

const HOUR_MS = 3_600_000;
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:device_code';

describe('a terminal logs somebody in by a code', () => {
  let provider: LoginProvider;
  let gateway: LoginGateway;
  let ada: Browser;

  before(async () => {
    provider = await startLoginProvider();
    gateway = await startLoginGateway(provider.config({ roles: { operator: ['ops'] } }));
    await provider.serve(gateway.url);
    provider.people.set('ada', { groups: ['ops'] });
    ada = gateway.browser();
    await ada.logIn('ada');
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  const begin = async (name = 'ada@laptop') => {
    const { status, json } = await gateway.call('POST', '/v1/login/device', { json: { name } });
    assert.equal(status, 200);
    return { device: String(json['device_code']), code: String(json['user_code']), json };
  };
  const poll = (device: string): Promise<Called> =>
    gateway.call('POST', '/v1/login/device/token', { json: { grant_type: GRANT_TYPE, device_code: device } });
  const answer = (code: string, what: 'approve' | 'deny', browser = ada) =>
    browser.page('POST', `/v1/login/device/${code}`, { answer: what });
  const later = () => gateway.pass(5_001);

  test('which a person in a browser allows, and gets a token of theirs, once', async () => {
    const { device, code, json } = await begin();
    assert.match(code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    assert.deepEqual(
      [json['verification_uri'], json['verification_uri_complete'], json['expires_in'], json['interval']],
      [`${gateway.url}/device`, `${gateway.url}/device?code=${code}`, 600, 5],
    );
    assert.deepEqual((await poll(device)).json, { error: 'authorization_pending' });
    const typed = code.toLowerCase().replace('-', ' ');
    const seen = (await ada.page('GET', `/v1/login/device/${encodeURIComponent(typed)}`)).json;
    assert.deepEqual(
      [seen['userCode'], seen['name'], seen['from'], seen['state']],
      [code, 'ada@laptop', '127.0.0.1', 'pending'],
    );
    assert.equal((await answer(code, 'approve')).json['state'], 'approved');
    later();
    const { status, json: got } = await poll(device);
    assert.deepEqual([status, got['token_type'], got['expires_in']], [200, 'Bearer', 43_200]);
    const auth = `Bearer ${String(got['access_token'])}`;
    const me = (await gateway.call('GET', '/v1/me', { auth })).json;
    assert.deepEqual([me['kind'], (me['person'] as { login: string }).login], ['token', 'ada']);
    later();
    assert.deepEqual((await poll(device)).json, { error: 'expired_token' });
    assert.equal((await answer(code, 'approve')).status, 404);
    await inLog(gateway, /"action":"login\.device\.approve","by":"psn_\w+","via":"browser"/);
  });

  test('which they deny', async () => {
    const { device, code } = await begin();
    await answer(code, 'deny');
    assert.deepEqual((await poll(device)).json, { error: 'access_denied' });
    assert.equal((await answer(code, 'approve')).status, 404);
    later();
    assert.deepEqual((await poll(device)).json, { error: 'access_denied' });
  });

  test('which is good for ten minutes, approved or not', async () => {
    const [asked, approved] = [await begin(), await begin()];
    await answer(approved.code, 'approve');
    gateway.pass(10 * 60_000);
    assert.deepEqual((await poll(asked.device)).json, { error: 'expired_token' });
    assert.deepEqual((await poll(approved.device)).json, { error: 'expired_token' });
    assert.equal((await answer(asked.code, 'approve')).status, 404);
  });

  test('and is told to slow down where it asks too often', async () => {
    const { device, code } = await begin();
    assert.deepEqual((await poll(device)).json, { error: 'authorization_pending' });
    assert.deepEqual((await poll(device)).json, { error: 'slow_down' });
    await answer(code, 'approve');
    assert.deepEqual((await poll(device)).json, { error: 'slow_down' });
    later();
    assert.equal((await poll(device)).status, 200);
  });

  test('of which two that ask at once get one token', async () => {
    const { device, code } = await begin();
    await answer(code, 'approve');
    const statuses = (await Promise.all([poll(device), poll(device), poll(device)])).map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 200).length, 1);
  });

  test('that no token may allow, nor anybody who is not logged in, nor another site', async () => {
    const { code } = await begin();
    const path = `/v1/login/device/${code}`;
    for (const method of ['GET', 'POST']) {
      const json = { answer: 'approve' };
      assert.equal((await gateway.call(method, path, { auth: gateway.admin, json })).status, 403);
      assert.equal((await gateway.call(method, path, { json })).status, 401);
    }
    const forged = { method: 'POST', headers: { origin: 'https://evil.example' }, json: { answer: 'approve' } };
    assert.equal((await ada.send(`${gateway.url}${path}`, forged)).status, 403);
    assert.equal((await ada.page('GET', path)).json['state'], 'pending');
  });

  test('that is not guessed: ten tries of one person, from wherever they come', async () => {
    gateway.pass(HOUR_MS / 2);
    const eve = gateway.browser();
    await eve.logIn('eve');
    const statuses = [];
    for (let n = 0; n < 12; n++) {
      statuses.push((await eve.page('GET', `/v1/login/device/BBBB-BBB${'BCDFGHJKLMNP'[n]}`)).status);
    }
    assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 404), 429, 429]);
    const again = gateway.browser();
    await again.logIn('eve');
    assert.equal((await again.page('GET', '/v1/login/device/BBBB-BBBB')).status, 429);
  });

  test('whose name cannot fool the page that shows it', async () => {
    for (const name of ['', 'ada\u202Eevil', 'two\nlines', 'x'.repeat(201)]) {
      assert.equal((await gateway.call('POST', '/v1/login/device', { json: { name } })).status, 400);
    }
  });

  test('and logout ends that token', async () => {
    gateway.pass(HOUR_MS / 2);
    await ada.logIn('ada');
    const { device, code } = await begin();
    await answer(code, 'approve');
    const auth = `Bearer ${String((await poll(device)).json['access_token'])}`;
    assert.equal((await gateway.call('POST', '/v1/logout', { auth })).status, 204);
    assert.equal((await gateway.call('GET', '/v1/me', { auth })).status, 401);
  });
});
