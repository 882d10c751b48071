import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startApi, type TestApi } from '../../test/support/api.ts';

describe('runs, the overview and the log', () => {
  let api: TestApi;
  let run: string;
  before(async () => {
    api = await startApi();
    const grant = await api.grant();
    ({ run } = grant);
    const client = await api.connect(grant);
    await client.query('select email from people');
    await assert.rejects(client.query('drop table people'), /permits/);
    const closed = api.listen('/v1/events', { auth: api.admin });
    await using events = await closed;
    await client.end();
    await events.next(({ data }) => data['type'] === 'session' && data['state'] === 'closed');
  });
  after(() => api[Symbol.asyncDispose]());

  test('a run is listed with what its sessions came to, and shown with them', async () => {
    const { json } = await api.call('GET', '/v1/runs?repository=shop&limit=5', { auth: api.admin });
    const [first] = json['items'] as Record<string, unknown>[];
    const counts = ['sessions', 'permitted', 'denied', 'masked', 'approvals'].map((name) => first?.[name]);
    assert.deepEqual([first?.['id'], ...counts], [run, 1, 1, 1, 1, 0]);
    assert.equal(first?.['agent'], 'tests');
    const one = await api.call('GET', `/v1/runs/${run}`, { auth: api.admin });
    assert.equal(one.status, 200, one.text);
    assert.equal((one.json['sessionList'] as unknown[]).length, 1);
    assert.equal((one.json['grants'] as { state: string }[])[0]?.state, 'active');
    assert.deepEqual(one.json['asserted'], [{ name: 'agent', value: 'tests' }]);
    assert.match((one.json['evidence'] as { tokenDigest: string }).tokenDigest, /^[0-9a-f]{64}$/);
    assert.equal((await api.call('GET', '/v1/runs/run_none', { auth: api.admin })).status, 404);
    assert.deepEqual((await api.call('GET', '/v1/runs?repository=nobody', { auth: api.admin })).json, { items: [] });
  });

  test('pages of runs follow one another without a gap', async () => {
    const second = await api.grant();
    const first = await api.call('GET', '/v1/runs?limit=1', { auth: api.admin });
    assert.deepEqual([(first.json['items'] as { id: string }[])[0]?.id, first.json['next']], [second.run, second.run]);
    const rest = await api.call('GET', `/v1/runs?limit=1&cursor=${String(first.json['next'])}`, { auth: api.admin });
    assert.deepEqual([(rest.json['items'] as { id: string }[])[0]?.id, rest.json['next']], [run, undefined]);
  });

  test('the overview counts today and the last hours, and says how the log is', async () => {
    const { json, status, text } = await api.call('GET', '/v1/overview', { auth: api.admin });
    assert.equal(status, 200, text);
    const today = json['today'] as Record<string, number>;
    assert.deepEqual([today['sessions'], today['permitted'], today['denied'], today['masked']], [1, 1, 1, 1]);
    const hours = json['hours'] as { sessions: number }[];
    assert.deepEqual([hours.length, hours.reduce((sum, { sessions }) => sum + sessions, 0)], [24, 1]);
    assert.deepEqual([json['liveSessions'], json['waitingForMe']], [0, 0]);
    assert.equal((json['log'] as { ok: boolean }).ok, true);
  });

  test('the log is shown and verified by whoever may read it, and the overview says so', async () => {
    const auditor = await api.person('audrey', { roles: ['auditor'] });
    const verified = await api.call('POST', '/v1/log/verify', { auth: auditor });
    assert.deepEqual([verified.status, verified.json['verdict']], [200, 'PASS'], verified.text);
    const state = await api.call('GET', '/v1/log', { auth: auditor });
    assert.equal((state.json['verified'] as { by: string }).by, 'audrey');
    assert.match(String(state.json['root']), /^[0-9a-f]{64}$/);
    const { json } = await api.call('GET', '/v1/log/entries?start=0&limit=3', { auth: auditor });
    const entries = json['entries'] as { index: number; kind: string; text: string }[];
    assert.deepEqual(
      entries.map(({ index }) => index),
      [0, 1, 2],
    );
    assert.equal((JSON.parse(entries[0]?.text ?? '{}') as { kind: string }).kind, entries[0]?.kind);
    const all = await api.call('GET', '/v1/log/entries', { auth: auditor });
    const listed = all.json['entries'] as { text: string; names?: Record<string, string> }[];
    const verify = listed.find(({ text }) => text.includes('"action":"log.verify"'));
    const { detail } = JSON.parse(verify?.text ?? '{}') as { detail?: { by: string } };
    assert.match(detail?.by ?? '', /^psn_\w+$/);
    assert.equal(verify?.names?.[detail?.by ?? ''], 'audrey');
    assert.doesNotMatch(listed.map(({ text }) => text).join('\n'), /audrey/);
    assert.equal((await api.call('GET', '/v1/log')).status, 401);
    const { auth } = await api.token(['overview:read']);
    assert.equal((await api.call('POST', '/v1/log/verify', { auth })).status, 403);
  });

  test('whoever closes a run says its last labels, and is told what it came to', async () => {
    const grant = await api.grant();
    const client = await api.connect(grant);
    await client.query('select email from people');
    await assert.rejects(client.query('drop table people'), /permits/);
    await client.end();
    const auth = `Basic ${Buffer.from(`${grant.user}:${grant.password}`).toString('base64')}`;
    const said = { asserted: { 'hooks.tools': 'Bash:2', agent: 'another' }, outcome: true };
    const { status, json, text } = await api.call('POST', `/v1/runs/${grant.run}/close`, { auth, json: said });
    assert.equal(status, 200, text);
    const { refusals, ...outcome } = json['outcome'] as { refusals: Record<string, unknown>[] };
    assert.deepEqual(outcome, {
      sessions: 1,
      requests: 2,
      permitted: 1,
      denied: 1,
      approved: 0,
      masked: 1,
      rows: '1',
      errors: 0,
      targets: [{ name: 'people', sessions: 1, permitted: 1, denied: 1, masked: 1 }],
      approvals: [],
    });
    assert.deepEqual(
      [refusals.length, refusals[0]?.['text'], refusals[0]?.['target']],
      [1, 'drop table people', 'people'],
    );
    const one = await api.call('GET', `/v1/runs/${grant.run}`, { auth: api.admin });
    assert.deepEqual(one.json['asserted'], [
      { name: 'hooks.tools', value: 'Bash:2' },
      { name: 'agent', value: 'tests' },
    ]);
  });
});
