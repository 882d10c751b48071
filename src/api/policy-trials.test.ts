import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { READ_POLICY, startApi, type TestApi } from '../../test/support/api.ts';

interface Explanation {
  readonly effect: string;
  readonly code?: string;
  readonly rules: readonly string[];
  readonly obligations: readonly string[];
  readonly operations: readonly {
    readonly name: string;
    readonly outcome: string;
    readonly facts: readonly string[];
    readonly rules: readonly { readonly name: string; readonly result: string; readonly why?: string }[];
  }[];
  readonly recorded?: string;
  readonly text?: string;
  readonly analysis: string;
  readonly results: readonly (readonly { readonly name: string }[] | null)[];
}

describe('why it is decided so, and what other policies would have decided', () => {
  let api: TestApi;
  let session: string;
  before(async () => {
    api = await startApi({ policies: READ_POLICY });
    const client = await api.connect(await api.grant());
    await client.query('select id from people');
    await client.query('select email from people');
    await assert.rejects(client.query('delete from people'), /permits/);
    await client.end();
    const { json } = await api.call('GET', '/v1/sessions', { auth: api.admin });
    session = (json['sessions'] as { id: string }[])[0]?.id ?? '';
  });
  after(() => api[Symbol.asyncDispose]());

  const explain = async (asked: object, auth = api.admin) => {
    const answer = await api.call('POST', '/v1/policies/explain', { auth, json: asked });
    return { status: answer.status, view: answer.json as unknown as Explanation, text: answer.text };
  };

  test('a request of the record is explained, rule by rule', async () => {
    const { status, view, text } = await explain({ session, exchange: 3 });
    assert.equal(status, 200, text);
    assert.deepEqual(
      [view.effect, view.code, view.recorded, view.text, view.analysis],
      ['deny', 'policy-no-match', 'deny (policy-no-match)', 'delete from people', 'recorded'],
    );
    const [operation] = view.operations;
    assert.equal(operation?.name, 'delete on public.people');
    assert.match(operation?.facts[0] ?? '', /^write, of every row/);
    assert.deepEqual(operation?.rules, [
      { name: 'read', effect: 'permit', result: 'not-matched', why: 'the rule is about read, session, transaction' },
    ]);
  });

  test('a statement that nobody asked is explained by the database as a session read it', async () => {
    const { view, text } = await explain({ statement: 'select id as number from people', target: 'people', as: {} });
    assert.deepEqual(
      [view.effect, view.obligations, view.analysis],
      ['permit', ['mask email', 'session readOnly'], 'catalogue'],
      text,
    );
    assert.deepEqual(view.results, [[{ name: 'number' }]]);
  });

  test('texts are for those who may read recordings', async () => {
    const { auth } = await api.token(['configuration:read', 'sessions:read']);
    const { status, view } = await explain({ session, exchange: 2 }, auth);
    assert.deepEqual([status, view.text, view.effect], [200, undefined, 'permit']);
  });

  test('what there is not is not found, and who may not ask is refused', async () => {
    const none = await api.token(['sessions:read']);
    const statuses = [
      await explain({ session, exchange: 99 }),
      await explain({ session: 'ses_nobody', exchange: 1 }),
      await explain({ approval: 'apr_nobody' }),
      await explain({ statement: 'select 1', target: 'nowhere' }),
      await explain({ session, exchange: 1 }, none.auth),
      await explain({ session: '../x', exchange: 1 }),
    ].map(({ status }) => status);
    assert.deepEqual(statuses, [404, 404, 404, 404, 403, 404]);
  });

  const replay = async (text: string, more: object = {}) => {
    const files = [{ name: 'p.yaml', text }];
    const { json, status } = await api.call('POST', '/v1/policies/replay', {
      auth: api.admin,
      json: { files, ...more },
    });
    assert.equal(status, 200, JSON.stringify(json));
    return json as Record<string, unknown> & {
      groups: { kind: string; count: number; before: string; after: string; examples: { text: string }[] }[];
    };
  };

  test('a changed set is held against the one in force, and what changes is grouped', async () => {
    const text = `policies:
  - { name: read, principals: any, targets: [people], operations: [read, session, transaction], effect: permit }
  - { name: ask, principals: any, targets: [people], operations: [delete], effect: permit, approve: { group: dba } }
`;
    const report = await replay(text);
    assert.deepEqual(
      [report['looked'], report['same'], report['loosened'], report['tightened'], report['complete']],
      [3, 0, 3, 0, true],
    );
    assert.deepEqual(
      report.groups.map(({ kind, count, before, after, examples }) => [kind, count, before, after, examples[0]?.text]),
      [
        ['masks differ', 2, 'permit, mask email, session readOnly', 'permit', 'select id from people'],
        ['now held', 1, 'deny (policy-no-match)', 'permit, approval of 1 of dba', 'delete from people'],
      ],
    );
  });

  test('the same set changes nothing, and a time without requests has none', async () => {
    const same = await replay(`policies:${READ_POLICY}`);
    assert.deepEqual([same['looked'], same['same'], same.groups], [3, 3, []]);
    assert.equal((await replay(`policies:${READ_POLICY}`, { since: '2999-01-01T00:00:00Z' }))['looked'], 0);
    assert.equal((await replay(`policies:${READ_POLICY}`, { until: '2020-01-01T00:00:00Z' }))['looked'], 0);
    const cut = await replay(`policies:${READ_POLICY}`, { limit: 1 });
    assert.deepEqual([cut['looked'], cut['complete']], [1, false]);
  });

  test('policies that are wrong are told, and nothing is judged by them', async () => {
    const report = await replay('policies:\n  - { name: a }\n');
    assert.deepEqual([report['looked'], report['complete']], [0, false]);
    assert.equal((report['problems'] as unknown[]).length > 0, true);
  });

  test('the schemas of files are served to anybody', async () => {
    const { status, json } = await api.call('GET', '/v1/schemas/policies');
    assert.deepEqual([status, json['title']], [200, 'Policies of Chaperone']);
    assert.equal((await api.call('GET', '/v1/schemas/nothing')).status, 400);
  });
});
