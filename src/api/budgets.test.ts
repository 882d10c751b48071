import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startApi, type TestApi } from '../../test/support/api.ts';

const POLICIES = `
  - name: read
    principals: any
    targets: [people]
    operations: [read, session, transaction]
    effect: permit
    limit:
      - { rowsRead: 3, bytes: 1MB }
      - { statements: 10, per: target, within: 1h }
      - { rowsRead: 2, per: statement }
`;

describe('budgets', { concurrency: false }, () => {
  let api: TestApi;
  before(async () => void (api = await startApi({ policies: POLICIES })));
  after(() => api?.[Symbol.asyncDispose]());

  test('of a run are listed with what is spent, and begin anew when an administrator says so', async () => {
    const grant = await api.grant();
    const read = async (rows: number): Promise<string> => {
      const client = await api.connect(grant);
      try {
        await client.query(`select generate_series(1, ${rows})`);
        return 'read';
      } catch (error) {
        return (error as { code?: string }).code ?? 'lost';
      } finally {
        await client.end();
      }
    };
    assert.equal(await read(2), 'read');
    assert.equal(await read(2), '53400');
    const list = async () => {
      const { json } = await api.call('GET', `/v1/budgets?run=${grant.run}`, { auth: api.admin });
      return json['budgets'] as readonly Record<string, unknown>[];
    };
    const rows = (await list()).find(({ measure }) => measure === 'rowsRead');
    const { id, updatedAt, ...said } = rows ?? {};
    assert.deepEqual(said, {
      rule: 'read',
      measure: 'rowsRead',
      per: 'run',
      run: grant.run,
      spent: 3,
      most: 3,
      granted: 0,
    });
    assert.match(String(updatedAt), /^\d{4}-/);
    const shared = (await list()).find(({ measure }) => measure === 'statements');
    assert.deepEqual([shared?.['target'], shared?.['withinMs'], shared?.['most']], ['people', 3_600_000, 10]);
    const ofTarget = await api.call('GET', '/v1/budgets?target=people', { auth: api.admin });
    assert.deepEqual(
      (ofTarget.json['budgets'] as readonly Record<string, unknown>[]).map(({ measure }) => measure),
      ['statements'],
    );
    const reset = await api.call('DELETE', `/v1/budgets/${String(id)}`, { auth: api.admin });
    assert.deepEqual([reset.status, reset.json], [200, { budget: id, reset: true }]);
    assert.equal(await read(2), 'read');
    assert.equal((await api.call('DELETE', '/v1/budgets/none', { auth: api.admin })).status, 404);
    assert.equal(await noteOf(String(id)), 'budget.reset');
  });

  /** The action that the log has of this budget, once the next checkpoint shows it. */
  async function noteOf(id: string): Promise<string> {
    for (;;) {
      const { json } = await api.call('GET', '/v1/log/entries?limit=100', { auth: api.admin });
      const entries = (json['entries'] as { text: string }[]).map(
        ({ text }) => JSON.parse(text) as { detail?: { action?: string; budget?: string } },
      );
      const note = entries.find(({ detail }) => detail?.budget === id);
      if (note !== undefined) return note.detail?.action ?? '';
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
});
