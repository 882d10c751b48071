/** What an agent asks people for by the gateway's own server, with people who answer by the API. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chaperone } from '../e2e/program.ts';
import { startApi, type TestApi, type TestGrant } from '../support/api.ts';
import { type Called, callOwn } from '../support/mcp/own-client.ts';
import { until } from '../support/until.ts';

const POLICIES = `
  - { name: people, principals: any, targets: [people, archive], operations: [read, session, transaction], effect: permit }
  - { name: own, principals: any, targets: [chaperone], operations: [read], effect: permit }
  - { name: asked, principals: any, targets: [people], operations: [delete, insert], effect: permit, approve: { group: dba, within: 10m } }
  - { name: soon, principals: any, targets: [people], operations: [update], effect: permit, approve: { group: dba, within: 1s } }
  - { name: web, principals: any, targets: [web], operations: [get], effect: permit }
  - { name: webs, principals: any, targets: [web], operations: [post], effect: permit, approve: { group: dba } }
`;

const REQUESTABLE = '[{ targets: [archive], approve: { group: dba }, for: 1h }]';

describe('what an agent asks people for', () => {
  const open = new AsyncDisposableStack();
  const posted: string[] = [];
  let api: TestApi;
  let dba: string;
  before(async () => {
    const server = createServer((request, response) => {
      if (request.method === 'POST') posted.push(request.url ?? '');
      response.end('the shop');
    }).listen(0, '127.0.0.1');
    open.defer(() => void server.close());
    await once(server, 'listening');
    const web = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const sql = 'CREATE TABLE notes (id int);';
    const databases = ['archive', 'vault'];
    api = open.use(await startApi({ policies: POLICIES, web, sql, databases, requestable: REQUESTABLE }));
    dba = await api.person('dora', { groups: ['dba'], roles: ['approver', 'admin'] });
  });
  after(() => open.disposeAsync());

  const call = (held: TestGrant, name: string, given: Record<string, unknown> = {}): Promise<Called> =>
    callOwn(api.httpPort, held, name, given);
  const answered = async (id: unknown, answer: 'approve' | 'deny') => {
    const path = `/v1/approvals/${String(id)}`;
    const { json } = await api.call('GET', path, { auth: dba });
    return api.call('POST', `${path}/answer`, { auth: dba, json: { answer, digest: json['digest'] } });
  };
  const count = async (): Promise<number> => Number((await rows('SELECT count(*) FROM notes'))[0]?.[0]);
  const rows = async (sql: string): Promise<readonly (readonly unknown[])[]> => {
    const { data, text } = await call(await api.grant(), 'query', { target: 'people', sql });
    const [result] = data['results'] as readonly { rows: unknown[][] }[];
    assert.ok(result, text);
    return result.rows;
  };

  test('a statement is put before people and not run, and passes once by query after they approved it', async () => {
    const held = await api.grant();
    const asked = { target: 'people', sql: 'INSERT INTO notes VALUES (1)' };
    const { data, text } = await call(held, 'request_access', asked);
    assert.deepEqual([data['state'], data['kind'], data['groups']], ['pending', 'request', ['dba']], text);
    assert.match(String(data['approvalUrl']), /\/approvals\/apr_\w+$/);
    const approval = await api.call('GET', `/v1/approvals/${String(data['approval'])}`, { auth: dba });
    assert.equal((approval.json['estimate'] as { kind: string }).kind, 'planned');
    assert.deepEqual([approval.json['held'], approval.json['mine'], await count()], [false, true, 0]);
    assert.equal((await answered(data['approval'], 'approve')).status, 200);
    assert.equal((await call(held, 'approval', { approval: data['approval'] })).data['state'], 'approved');
    const again = await call(held, 'request_access', asked);
    assert.deepEqual([again.data['approval'], again.data['state'], await count()], [data['approval'], 'approved', 0]);
    const other = await call(held, 'request_access', { ...asked, sql: 'INSERT INTO notes VALUES (2)' });
    assert.notEqual(other.data['approval'], data['approval']);
    const ran = await call(held, 'query', asked);
    assert.deepEqual([ran.isError, await count()], [false, 1], ran.text);
    assert.equal((await call(held, 'approval', { approval: data['approval'] })).data['state'], 'used');
    // The same once more is another request for people.
    assert.notEqual((await call(held, 'request_access', asked)).data['approval'], data['approval']);
  });

  test('a statement that was approved for one run is none of another', async () => {
    const asked = { target: 'people', sql: 'DELETE FROM notes WHERE id = 77' };
    const { data } = await call(await api.grant(), 'request_access', asked);
    await answered(data['approval'], 'approve');
    const other = await api.grant();
    const seen = await call(other, 'approval', { approval: data['approval'] });
    assert.deepEqual([seen.isError, seen.text], [true, 'this run has no such approval']);
    assert.notEqual((await call(other, 'request_access', asked)).data['approval'], data['approval']);
  });

  test('a request of HTTP is asked for the same way', async () => {
    const held = await api.grant();
    const asked = { target: 'web', http: { method: 'POST', path: '/orders', body: 'tea' } };
    const { data, text } = await call(held, 'request_access', asked);
    assert.deepEqual([data['state'], posted], ['pending', []], text);
    await answered(data['approval'], 'approve');
    const ran = await call(held, 'query', asked);
    assert.deepEqual([ran.data['status'], posted], [200, ['/orders']], ran.text);
  });

  test('what needs nobody is not run either, and what is denied says so', async () => {
    const held = await api.grant();
    const unneeded = await call(held, 'request_access', { target: 'people', sql: 'SELECT 1' });
    assert.deepEqual([unneeded.isError, unneeded.data['code']], [true, 'approval-unneeded']);
    const denied = await call(held, 'request_access', { target: 'people', sql: 'DROP TABLE notes' });
    assert.deepEqual([denied.isError, denied.data['code']], [true, 'policy-no-match']);
    const web = await call(held, 'request_access', { target: 'web', http: { path: '/' } });
    assert.equal(web.data['code'], 'approval-unneeded', web.text);
  });

  test('denied and expired are told by the tool that shows an approval', async () => {
    const held = await api.grant();
    const one = await call(held, 'request_access', { target: 'people', sql: 'DELETE FROM notes WHERE id = 9' });
    await answered(one.data['approval'], 'deny');
    assert.equal((await call(held, 'approval', { approval: one.data['approval'] })).data['state'], 'denied');
    const two = await call(held, 'request_access', { target: 'people', sql: 'UPDATE notes SET id = 9' });
    const state = async () => (await call(held, 'approval', { approval: two.data['approval'] })).data['state'];
    await until(async () => (await state()) === 'expired');
  });

  test('a target that a trust rule marks is asked for, entered once people gave it, and taken back', async () => {
    const held = await api.grant();
    const before = await call(held, 'list_targets');
    assert.deepEqual(before.data['mayAskFor'], [
      { name: 'archive', protocol: 'postgres', labels: {}, groups: ['dba'] },
    ]);
    const refused = await call(held, 'query', { target: 'archive', sql: 'SELECT 1' });
    assert.equal(refused.text, 'the grant of this run is for no target of the name archive');
    const because = 'the report needs last year <b>\u202e';
    const { data, text } = await call(held, 'request_access', { target: 'archive', because });
    assert.deepEqual([data['state'], data['kind'], data['target']], ['pending', 'access', 'archive'], text);
    const same = await call(held, 'request_access', { target: 'archive', because: 'please' });
    assert.equal(same.data['approval'], data['approval']);
    const { json } = await api.call('GET', `/v1/approvals/${String(data['approval'])}`, { auth: dba });
    assert.equal(json['kind'], 'access');
    assert.equal(json['text'], `May this run enter the target archive, for 60 min?\nIt says: ${because}`);
    assert.equal((await answered(data['approval'], 'approve')).status, 200);
    assert.equal((await call(held, 'approval', { approval: data['approval'] })).data['state'], 'given');
    const entered = await call(held, 'query', { target: 'archive', sql: 'SELECT 5' });
    assert.equal(entered.isError, false, entered.text);
    const after = await call(held, 'list_targets');
    assert.deepEqual(
      [(after.data['targets'] as readonly { name: string }[]).map(({ name }) => name), after.data['mayAskFor']],
      [['people', 'web', 'archive', 'chaperone'], []],
    );
    const run = await api.call('GET', `/v1/runs/${held.run}`, { auth: api.admin });
    const [grant] = run.json['grants'] as readonly {
      targets: string[];
      given: { target: string; approval: string }[];
    }[];
    assert.deepEqual(
      [grant?.targets, grant?.given.map(({ target, approval }) => [target, approval])],
      [['people', 'web', 'archive'], [['archive', data['approval']]]],
    );
    const client = await api.connect(held, 'archive');
    const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
    const path = `/v1/grants/${held.user}/targets/archive`;
    assert.equal((await api.call('DELETE', path, { auth: dba })).status, 200);
    await ended;
    const gone = await call(held, 'query', { target: 'archive', sql: 'SELECT 1' });
    assert.equal(gone.text, 'the grant of this run is for no target of the name archive');
    assert.equal((await api.call('DELETE', path, { auth: dba })).status, 404);
  });

  test('a target that no rule lets the run ask for is as one that is not there', async () => {
    const held = await api.grant();
    const hidden = await call(held, 'request_access', { target: 'vault', because: 'I want it' });
    const unknown = await call(held, 'request_access', { target: 'nowhere', because: 'I want it' });
    assert.equal(hidden.text, 'there is no target of the name vault that this run may ask for');
    assert.equal(unknown.text, 'there is no target of the name nowhere that this run may ask for');
    const own = await call(held, 'request_access', { target: 'people', because: 'I want it' });
    assert.match(own.text, /may enter people already/);
  });

  test('what was denied stays shut, and a run asks ten times at most', async () => {
    const held = await api.grant();
    for (let asked = 0; asked < 10; asked++) {
      const { data, text } = await call(held, 'request_access', { target: 'archive', because: `ask ${asked}` });
      assert.equal(data['state'], 'pending', text);
      await answered(data['approval'], 'deny');
    }
    const more = await call(held, 'request_access', { target: 'archive', because: 'once more' });
    assert.deepEqual([more.isError, more.data['code']], [true, 'rate-limited']);
    const shut = await call(held, 'query', { target: 'archive', sql: 'SELECT 1' });
    assert.equal(shut.isError, true);
  });

  test('what was asked in one session and run in another stands in evidence that verifies', async () => {
    const held = await api.grant();
    const asked = { target: 'people', sql: 'DELETE FROM notes WHERE id = 5' };
    for (const given of [asked, { target: 'archive', because: 'for the report' }]) {
      const { data } = await call(held, 'request_access', given);
      assert.equal((await answered(data['approval'], 'approve')).status, 200);
    }
    assert.equal((await call(held, 'query', asked)).isError, false);
    const file = join(api.directory, 'asked.evidence.zip');
    const env = {
      PATH: process.env['PATH'],
      CHAPERONE_DATA_DIR: join(api.directory, 'of-the-auditor'),
      CHAPERONE_URL: api.url,
      CHAPERONE_CA_FILE: join(api.directory, 'tls', 'ca.crt'),
      CHAPERONE_TOKEN: api.admin.replace('Bearer ', ''),
    };
    const fetched = await chaperone(['evidence', held.run, '-o', file], env);
    assert.equal(fetched.status, 0, fetched.stderr);
    const { stdout } = await chaperone(['verify', file, '--json'], env);
    const { steps } = JSON.parse(stdout) as {
      readonly steps: readonly { readonly id: string; readonly verdict: string }[];
    };
    const found = steps.filter(({ id }) => id === 'sessions' || id === 'decisions');
    assert.deepEqual(
      found.map(({ verdict }) => verdict),
      ['PASS', 'PASS'],
      stdout,
    );
  });

  test('under another say of the trust rules, what was asked cannot be approved', async () => {
    const held = await api.grant();
    const { data } = await call(held, 'request_access', { target: 'archive', because: 'soon' });
    await api.applyRequestable('[{ targets: [archive], approve: { group: dba, quorum: 2 }, for: 1h }]');
    try {
      const { status, json } = await answered(data['approval'], 'approve');
      assert.deepEqual([status, json['code']], [409, 'approval-void']);
    } finally {
      await api.applyRequestable(REQUESTABLE);
    }
  });
});
