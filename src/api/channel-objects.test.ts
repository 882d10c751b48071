import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startApi, type TestApi } from '../../test/support/api.ts';

const HOOK = `channels:
  - name: hook
    kind: webhook
    groups: [dba]
    url: https://hooks.example.com/chaperone
    secret: { value: whsec_Y2FuYXJ5LXNlY3JldC1vZi10aGUtd2ViaG9vaw== }
`;
const MAIL = `channels:
  - name: mail
    kind: email
    smtp: smtp://mail.example.com:587
    user: chaperone
    password: { value: canary-password }
    from: chaperone@example.com
    to: { "*": [archive@example.com] }
`;

describe('channels as objects of the configuration', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi();
  });
  after(() => api[Symbol.asyncDispose]());

  const path = (name: string) => `/v1/configuration/channel/${name}`;
  const get = (name: string) => api.call('GET', path(name), { auth: api.admin });
  const put = (name: string, text: string, headers: Record<string, string>, query = '') =>
    api.call('PUT', path(name) + query, { auth: api.admin, json: { text }, headers });
  const current = async (name: string) => {
    const { json, headers } = await get(name);
    return { text: String(json['text']), ifMatch: { 'if-match': String(headers.etag) } };
  };
  const fingerprint = (name: string) =>
    api.store.read((db) =>
      db.selectFrom('channels').select('fingerprint').where('name', '=', name).executeTakeFirstOrThrow(),
    );
  const isNew = { 'if-none-match': '*' };

  test('one is made, and shown with `sealed: true` where its secret stood', async () => {
    const made = await put('hook', HOOK, isNew);
    assert.equal(made.status, 200, made.text);
    assert.equal(
      made.json['text'],
      `channels:
  - name: hook
    kind: webhook
    groups:
      - dba
    url: https://hooks.example.com/chaperone
    secret:
      sealed: true
`,
    );
    const listed = await api.call('GET', '/v1/configuration?kind=channel', { auth: api.admin });
    assert.doesNotMatch(made.text + listed.text, /Y2FuYXJ5/u);
  });

  test('the text that is shown changes nothing, and a change without the secret keeps it', async () => {
    const { text, ifMatch } = await current('hook');
    const same = await put('hook', text, ifMatch, '?plan=true');
    assert.deepEqual([same.status, same.json['changes']], [200, []]);
    const before = await fingerprint('hook');
    const without = text.replace(/ {4}secret:\n.*\n/u, '').replace('- dba', '- dba\n      - security');
    const changed = await put('hook', without, ifMatch);
    assert.equal(changed.status, 200, changed.text);
    assert.match(String(changed.json['text']), /security\n[^]*secret:\n {6}sealed: true\n$/u);
    assert.deepEqual(await fingerprint('hook'), before);
    const channels = await api.call('GET', '/v1/channels', { auth: api.admin });
    const [shown] = channels.json['channels'] as { groups: string[] }[];
    assert.deepEqual(shown?.groups, ['dba', 'security']);
  });

  test('another secret takes the place of the one before', async () => {
    const { text, ifMatch } = await current('hook');
    const before = await fingerprint('hook');
    const other = text.replace('sealed: true', 'env: HOOK_SECRET');
    const changed = await put('hook', other, ifMatch);
    assert.match(String(changed.json['text']), /secret:\n {6}env: HOOK_SECRET\n$/u);
    assert.notDeepEqual(await fingerprint('hook'), before);
  });

  test('a secret that is sealed does not go to another address', async () => {
    assert.equal((await put('mail', MAIL, isNew)).status, 200);
    const { text, ifMatch } = await current('mail');
    const elsewhere = await put('mail', text.replace('mail.example.com', 'mail.example.net'), ifMatch);
    assert.equal(elsewhere.status, 422);
    assert.match(String(elsewhere.json['detail']), /^channel mail:4: the secrets are sealed for the address/u);
    const open = text.replace(/ {4}(?:user: chaperone|password:\n {6}sealed: true)\n/gu, '');
    const nobody = await put('mail', open, ifMatch);
    assert.equal(nobody.status, 200, nobody.text);
    assert.doesNotMatch(String(nobody.json['text']), /password/u);
  });

  test('one that is wrong is refused with its line, and one that is deleted is gone', async () => {
    const wrong = await put('wrong', HOOK.replace('name: hook', 'name: wrong').replace('https:', 'http:'), isNew);
    assert.equal(wrong.status, 422);
    assert.match(String(wrong.json['detail']), /^channel wrong:5: url: /u);
    assert.doesNotMatch(wrong.text, /Y2FuYXJ5/u);
    const headers = (await current('hook')).ifMatch;
    const gone = await api.call('DELETE', path('hook'), { auth: api.admin, headers });
    assert.equal(gone.status, 200, gone.text);
    assert.equal((await get('hook')).status, 404);
  });
});
