import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Answer, startApi, type TestApi } from '../../test/support/api.ts';

const POLICIES = `
  - { name: people read, principals: { principal.kind: human }, targets: [people], operations: [read, session], effect: permit, mask: [email] }
`;
const RULE = `
trust:
  - { name: owners, people: { groups: [dba, sre] }, targets: [people], grant: { seconds: 60 } }
`;
const SOON = () => new Date(Date.now() + 3_600_000).toISOString();

describe('a person enters a target themselves', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi({ policies: POLICIES });
    await api.apply(RULE);
  });
  after(() => api[Symbol.asyncDispose]());

  const exchange = (token: string, more: Record<string, string> = {}): Promise<Answer> => {
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token: token,
      ...more,
    });
    return api.call('POST', '/oauth/token', {
      body: { type: 'application/x-www-form-urlencoded', text: form.toString() },
    });
  };
  /** As `chaperone login` gives it: all that the person may, until it ends. */
  const login = async (name: string, groups: readonly string[]) => (await api.login(name, { groups }, SOON())).token;

  test('by a rule for people, in a run of their own, under the policies', async () => {
    const granted = await exchange(await login('ada', ['dba']), { scope: 'people' });
    assert.equal(granted.status, 200, granted.text);
    assert.deepEqual([granted.json['display'], granted.json['scope']], ['ada', 'people']);
    assert.ok(Number(granted.json['expires_in']) <= 60);
    const grant = { user: String(granted.json['grant']), password: String(granted.json['access_token']), run: '' };
    const client = await api.connect(grant);
    assert.deepEqual((await client.query('select id, email from people')).rows, [{ id: 1, email: '[redacted]' }]);
    await assert.rejects(client.query('drop table people'), /permits/);
    await client.end();
    const run = await api.call('GET', `/v1/runs/${String(granted.json['run'])}`, { auth: api.admin });
    assert.deepEqual([run.json['kind'], run.json['display'], run.json['actor']], ['human', 'ada', 'ada']);
  });

  test('and not without a rule for one of their groups, nor into a target that none gives', async () => {
    const stranger = await exchange(await login('eve', ['everyone']));
    assert.deepEqual([stranger.status, stranger.json['code']], [400, 'trust-denied']);
    const elsewhere = await exchange(await login('ben', ['sre']), { scope: 'elsewhere' });
    assert.deepEqual([elsewhere.status, elsewhere.json['code']], [400, 'target-not-granted']);
  });

  test('and not by a token that may less than its person, that never ends, or that is nobody’s', async () => {
    const lesser = await api.login('cleo', { groups: ['dba'], roles: ['auditor'] }, SOON(), ['approvals:answer']);
    const endless = (await api.person('dora', { groups: ['dba'] })).replace('Bearer ', '');
    const nobody = (await api.token(['targets:read'])).auth.replace('Bearer ', '');
    for (const token of [lesser.token, endless, nobody, 'chp_op_wrong', api.admin.replace('Bearer ', '')]) {
      const { status, json } = await exchange(token);
      assert.deepEqual([status, json['code']], [400, 'claim-invalid']);
    }
  });

  test('until they are disabled, which ends the session that they are in', async () => {
    const { token, id } = await api.login('fay', { groups: ['dba'] }, SOON());
    const { json } = await exchange(token);
    const grant = { user: String(json['grant']), password: String(json['access_token']), run: '' };
    const client = await api.connect(grant);
    const ended = new Promise((resolve) => client.once('end', resolve));
    const disabled = { auth: api.admin, json: { disabled: true }, headers: { 'if-match': '*' } };
    assert.equal((await api.call('PATCH', `/v1/people/${id}`, disabled)).status, 200);
    await ended;
    await assert.rejects(api.connect(grant), /revoked/);
    assert.equal((await exchange(token)).json['code'], 'claim-invalid');
  });
});
