import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Client } from 'pg';
import { READ_POLICY, startApi, type TestApi, type TestGrant } from '../../test/support/api.ts';

const POLICIES = `${READ_POLICY}
  - { name: changes, principals: any, targets: [people], operations: [ddl, write], effect: permit, approve: { group: dba, quorum: 1, within: 5m } }
`;

describe('approvals through the API', () => {
  let api: TestApi;
  let grant: TestGrant;
  let client: Client;
  let id: string;
  let digest: string;
  let held: Promise<unknown>;
  let dba: string;

  before(async () => {
    api = await startApi({ policies: POLICIES });
    dba = await api.person('dora', { groups: ['dba'], roles: ['approver'] });
    grant = await api.grant();
    client = await api.connect(grant);
    await client.query('select id from people');
    await using told = await api.listen('/v1/events', { auth: dba });
    held = client.query('update people set email = $1 where id = $2', ['new@example.com', 1]);
    const asked = await told.next(({ data }) => data['type'] === 'approval');
    id = String(asked?.data['id']);
  });
  after(async () => {
    await client.end();
    await api[Symbol.asyncDispose]();
  });

  const get = (path: string, auth: string) => api.call('GET', path, { auth });
  const answer = (auth: string, json: object) => api.call('POST', `/v1/approvals/${id}/answer`, { auth, json });

  test('an approver sees all of the request, who asks, and what the run did before', async () => {
    const { json, status, text } = await get(`/v1/approvals/${id}`, dba);
    assert.equal(status, 200, text);
    digest = String(json['digest']);
    assert.deepEqual(json['statements'], [
      { text: 'update people set email = $1 where id = $2', parameters: ['new@example.com', '1'] },
    ]);
    const [operation] = json['operations'] as { kind: string; tables: unknown; hasWhere: boolean }[];
    assert.deepEqual(
      [operation?.kind, operation?.tables, operation?.hasWhere],
      ['update', [{ name: 'public.people', use: 'write' }], true],
    );
    const run = json['run'] as { id: string; agent: string };
    assert.deepEqual([run.id, run.agent], [grant.run, 'tests']);
    assert.deepEqual(
      [json['mine'], json['held'], json['requirements']],
      [true, true, [{ group: 'dba', quorum: 1, approvals: 0 }]],
    );
    const earlier = json['before'] as { kinds: string[]; text: string; decision: string }[];
    assert.deepEqual(
      earlier.map(({ kinds, text, decision }) => [kinds, text, decision]),
      [[['select'], '', 'permit']],
    );
  });

  test('what the run did before is in words for those who may read recordings', async () => {
    const { json } = await get(`/v1/approvals/${id}`, api.admin);
    assert.equal((json['before'] as { text: string }[])[0]?.text, 'select id from people');
    assert.deepEqual([json['mine'], json['notMine']], [false, 'only a person can answer, and this is no person']);
  });

  test('whoever searches what was said sees that it waits, and not that it runs', async () => {
    const { json } = await get('/v1/statements?kind=update', api.admin);
    const found = json['statements'] as { status?: string }[];
    assert.deepEqual(
      found.map(({ status }) => status),
      ['waiting'],
    );
  });

  test('why it waits is explained by its id, rule by rule', async () => {
    const asked = { auth: api.admin, json: { approval: id } };
    const { json, status, text } = await api.call('POST', '/v1/policies/explain', asked);
    assert.equal(status, 200, text);
    const { effect, obligations, recorded, rules } = json;
    assert.deepEqual(
      [effect, rules, obligations, recorded],
      ['permit', ['changes'], ['approval of 1 of dba'], 'permit, approval of 1 of dba'],
    );
  });

  test('who is of another group is told that there is no such approval, whatever they try', async () => {
    const other = await api.person('otto', { groups: ['web'], roles: ['approver'] });
    assert.equal((await get(`/v1/approvals/${id}`, other)).status, 404);
    assert.deepEqual((await get('/v1/approvals', other)).json, { items: [] });
    const tried = await answer(other, { answer: 'approve', digest });
    assert.deepEqual([tried.status, tried.json['title']], [404, 'There is no such approval']);
    const { json } = await get(`/v1/runs/${grant.run}`, other);
    assert.deepEqual([json['approvalList'], json['grants']], [[], []]);
    await using told = await api.listen('/v1/events', { auth: other, headers: { 'last-event-id': 'x.0' } });
    assert.deepEqual((await told.next())?.data, { type: 'refresh' });
  });

  test('an answer is of a person, about what they read, and once', async () => {
    assert.equal((await answer(api.admin, { answer: 'approve', digest })).status, 403);
    const stale = await answer(dba, { answer: 'approve', digest: '0'.repeat(64) });
    assert.deepEqual([stale.status, stale.json['code']], [409, 'approval-changed']);
    assert.equal((await answer(dba, { answer: 'approve', digest: 'x' })).status, 400);
    assert.equal((await answer(dba, { answer: 'perhaps', digest })).status, 400);
    const given = await answer(dba, { answer: 'approve', digest, reason: 'as agreed' });
    assert.deepEqual([given.status, given.json['state']], [200, 'approved'], given.text);
    const [vote] = given.json['votes'] as { login: string; reason: string; channel: string }[];
    assert.deepEqual([vote?.login, vote?.reason, vote?.channel], ['dora', 'as agreed', 'api']);
    await held;
    const again = await answer(dba, { answer: 'deny', digest });
    assert.deepEqual([again.status, again.json['code']], [409, 'approval-answered']);
  });

  test('what was denied counts as refused, and names its approval wherever it is listed', async () => {
    await using told = await api.listen('/v1/events', { auth: dba });
    const refused = assert.rejects(client.query('drop table people'), /not this week/);
    const asked = await told.next(({ data }) => data['type'] === 'approval' && data['state'] === 'pending');
    const path = `/v1/approvals/${String(asked?.data['id'])}`;
    const { json } = await get(path, dba);
    const denied = { answer: 'deny', digest: json['digest'], reason: 'not this week' };
    assert.equal((await api.call('POST', `${path}/answer`, { auth: dba, json: denied })).json['state'], 'denied');
    await refused;
    const found = await get(`/v1/statements?run=${grant.run}&kind=drop`, api.admin);
    const [statement] = found.json['statements'] as { approval: string; status: string }[];
    assert.deepEqual([statement?.approval, statement?.status], [asked?.data['id'], 'approval-denied']);
    // How far the session is, is told now and then: the first to tell may have begun before the answer.
    let counts: unknown[] = [];
    for (let i = 0; i < 3 && counts[1] !== 1; i++) {
      await told.next(({ data }) => data['type'] === 'session' && data['state'] === 'progress');
      const run = await get(`/v1/runs/${grant.run}`, api.admin);
      counts = ['permitted', 'denied', 'approvals'].map((name) => run.json[name]);
    }
    assert.deepEqual(counts, [2, 1, 2]);
  });

  test('lists are narrowed by state and run, and say which are the caller’s to answer', async () => {
    const ids = async (query: string, auth = dba) => {
      const { json } = await get(`/v1/approvals?${query}`, auth);
      return (json['items'] as { id: string }[]).map((one) => one.id);
    };
    assert.deepEqual(await ids('state=approved'), [id]);
    assert.deepEqual(await ids('state=pending'), []);
    assert.deepEqual(await ids('mine=true'), []);
    assert.equal((await ids(`run=${grant.run}`, api.admin)).at(-1), id);
    assert.deepEqual(await ids('run=run_none', api.admin), []);
    assert.equal((await get('/v1/approvals?state=odd', dba)).status, 400);
  });
});
