import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Answer, startApi, type TestApi } from '../../test/support/api.ts';

describe('objects of the configuration, one by one', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi();
  });
  after(() => api[Symbol.asyncDispose]());

  const path = (kind: string, name: string, query = '') =>
    `/v1/configuration/${kind}/${encodeURIComponent(name)}${query}`;
  const get = (kind: string, name: string) => api.call('GET', path(kind, name), { auth: api.admin });
  const put = (kind: string, name: string, text: string, headers: Record<string, string>, query = '') =>
    api.call('PUT', path(kind, name, query), { auth: api.admin, json: { text }, headers });
  const changes = (answer: Answer) =>
    (answer.json['changes'] as { action: string; kind: string; name: string; details: string[] }[]).map(
      ({ action, kind, name, details }) => [action, kind, name, details],
    );
  const isNew = { 'if-none-match': '*' };

  test('each kind is shown as it would be declared, and no secret with it', async () => {
    const { json, text } = await api.call('GET', '/v1/configuration', { auth: api.admin });
    const objects = json['objects'] as { kind: string; name: string; text: string; etag: string }[];
    assert.deepEqual(
      objects.map(({ kind, name }) => `${kind} ${name}`),
      ['target people', 'issuer ci', 'trust shop', 'policy read'],
    );
    assert.ok(!text.includes(api.server.password));
    assert.match(objects[0]?.text ?? '', /^targets:\n {2}- name: people\n[^]*password:\n {8}sealed: true/);
    for (const { kind, name, text: shown, etag } of objects) {
      const again = await put(kind, name, shown, { 'if-match': etag }, '?plan=true');
      assert.deepEqual([name, again.status, again.json['changes']], [name, 200, []], again.text);
    }
  });

  test('a change is planned, made under the ETag that was read, and refused under an older one', async () => {
    const before = await get('policy', 'read');
    const etag = String(before.headers.etag);
    const text = String(before.json['text']).replace('- read\n', '- read\n      - write\n');
    const plan = await put('policy', 'read', text, { 'if-match': etag }, '?plan=true');
    assert.deepEqual(changes(plan), [['update', 'policy', 'read', ['+ operations: "write"']]]);
    assert.equal((await get('policy', 'read')).headers.etag, etag);
    const made = await put('policy', 'read', text, { 'if-match': etag });
    assert.equal(made.status, 200, made.text);
    assert.notEqual(made.headers.etag, etag);
    const late = await put('policy', 'read', text, { 'if-match': etag });
    assert.deepEqual([late.status, late.json['code']], [412, 'conflict']);
    assert.equal((await put('policy', 'read', text, {})).status, 428);
    assert.equal((await put('policy', 'read', text, isNew)).status, 412);
  });

  test('a text that is wrong says in which line, and one that is another object is refused', async () => {
    const wrong = 'policies:\n  - name: other\n    principals: any\n    effect: perhaps\n';
    const refused = await put('policy', 'other', wrong, isNew);
    assert.equal(refused.status, 422);
    assert.match(String(refused.json['detail']), /policy other:4: /);
    const fine = 'policies: [{ name: other, principals: any, targets: any, operations: [read], effect: permit }]';
    assert.equal((await put('policy', 'another', fine, isNew)).status, 422);
    assert.equal((await put('target', 'other', fine, isNew)).status, 422);
    assert.equal((await put('policy', 'other', fine, isNew)).status, 200);
    const { headers } = await get('policy', 'other');
    const ifMatch = { 'if-match': String(headers.etag) };
    const gone = await api.call('DELETE', path('policy', 'other'), { auth: api.admin, headers: ifMatch });
    assert.deepEqual(changes(gone), [['delete', 'policy', 'other', []]]);
    assert.equal((await get('policy', 'other')).status, 404);
  });

  test('a target keeps its credential where the text brings none, and loses it with its address', async () => {
    const before = await get('target', 'people');
    const text = String(before.json['text']);
    const ifMatch = { 'if-match': String(before.headers.etag) };
    const labelled = await put('target', 'people', `${text}    labels: { team: shop }\n`, ifMatch);
    assert.equal(labelled.status, 200, labelled.text);
    const check = await api.call('POST', '/v1/targets/people/check', { auth: api.admin });
    assert.equal(check.json['ok'], true, check.text);
    const elsewhere = text.replace(/address: .*\n/, 'address: 127.0.0.1:1\n');
    const now = { 'if-match': String(labelled.headers.etag) };
    const diverted = await put('target', 'people', elsewhere, now);
    assert.equal(diverted.status, 422);
    assert.match(String(diverted.json['detail']), /the credential is sealed for the address/);
  });

  test('what something else needs is not deleted', async () => {
    for (const [kind, name] of [
      ['issuer', 'ci'],
      ['target', 'people'],
    ] as const) {
      const headers = { 'if-match': String((await get(kind, name)).headers.etag) };
      const refused = await api.call('DELETE', path(kind, name), { auth: api.admin, headers });
      assert.deepEqual([kind, refused.status], [kind, 422]);
    }
  });

  test('who may read may not write, and who may do neither sees nothing', async () => {
    const auditor = await api.person('audrey', { roles: ['auditor'] });
    const approver = await api.person('paul', { roles: ['approver'] });
    assert.equal((await api.call('GET', '/v1/configuration', { auth: auditor })).status, 200);
    const text = 'policies: []';
    const denied = await api.call('PUT', path('policy', 'x'), { auth: auditor, json: { text }, headers: isNew });
    assert.equal(denied.status, 403);
    assert.equal((await api.call('GET', '/v1/configuration', { auth: approver })).status, 403);
  });
});
