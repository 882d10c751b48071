/** The gateway's own MCP server, asked by the official clients of both eras on a gateway with PostgreSQL. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { listSessions } from '../../src/store/session-rows.ts';
import { startApi, type TestApi, type TestGrant } from '../support/api.ts';

const POLICIES = `
  - { name: people, principals: any, targets: [people], operations: [read, session, transaction], effect: permit, mask: [email] }
  - { name: own, principals: any, targets: [chaperone], operations: [read], effect: permit }
  - { name: asked, principals: any, targets: [people], operations: [delete], effect: permit, approve: { group: dba, within: 10m } }
  - { name: web, principals: any, targets: [web], operations: [get], effect: permit }
`;

interface Called {
  readonly isError: boolean;
  readonly text: string;
  readonly data: Record<string, unknown>;
}

describe("the gateway's own MCP server", () => {
  const open = new AsyncDisposableStack();
  let api: TestApi;
  let grant: TestGrant;
  before(async () => {
    const server = createServer((_request, response) => void response.end('the shop')).listen(0, '127.0.0.1');
    open.defer(() => void server.close());
    await once(server, 'listening');
    const web = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    api = open.use(await startApi({ policies: POLICIES, web }));
    grant = await api.grant();
  });
  after(() => open.disposeAsync());

  const connected = async (path: string, held = grant): Promise<{ client: Client } & AsyncDisposable> => {
    const client = new Client({ name: 'tests', version: '1' });
    const headers = { authorization: `Bearer ${held.user}.${held.password}` };
    const url = new URL(`http://127.0.0.1:${api.httpPort}${path}`);
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
    return { client, [Symbol.asyncDispose]: () => client.close() };
  };
  const call = async (name: string, given: Record<string, unknown> = {}, held = grant): Promise<Called> => {
    await using open = await connected('/t/chaperone/', held);
    const result = await open.client.callTool({ name, arguments: given });
    const [{ text = '' } = {}] = result.content as readonly { readonly text?: string }[];
    return {
      isError: result.isError === true,
      text,
      data: (result.structuredContent ?? {}) as Record<string, unknown>,
    };
  };

  test('a client of 2026-07-28 finds its tools at its own address', async () => {
    const client = new ModernClient({ name: 'tests', version: '2' }, { versionNegotiation: { mode: 'auto' } });
    const headers = { authorization: `Bearer ${grant.user}.${grant.password}` };
    const url = new URL(`http://127.0.0.1:${api.httpPort}/t/chaperone/`);
    await client.connect(new ModernTransport(url, { requestInit: { headers } }));
    try {
      assert.equal(client.getProtocolEra(), 'modern');
      const { tools } = await client.listTools();
      assert.deepEqual(
        tools.map(({ name }) => name),
        ['list_targets', 'query', 'explain', 'request_access', 'approval', 'run'],
      );
    } finally {
      await client.close();
    }
  });

  test('in the federated endpoint they have its name before theirs', async () => {
    await using open = await connected('/mcp');
    const { tools } = await open.client.listTools();
    assert.deepEqual(
      tools.map(({ name }) => name),
      ['list_targets', 'query', 'explain', 'request_access', 'approval', 'run'].map((name) => `chaperone__${name}`),
    );
  });

  test('it says which targets the grant is for', async () => {
    const { data } = await call('list_targets');
    assert.deepEqual(data['targets'], [
      { name: 'people', protocol: 'postgres', labels: {} },
      { name: 'web', protocol: 'http', labels: {} },
      { name: 'chaperone', protocol: 'mcp', labels: {} },
    ]);
  });

  test('a query runs in a session of its target, masked and on record', async () => {
    const held = await api.grant();
    const { data } = await call('query', { target: 'people', sql: 'SELECT id, email FROM people' }, held);
    const [result] = data['results'] as readonly { columns: string[]; rows: unknown[][]; cut: boolean }[];
    assert.deepEqual(result?.columns, ['id', 'email']);
    assert.equal(result.rows[0]?.[0], 1);
    assert.notEqual(result.rows[0]?.[1], 'ada@example.com');
    assert.equal(result.cut, false);
    const sessions = await listSessions(api.store, { run: held.run, limit: 100 });
    assert.deepEqual([...new Set(sessions.map(({ target }) => target))].sort(), ['chaperone', 'people']);
  });

  test('more rows than are shown are cut, and counted', async () => {
    const sql = 'SELECT n FROM generate_series(1, 501) AS n';
    const { data } = await call('query', { target: 'people', sql });
    const [result] = data['results'] as readonly { rows: unknown[][]; cut: boolean; rowCount: number }[];
    assert.deepEqual([result?.rows.length, result?.cut, result?.rowCount], [500, true, 501]);
  });

  test('a query that is denied says why, and explain says it again', async () => {
    const held = await api.grant();
    const denied = await call('query', { target: 'people', sql: 'DROP TABLE people' }, held);
    assert.equal(denied.isError, true);
    assert.equal(denied.data['code'], 'policy-no-match');
    const { data } = await call('explain', {}, held);
    assert.deepEqual([data['target'], data['code']], ['people', 'policy-no-match']);
    const { session, exchange } = data;
    const named = await call('explain', { session, exchange }, held);
    assert.deepEqual(named.data, data);
    const other = await call('explain', { session, exchange });
    assert.deepEqual([other.isError, other.text], [true, 'this run has no such session']);
  });

  test('a statement is explained without running it', async () => {
    const { data } = await call('explain', { target: 'people', sql: 'DELETE FROM people WHERE id = 1' });
    assert.deepEqual([data['effect'], data['needsApproval'], data['rules']], ['permit', true, ['asked']]);
  });

  test('a statement that people approve while it is waited for runs', async () => {
    const dba = await api.person('dora', { groups: ['dba'], roles: ['approver'] });
    await using events = await api.listen('/v1/events', { auth: dba });
    const asking = call('query', { target: 'people', sql: 'DELETE FROM people WHERE id = 99' });
    const asked = await events.next(({ data }) => data['type'] === 'approval');
    const id = String(asked?.data['id']);
    const { json } = await api.call('GET', `/v1/approvals/${id}`, { auth: dba });
    const answer = { answer: 'approve', digest: json['digest'] };
    const answered = await api.call('POST', `/v1/approvals/${id}/answer`, { auth: dba, json: answer });
    assert.equal(answered.status, 200, answered.text);
    const { data, text } = await asking;
    const [result] = data['results'] as readonly { command: string; rowCount: number }[];
    assert.deepEqual([result?.command, result?.rowCount], ['DELETE', 0], text);
    const own = await call('run');
    assert.deepEqual(
      (own.data['approvals'] as readonly { state: string }[]).map(({ state }) => state),
      ['used'],
    );
  });

  test('an HTTP target is asked, and refuses as its rules say', async () => {
    const asked = await call('query', { target: 'web', http: { path: '/' } });
    assert.deepEqual([asked.data['status'], asked.data['body']], [200, 'the shop'], asked.text);
    const denied = await call('query', { target: 'web', http: { method: 'DELETE', path: '/' } });
    assert.deepEqual([denied.isError, denied.data['code']], [true, 'policy-no-match']);
  });

  test('of another run nothing is shown', async () => {
    const held = await api.grant();
    const { data } = await call('run', {}, held);
    const sessions = data['sessions'] as readonly { readonly target: string }[];
    assert.deepEqual([data['run'], data['approvals']], [held.run, []]);
    assert.deepEqual([...new Set(sessions.map(({ target }) => target))], ['chaperone']);
    const { isError } = await call('explain', {}, held);
    assert.equal(isError, true);
  });

  test('a target that the grant is not for is as one that is not there', async () => {
    const { text } = await call('query', { target: 'elsewhere', sql: 'SELECT 1' });
    assert.equal(text, 'the grant of this run is for no target of the name elsewhere');
  });
});

test('where no rule permits its tools, nothing of it is listed and a call is refused', async () => {
  await using api = await startApi({ web: { host: '127.0.0.1', port: 9 } });
  const { user, password } = await api.grant();
  const client = new Client({ name: 'tests', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${user}.${password}` } };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${api.httpPort}/mcp`), { requestInit }),
  );
  try {
    assert.deepEqual((await client.listTools()).tools, []);
    const called = client.callTool({ name: 'chaperone__run', arguments: {} });
    const refused = await called.then(
      ({ isError }) => isError === true,
      () => true,
    );
    assert.equal(refused, true);
  } finally {
    await client.close();
  }
});

test('where it is turned off there is no such target, and no other may have its name', async () => {
  await using api = await startApi({ ownMcp: false, policies: POLICIES, web: { host: '127.0.0.1', port: 9 } });
  const { user, password } = await api.grant();
  const authorization = `Bearer ${user}.${password}`;
  const ask = (path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${api.httpPort}${path}`, {
      method: 'POST',
      headers: {
        authorization,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/list',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: MODERN }),
    });
  assert.equal((await ask('/t/chaperone/')).status, 403);
  const federated = (await (await ask('/mcp')).json()) as { readonly result: { readonly tools: readonly unknown[] } };
  assert.deepEqual(federated.result.tools, []);
  const taken = 'targets: [{ name: chaperone, protocol: mcp, url: "http://127.0.0.1:9/", credential: { none: true } }]';
  await assert.rejects(api.apply(taken), /chaperone/);
});

test('a grant that is good at /mcp alone reaches the own tools there, and no target by their detour', async () => {
  await using api = await startApi({ policies: POLICIES, web: { host: '127.0.0.1', port: 9 } });
  const resource = `http://127.0.0.1:${api.httpPort}/mcp`;
  const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  const form = new URLSearchParams({ grant_type, assertion: await api.ciToken(), resource });
  const body = { type: 'application/x-www-form-urlencoded', text: form.toString() };
  const { json, text } = await api.call('POST', '/oauth/token', { body });
  const token = String(json['access_token']);
  assert.notEqual(token, 'undefined', text);
  const client = new Client({ name: 'tests', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(resource), { requestInit }));
  try {
    const call = async (name: string, given: Record<string, unknown>) => {
      const { content } = await client.callTool({ name: `chaperone__${name}`, arguments: given });
      return (content as readonly { readonly text?: string }[]).map((one) => one.text ?? '').join('');
    };
    assert.match(await call('list_targets', {}), /"people"/);
    const asked = { target: 'people', sql: 'SELECT 1' };
    assert.equal(await call('query', asked), 'The grant is good at one place alone, and not at other targets.');
    const deleted = { target: 'people', sql: 'DELETE FROM people' };
    assert.equal(
      await call('request_access', deleted),
      'The grant is good at one place alone, and not at other targets.',
    );
    assert.match(await call('request_access', { target: 'web', because: 'why not' }), /good at one place alone/);
  } finally {
    await client.close();
  }
});

const MODERN = {
  _meta: {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'tests', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  },
};
