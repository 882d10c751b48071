import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startApi, type TestApi } from '../../test/support/api.ts';
import { verifyDirectory } from '../audit/verify/verify-directory.ts';

const CANARY = 'canary-of-a-run';

/** A run with one session that asked for the canary; open until `close`. */
async function aRun(api: TestApi): Promise<{ run: string; session: string; close: () => Promise<void> }> {
  const grant = await api.grant();
  const client = await api.connect(grant);
  await client.query(`select '${CANARY}' as canary, email from people`);
  await client.end();
  const { run } = grant;
  const { json } = await api.call('GET', `/v1/sessions?run=${run}`, { auth: api.admin });
  const [{ id = '' } = {}] = (json['sessions'] ?? json['items']) as { id?: string }[];
  const basic = `Basic ${Buffer.from(`${grant.user}:${grant.password}`).toString('base64')}`;
  const close = async (): Promise<void> => {
    const { status, text } = await api.call('POST', `/v1/runs/${run}/close`, { auth: basic });
    assert.equal(status, 200, text);
  };
  return { run, session: id, close };
}

const erase = (api: TestApi, run: string, json: unknown = { reason: 'data-subject' }) =>
  api.call('DELETE', `/v1/runs/${run}/bodies`, { auth: api.admin, json });

describe('erasing, holding and keeping what runs recorded', () => {
  let api: TestApi;
  before(async () => void (api = await startApi()));
  after(() => api[Symbol.asyncDispose]());

  test("an administrator erases a closed run's bodies, and everything says when, by whom and why", async () => {
    const { run, session, close } = await aRun(api);
    const open = await erase(api, run);
    assert.deepEqual([open.status, open.json['code']], [409, 'run-open'], open.text);
    await close();
    const recording = `/v1/sessions/${session}/recording`;
    const before = await api.call('GET', recording, { auth: api.admin });
    assert.ok(before.text.includes(Buffer.from(CANARY).toString('base64').slice(4, 16)));

    const note = 'asked for in ticket 4711';
    const erased = await erase(api, run, { reason: 'data-subject', note });
    assert.equal(erased.status, 200, erased.text);
    assert.deepEqual(
      [erased.json['state'], erased.json['reason'], erased.json['note']],
      ['done', 'data-subject', note],
    );
    assert.equal((erased.json['gateways'] as { state: string }[])[0]?.state, 'done');

    const lines = (await api.call('GET', recording, { auth: api.admin })).text.trim().split('\n');
    const bodies = lines.map((line) => (JSON.parse(line) as { body?: { withheld?: string } }).body);
    const today = new Date().toISOString().slice(0, 10);
    assert.equal(
      bodies.find((body) => body !== undefined)?.withheld,
      `erased on ${today} by local administrator because of data-subject`,
    );
    assert.ok(lines.every((line) => !line.includes('base64')));
    const shown = await api.call('GET', `/v1/runs/${run}`, { auth: api.admin });
    assert.equal((shown.json['erasure'] as { state: string }).state, 'done');
    assert.deepEqual(shown.json['asserted'], []);

    const entries = await api.call('GET', '/v1/log/entries?limit=100', { auth: api.admin });
    assert.match(entries.text, /bodies\.erased/);
    assert.doesNotMatch(entries.text, /4711/);
    const report = await verifyDirectory(`${api.directory}/audit`);
    assert.deepEqual([report.findings, report.erased.map((one) => one.run)], [[], [run]]);
    const again = await erase(api, run);
    assert.deepEqual([again.status, again.json['id']], [200, erased.json['id']]);
    assert.equal((await erase(api, 'run_none')).status, 404);
  });

  test('a hold refuses an erasure, which is done once the hold is lifted', async () => {
    const { run, session, close } = await aRun(api);
    await close();
    const json = { run, reason: 'litigation 12' };
    const placed = await api.call('POST', '/v1/holds', { auth: api.admin, json });
    assert.equal(placed.status, 201, placed.text);
    const { id } = placed.json['hold'] as { id: string };

    const refused = await erase(api, run);
    assert.deepEqual([refused.status, refused.json['code']], [409, 'held'], refused.text);
    assert.match(String(refused.json['detail']), new RegExp(id));
    const waiting = await api.call('GET', '/v1/erasures?state=pending', { auth: api.admin });
    assert.deepEqual(
      (waiting.json['items'] as { run: string; hold: string }[]).map((one) => [one.run, one.hold]),
      [[run, id]],
    );
    const shown = await api.call('GET', `/v1/runs/${run}`, { auth: api.admin });
    assert.deepEqual((shown.json['holds'] as { id: string }[])[0]?.id, id);
    const recording = `/v1/sessions/${session}/recording`;
    assert.match((await api.call('GET', recording, { auth: api.admin })).text, /base64/);

    const lifted = await api.call('DELETE', `/v1/holds/${id}`, { auth: api.admin, json: { reason: 'settled' } });
    assert.equal(lifted.status, 200, lifted.text);
    const done = await erase(api, run);
    assert.deepEqual([done.status, done.json['state']], [200, 'done'], done.text);
    assert.doesNotMatch((await api.call('GET', recording, { auth: api.admin })).text, /base64/);
    const entries = await api.call('GET', '/v1/log/entries?limit=200', { auth: api.admin });
    assert.match(entries.text, /hold\.placed/);
    assert.match(entries.text, /hold\.lifted/);
    assert.doesNotMatch(entries.text, /litigation/);
  });

  test('a hold names what it keeps', async () => {
    const nothing = await api.call('POST', '/v1/holds', { auth: api.admin, json: { reason: 'x' } });
    assert.equal(nothing.status, 400, nothing.text);
    const late = await api.call('POST', '/v1/holds', {
      auth: api.admin,
      json: { target: 'people', since: '2020-01-01T00:00:00Z', reason: 'x' },
    });
    assert.equal(late.status, 201, late.text);
    assert.ok((late.json['tooLate'] as string[]).length >= 1, 'runs that were erased before are named');
    const { id } = late.json['hold'] as { id: string };
    const path = `/v1/holds/${id}`;
    assert.equal((await api.call('DELETE', path, { auth: api.admin, json: { reason: 'done' } })).status, 200);
    assert.equal((await api.call('DELETE', path, { auth: api.admin, json: { reason: 'done' } })).status, 404);
  });

  test('rules are declared as configuration is, planned without effect, and applied with a count for each', async () => {
    const { run, close } = await aRun(api);
    await close();
    await api.apply(`
retention:
  - { name: customers, when: { targets: [people], classes: [email] }, eraseAfter: 30d }
  - { name: at-least-a-week, keepAtLeast: 1w }
`);
    const old = new Date(Date.now() - 31 * 86_400_000).toISOString();
    await api.store.write((db) => db.updateTable('runs').set({ closed_at: old }).where('id', '=', run).execute());
    const plan = await api.call('GET', '/v1/retention/plan', { auth: api.admin });
    assert.equal(plan.status, 200, plan.text);
    const rules = plan.json['rules'] as { name: string; erases: number }[];
    assert.deepEqual(
      rules.map(({ name, erases }) => [name, erases]),
      [
        ['at-least-a-week', 0],
        ['customers', 1],
      ],
    );
    assert.deepEqual(
      (plan.json['due'] as { run: string; rule: string }[]).map((one) => [one.run, one.rule]),
      [[run, 'customers']],
    );
    const swept = await api.call('POST', '/v1/retention/sweep', { auth: api.admin });
    assert.deepEqual([swept.status, swept.json['erased']], [200, { customers: 1 }], swept.text);
    const shown = await api.call('GET', `/v1/runs/${run}`, { auth: api.admin });
    const { state, rule, by } = shown.json['erasure'] as { state: string; rule: string; by: { id: string } };
    assert.deepEqual([state, rule, by.id], ['done', 'customers', 'gateway']);
    const sweeps = await api.call('GET', '/v1/retention/sweeps', { auth: api.admin });
    assert.equal((sweeps.json['sweeps'] as unknown[]).length, 1);
    const bad = { mode: 'plan', files: [{ name: 'r.yaml', text: 'retention:\n  - { name: x, eraseAfter: soon }\n' }] };
    const refused = await api.call('POST', '/v1/apply', { auth: api.admin, json: bad });
    assert.deepEqual([refused.status, /90d, 12w or 7y/.test(refused.text)], [422, true], refused.text);
    assert.deepEqual(api.faults, []);
  });
});
