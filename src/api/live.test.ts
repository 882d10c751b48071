import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { READ_POLICY, startApi, type TestApi } from '../../test/support/api.ts';
import { askToEnd } from '../store/session-rows.ts';

const POLICIES = `${READ_POLICY}
  - { name: changes, principals: any, targets: [people], operations: [ddl], effect: permit, approve: { group: dba, quorum: 1, within: 5m } }
`;

describe('what happens is told as it happens', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi({ policies: POLICIES });
  });
  after(() => api[Symbol.asyncDispose]());

  test('an approval is told to its group, a session to those who may see sessions, and each in order', async () => {
    const dba = await api.person('dora', { groups: ['dba'] });
    await using told = await api.listen('/v1/events', { auth: dba });
    await using admin = await api.listen('/v1/events', { auth: api.admin });
    const client = await api.connect(await api.grant());
    const altered = client.query('ALTER TABLE people ADD COLUMN note text');
    const asked = await told.next();
    assert.deepEqual([asked?.event, asked?.data['type'], asked?.data['state']], ['message', 'approval', 'pending']);
    const opened = await admin.next(({ data }) => data['type'] === 'session');
    assert.match(String(opened?.data['id']), /^ses_/);
    const id = String(asked?.data['id']);
    const { json } = await api.call('GET', `/v1/approvals/${id}`, { auth: dba });
    assert.equal(json['mine'], true);
    assert.deepEqual(json['statements'], [{ text: 'ALTER TABLE people ADD COLUMN note text', parameters: [] }]);
    const answer = { answer: 'approve', digest: json['digest'], reason: 'fine' };
    const answered = await api.call('POST', `/v1/approvals/${id}/answer`, { auth: dba, json: answer });
    assert.deepEqual([answered.status, answered.json['state']], [200, 'approved'], answered.text);
    await altered;
    assert.ok(await told.next(({ data }) => data['type'] === 'approval' && data['state'] === 'approved'));
    await client.end();
    assert.ok(await admin.next(({ data }) => data['type'] === 'session' && data['state'] === 'closed'));
  });

  test('who comes back is told what they missed, or to load anew where that is not known', async () => {
    await using first = await api.listen('/v1/events', { auth: api.admin });
    await (await api.connect(await api.grant())).end();
    const event = await first.next();
    await using again = await api.listen('/v1/events', {
      auth: api.admin,
      headers: { 'last-event-id': `${event?.id.split('.')[0]}.${Number(event?.id.split('.')[1]) - 1}` },
    });
    assert.deepEqual((await again.next())?.data, event?.data);
    await using lost = await api.listen('/v1/events', { auth: api.admin, headers: { 'last-event-id': 'other.1' } });
    assert.deepEqual((await lost.next())?.data, { type: 'refresh' });
  });

  test('nobody listens without a token, and a token that is revoked hears nothing more', async () => {
    assert.equal((await api.call('GET', '/v1/events')).status, 401);
    const { id, auth } = await api.token(['overview:read']);
    await using told = await api.listen('/v1/events', { auth });
    assert.equal(told.status, 200);
    await api.call('DELETE', `/v1/operator-tokens/${id}`, { auth: api.admin });
    assert.equal(await told.next(), undefined);
  });

  test('a session is followed while it runs, replies decoded, and ends with its end', async () => {
    const client = await api.connect(await api.grant());
    const { json } = await api.call('GET', '/v1/sessions?live=true', { auth: api.admin });
    const [session] = json['sessions'] as { id: string; live: boolean; here: boolean }[];
    assert.deepEqual([session?.live, session?.here], [true, true]);
    await using seen = await api.listen(`/v1/sessions/${session?.id}/follow?decoded=true`, { auth: api.admin });
    assert.equal((await seen.next())?.data['kind'], 'session.open');
    await client.query('select id, email from people');
    const request = await seen.next();
    assert.deepEqual([request?.event, request?.data['kind']], ['event', 'request']);
    const reply = await seen.next();
    assert.deepEqual((reply?.data['decoded'] as { results: unknown[] } | undefined)?.results, [
      {
        columns: [
          { name: 'id', type: 'integer' },
          { name: 'email', type: 'text' },
        ],
        rows: [['1', '[redacted]']],
        moreRows: 0,
        tag: 'SELECT 1',
      },
    ]);
    await client.end();
    assert.equal((await seen.next())?.data['kind'], 'session.close');
    assert.equal((await seen.next())?.event, 'end');
    await using rest = await api.listen(`/v1/sessions/${session?.id}/follow`, {
      auth: api.admin,
      headers: { 'last-event-id': '2' },
    });
    assert.equal((await rest.next())?.data['kind'], 'session.close');
  });

  test('a session is ended by whoever may, and its client is told why', async () => {
    const client = await api.connect(await api.grant());
    const lost = new Promise<unknown>((resolve) => client.once('error', resolve));
    const { json } = await api.call('GET', '/v1/sessions?live=true', { auth: api.admin });
    const [session] = json['sessions'] as { id: string }[];
    const path = `/v1/sessions/${session?.id}/end`;
    const reason = { reason: 'wrong branch' };
    const auditor = await api.person('audrey', { roles: ['auditor'] });
    assert.equal((await api.call('POST', path, { auth: auditor, json: reason })).status, 403);
    assert.equal((await api.call('POST', path, { auth: api.admin, json: reason })).status, 202);
    assert.match(String(await lost), /ended by local administrator: wrong branch/);
    const ended = await api.call('POST', '/v1/sessions/ses_none/end', { auth: api.admin, json: reason });
    assert.equal(ended.status, 404);
  });

  test('a session is ended through another gateway of the same store', async () => {
    await using events = await api.listen('/v1/events', { auth: api.admin });
    const client = await api.connect(await api.grant());
    const lost = new Promise<unknown>((resolve) => client.once('error', resolve));
    const { json } = await api.call('GET', '/v1/sessions?live=true', { auth: api.admin });
    const [session] = json['sessions'] as { id: string }[];
    assert.equal(await askToEnd(api.store, String(session?.id), { by: 'ada', reason: 'enough' }), true);
    assert.match(String(await lost), /ended by ada: enough/);
    await events.next(({ data }) => data['id'] === session?.id && data['state'] === 'closed');
    const over = await api.call('POST', `/v1/sessions/${session?.id}/end`, { auth: api.admin, json: { reason: 'x' } });
    assert.equal(over.status, 409);
    const { json: closed } = await api.call('GET', `/v1/sessions/${session?.id}`, { auth: api.admin });
    assert.deepEqual([closed['outcome'], closed['live']], ['revoked', false]);
  });

  test('evidence of a session verifies alone, and leaves bodies out for who may not read them', async () => {
    const client = await api.connect(await api.grant());
    await client.query('select 1 as one');
    await client.end();
    const { json } = await api.call('GET', '/v1/sessions?limit=1', { auth: api.admin });
    const [session] = json['sessions'] as { id: string }[];
    const path = `/v1/sessions/${session?.id}/evidence`;
    const whole = await api.call('GET', path, { auth: api.admin });
    const lines = whole.json['lines'] as { line: string; salted?: string; missing?: string }[];
    assert.ok(lines.length >= 3 && lines.some(({ salted }) => salted !== undefined));
    assert.match(String(whole.json['verifierKey']), /^gateway\.invalid\//);
    const approver = await api.person('paul', { roles: ['approver'] });
    const partial = await api.call('GET', path, { auth: approver });
    assert.doesNotMatch(partial.text, /"salted"/);
    assert.match(partial.text, /"missing":"forbidden"/);
    assert.equal((await api.call('GET', `/v1/sessions/${session?.id}/recording`, { auth: approver })).status, 403);
    assert.equal((await api.call('GET', `/v1/sessions/${session?.id}/follow`, { auth: approver })).status, 403);
  });
});
