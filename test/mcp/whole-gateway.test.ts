/** A whole gateway before an MCP server: how official clients get their tokens, and what people approve of calls. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import {
  Client,
  CrossAppAccessProvider,
  StaticPrivateKeyJwtProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { StaticPrivateKeyJwtProvider as LegacyProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { startApi, type TestApi, type TestGrant } from '../support/api.ts';
import { type ScriptedServer, startScripted } from '../support/mcp/scripted-server.ts';
import { until } from '../support/until.ts';

const POLICIES = `
  - { name: reads, principals: any, targets: [tracker, chaperone], operations: [read, tasks/cancel], effect: permit }
  - { name: calls, principals: any, targets: [tracker], operations: [tools/call], effect: permit, approve: { group: dba, within: 10m } }
`;
const SUITE = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
);

const open = new AsyncDisposableStack();
let api: TestApi;
let server: ScriptedServer;
let ada: string;

before(async () => {
  server = open.use(
    await startScripted(({ message }) => {
      if (message?.method === 'initialize') {
        const serverInfo = { name: 'tracker', version: '1' };
        return { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo };
      }
      if (message?.method === 'tools/list') return { tools: [{ name: 'add', inputSchema: { type: 'object' } }] };
      return { content: [{ type: 'text', text: 'done' }] };
    }),
  );
  api = open.use(await startApi({ mcp: { host: '127.0.0.1', port: server.port }, policies: POLICIES }));
  ada = await api.person('ada', { groups: ['dba'], roles: ['approver'] });
  // Clients fetch as programs do that trust the gateway's authority.
  const ca = await readFile(join(api.directory, 'tls', 'ca.crt'), 'utf8');
  setDefaultCACertificates([...getCACertificates('default'), ca]);
  await accepted(await api.grant());
});
after(() => open.disposeAsync());

/** What the server offers is seen once, and accepted. */
async function accepted(grant: TestGrant): Promise<void> {
  await post(grant, { method: 'tools/list', params: {} });
  const { json } = await api.call('GET', '/v1/definitions?target=tracker', { auth: api.admin });
  for (const { id, current } of json['items'] as readonly { id: string; current: { digest: string } }[]) {
    const answer = { auth: api.admin, json: { digest: current.digest } };
    assert.equal((await api.call('POST', `/v1/definitions/${id}/accept`, answer)).status, 200);
  }
}

interface Told {
  readonly id: string;
  readonly result: {
    readonly content: readonly [{ readonly text: string }];
    readonly requestState: string;
    readonly task: { readonly taskId: string };
    readonly status: string;
    readonly _meta: { readonly 'chaperone/refusal': { readonly code: string; readonly approval: string } };
  };
}

async function post({ user, password }: TestGrant, message: object, headers: Readonly<Record<string, string>> = {}) {
  const reply = await fetch(`https://localhost:${api.httpPort}/t/tracker/mcp`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user}.${password}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
  });
  return (await reply.json()) as Told;
}

/** The approval that waits for people, once it does; what it is answered by. */
async function approve(): Promise<void> {
  const item = await until(async () => {
    const { json } = await api.call('GET', '/v1/approvals?state=pending', { auth: ada });
    return (json['items'] as readonly { readonly id: string }[])[0];
  });
  const { json } = await api.call('GET', `/v1/approvals/${item.id}`, { auth: ada });
  const answer = { answer: 'approve', digest: json['digest'] };
  assert.equal((await api.call('POST', `/v1/approvals/${item.id}/answer`, { auth: ada, json: answer })).status, 200);
}

describe('official clients get a token by what the 401 of a place tells them', () => {
  const place = (path: string): URL => new URL(`https://localhost:${api.httpPort}${path}`);

  test('with a CI token as what proves the client, in either revision, at the endpoint of all servers', async () => {
    const clientId = 'a job';
    const provider = new LegacyProvider({ clientId, jwtBearerAssertion: await api.ciToken(), expectedIssuer: api.url });
    const old = new LegacyClient({ name: 'tests', version: '1' });
    await old.connect(new LegacyTransport(place('/mcp'), { authProvider: provider }));
    try {
      assert.ok((await old.listTools()).tools.some(({ name }) => name === 'tracker__add'));
    } finally {
      await old.close();
    }
    const own = new StaticPrivateKeyJwtProvider({
      clientId,
      jwtBearerAssertion: await api.ciToken(),
      expectedIssuer: api.url,
    });
    const client = new Client({ name: 'tests', version: '2' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(new StreamableHTTPClientTransport(place('/mcp'), { authProvider: own }));
    try {
      assert.equal(client.getProtocolEra(), 'modern');
      assert.ok((await client.listTools()).tools.some(({ name }) => name === 'tracker__add'));
    } finally {
      await client.close();
    }
  });

  test('with a CI token as an assertion (RFC 7523), for one target alone', async () => {
    const seen: string[] = [];
    const provider = new CrossAppAccessProvider({
      clientId: 'a job',
      clientSecret: 'unused',
      expectedIssuer: api.url,
      assertion: ({ resourceUrl }) => {
        seen.push(resourceUrl);
        return api.ciToken();
      },
    });
    const client = new Client({ name: 'tests', version: '2' }, { versionNegotiation: { mode: 'legacy' } });
    await client.connect(new StreamableHTTPClientTransport(place('/t/tracker/'), { authProvider: provider }));
    try {
      assert.deepEqual(
        (await client.listTools()).tools.map(({ name }) => name),
        ['add'],
      );
    } finally {
      await client.close();
    }
    assert.deepEqual(seen, [place('/t/tracker').href]);
    const { access_token: token = '' } = provider.tokens() ?? {};
    const elsewhere = await fetch(place('/mcp'), { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    assert.equal(elsewhere.status, 401);
    assert.ok(!JSON.stringify(server.asked).includes(token));
  });

  // The scenarios of the suite about authorization are for clients, and for servers that ask in a browser; this one applies.
  test('and its metadata has all that the suite of MCP asks for, but what logs people in by a browser', async () => {
    const scenario = 'authorization-server-metadata-endpoint';
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(api.directory, 'tls', 'ca.crt') };
    const said = await new Promise<string>((resolve) => {
      execFile(
        process.execPath,
        [SUITE, 'authorization', '--url', api.url, '--scenario', scenario],
        { env },
        (_, stdout) => resolve(stdout),
      );
    });
    const missing = [...said.matchAll(/does not include valid "(\w+)" claim/g)].map(([, claim]) => claim);
    assert.deepEqual(missing, ['response_types_supported', 'code_challenge_methods_supported']);
  });
});

describe('a person approves', () => {
  const modern = (given: object, more: object = {}, capabilities: object = { elicitation: { url: {} } }) => ({
    method: 'tools/call',
    params: {
      name: 'add',
      arguments: given,
      ...more,
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': capabilities,
      },
    },
  });
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'add' };
  const calls = () => server.of('tools/call').length;

  test('one call with its arguments: with others its state is refused and on record, and it passes once', async () => {
    const grant = await api.grant();
    const before = calls();
    const { requestState } = (await post(grant, modern({ n: 1 }), headers)).result;
    await approve();
    const answer = { requestState, inputResponses: { 'chaperone-approval': { action: 'accept' } } };
    const other = await post(grant, modern({ n: 2 }, answer), headers);
    assert.equal(other.result._meta['chaperone/refusal'].code, 'approval-void');
    // Of another run the state is none of the gateway's, so its call is one that nobody has approved.
    const stranger = await post(await api.grant(), modern({ n: 1 }, answer), headers);
    assert.equal(calls(), before);
    assert.notEqual(stranger.result.requestState, undefined);
    assert.equal((await post(grant, modern({ n: 1 }, answer), headers)).result.content[0].text, 'done');
    assert.equal(calls(), before + 1);
    // What was used up asks anew.
    assert.notEqual((await post(grant, modern({ n: 1 }, answer), headers)).result.requestState, requestState);
    assert.equal(calls(), before + 1);
    const refused = await until(async () => {
      const { json } = await api.call('GET', `/v1/statements?run=${grant.run}`, { auth: api.admin });
      const found = (json['statements'] as readonly { readonly code?: string; readonly decision: string }[]).find(
        (one) => JSON.stringify(one).includes('approval-void'),
      );
      return found?.decision;
    });
    assert.equal(refused, 'deny');
  });

  test('a call that is a task, which runs once without its client', async () => {
    const grant = await api.grant();
    const before = calls();
    const old = { 'mcp-protocol-version': '2025-11-25' };
    const call = { method: 'tools/call', params: { name: 'add', arguments: { n: 3 }, task: {} } };
    const { taskId } = (await post(grant, call, old)).result.task;
    await approve();
    await until(async () => {
      const { result } = await post(grant, { method: 'tasks/get', params: { taskId } }, old);
      return result.status === 'completed';
    });
    assert.equal(calls(), before + 1);
    const { result } = await post(grant, { method: 'tasks/result', params: { taskId } }, old);
    assert.equal(result.content[0].text, 'done');
  });
});
