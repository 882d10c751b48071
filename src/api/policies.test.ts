import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { READ_POLICY, startApi, type TestApi } from '../../test/support/api.ts';

describe('policies and trust, tried before they count', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi({ policies: READ_POLICY });
    const client = await api.connect(await api.grant());
    await client.query('select id from people');
    await client.query('select email from people');
    await assert.rejects(client.query('delete from people'), /permits/);
    await client.end();
  });
  after(() => api[Symbol.asyncDispose]());

  const tried = (text: string, auth = api.admin, more: object = {}) =>
    api.call('POST', '/v1/policies/try', { auth, json: { text, ...more } });

  test('shows which recent requests would have been decided otherwise, and how', async () => {
    const text = `policies:
  - { name: no email, principals: any, targets: any, operations: [select], when: "true", effect: deny, reason: no }
`;
    const { status, json, text: answer } = await tried(text);
    assert.deepEqual([status, json['looked'], json['same']], [200, 3, 1], answer);
    const changed = json['changed'] as { before: string; after: string; statement: { text: string } }[];
    assert.deepEqual(
      changed.map(({ before, after, statement }) => [before, after, statement.text]),
      [
        ['permit, mask email, session readOnly', 'deny (no email)', 'select id from people'],
        ['permit, mask email, session readOnly', 'deny (no email)', 'select email from people'],
      ],
    );
  });

  test('a text that names a policy takes its place, and nothing is changed by trying', async () => {
    const text = `policies:
  - { name: read, principals: any, targets: [people], operations: [read], effect: permit, approve: { group: dba } }
`;
    const { json } = await tried(text);
    const [first] = json['changed'] as { after: string }[];
    assert.equal(first?.after, 'permit, approval of 1 of dba, session readOnly');
    const now = await api.call('GET', '/v1/configuration/policy/read', { auth: api.admin });
    assert.match(String(now.json['text']), /mask/);
    assert.equal((await tried(text, api.admin, { limit: 1 })).json['looked'], 1);
    assert.equal((await tried(text, api.admin, { since: '2999-01-01T00:00:00Z' })).json['looked'], 0);
  });

  test('a text that is wrong is told where, by line and column', async () => {
    const { json } = await tried('policies:\n  - { name: a, principals: any, targets: any, effect: perhaps }');
    assert.equal(json['looked'], 0);
    const [problem] = json['problems'] as { line: number; column: number }[];
    assert.deepEqual([problem?.line, problem?.column], [2, 55]);
  });

  test('texts of statements are for those who may read recordings', async () => {
    const { auth } = await api.token(['configuration:read', 'sessions:read']);
    const { json, text } = await tried('policies: [{ name: x, principals: any, targets: any, effect: deny }]', auth);
    assert.equal((json['changed'] as { statement: { text: string } }[])[0]?.statement.text, '', text);
    const approver = await api.person('paul', { roles: ['approver'] });
    assert.equal((await tried('policies: []', approver)).status, 403);
  });

  test('a CI token is told which rules it meets, and is not used up', async () => {
    const token = await api.ciToken();
    const check = () => api.call('POST', '/v1/trust/check', { auth: api.admin, json: { token } });
    const good = await check();
    assert.deepEqual([good.json['ok'], good.json['rules']], [true, [{ name: 'shop', matches: true }]], good.text);
    assert.equal((await check()).json['ok'], true);
    const steps = (good.json['steps'] as { name: string; outcome: string }[]).map(
      (step) => `${step.name} ${step.outcome}`,
    );
    assert.deepEqual([steps.length, steps.at(-1)], [10, 'use passed']);
    assert.equal(good.text.includes(token.split('.')[2] ?? token), false);
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: token,
    });
    const body = { type: 'application/x-www-form-urlencoded', text: form.toString() };
    assert.equal((await api.call('POST', '/oauth/token', { body })).status, 200);
    const used = await check();
    assert.deepEqual(
      [used.json['ok'], (used.json['steps'] as object[]).at(-1)],
      [false, { name: 'use', outcome: 'failed', detail: 'it was exchanged before' }],
    );
    const other = await api.call('POST', '/v1/trust/check', {
      auth: api.admin,
      json: { token: await api.ciToken({ repository_id: '75' }) },
    });
    assert.equal(other.json['ok'], false);
    assert.match((other.json['rules'] as { why: string }[])[0]?.why ?? '', /sourceRepositoryId is "75", not "74"/);
    const broken = await api.call('POST', '/v1/trust/check', { auth: api.admin, json: { token: `${token}x` } });
    assert.deepEqual([broken.status, broken.json['ok']], [200, false]);
    assert.match(String(broken.json['problem']), /signature|malformed|strict/);
  });
});
