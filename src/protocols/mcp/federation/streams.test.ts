/** What lasts longer than a request at the endpoint of all servers: streams, subscriptions, tasks; and what servers ask. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { FakeApprovals } from '../../../../test/support/fake-approvals.ts';
import { PERMIT_ALL } from '../../../../test/support/gateway.ts';
import { type EverythingServer, startEverything } from '../../../../test/support/mcp/everything-server.ts';
import { type LegacyServer, startLegacyServer } from '../../../../test/support/mcp/legacy-server.ts';
import { type McpGateway, mcpTarget, startMcpGateway } from '../../../../test/support/mcp/mcp-gateway.ts';
import { startScripted } from '../../../../test/support/mcp/scripted-server.ts';
import type { TestGrant } from '../../../../test/support/static-control-plane.ts';
import { until } from '../../../../test/support/until.ts';
import { Federation } from './federation.ts';

const ASKS = { group: 'dba', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false };
const NOTE = 'mcp+legacy+test://note';
const WATCHED = 'mcp+both+test://watched-resource';
const COMPLETION = { role: 'assistant', model: 'm', content: { type: 'text', text: 'Paris' } } as const;

const open = new AsyncDisposableStack();
const approvals = new FakeApprovals();
let both: EverythingServer;
let legacy: LegacyServer;
let gateway: McpGateway;
let grant: TestGrant;

before(async () => {
  both = open.use(await startEverything());
  legacy = open.use(await startLegacyServer());
  const many = open.use(await startScripted(({ message }) => listed(message?.method, message?.params?.['cursor'])));
  const server = (name: string, port: number) => mcpTarget(name, { kind: 'http', path: '/mcp' }, port);
  const federation = new Federation({ nowMs: Date.now });
  gateway = open.use(
    await startMcpGateway({
      targets: [server('both', both.port), server('legacy', legacy.port), server('many', many.port)],
      approvals,
      limits: { mcpTaskPollMs: 20 },
      policies: [
        PERMIT_ALL,
        { ...PERMIT_ALL, name: 'asks', mcp: { tools: ['add', 'test_simple_text'] }, approve: ASKS },
      ],
      http: { places: { domains: ['localhost'], byHost: () => undefined, own: [federation] } },
    }),
  );
  grant = await gateway.grant();
});
after(() => open.disposeAsync());

/** A server of 2025-11-25 that lists 1,100 tools in pages of its own. */
function listed(method: string | undefined, cursor: unknown) {
  if (method === 'initialize') {
    return { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'many', version: '1' } };
  }
  if (method !== 'tools/list') return {};
  const from = Number(cursor ?? 0);
  const numbers = Array.from({ length: Math.min(400, 1_100 - from) }, (_, index) => from + index);
  const tools = numbers.map((number) => ({ name: `tool_${number}`, inputSchema: { type: 'object' } }));
  return from + 400 < 1_100 ? { tools, nextCursor: String(from + 400) } : { tools };
}

const endpoint = () => new URL(`http://127.0.0.1:${gateway.port}/mcp`);
const headersOf = ({ user, password }: TestGrant) => ({ authorization: `Bearer ${user}.${password}` });

async function oldClient(capabilities = {}, held = grant) {
  const client = new LegacyClient({ name: 'test', version: '1' }, { capabilities });
  const transport = new LegacyTransport(endpoint(), { requestInit: { headers: headersOf(held) } });
  await client.connect(transport);
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

async function newClient(capabilities = {}, held = grant) {
  const info = { name: 'test', version: '1' };
  const client = new Client(info, { versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities });
  await client.connect(new StreamableHTTPClientTransport(endpoint(), { requestInit: { headers: headersOf(held) } }));
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

/** Until the server of sessions has a stream that it did not have before. */
async function listenedTo(work: () => Promise<unknown>): Promise<void> {
  const streams = () => legacy.asked.filter(({ method }) => method === 'GET').length;
  const before = streams();
  await work();
  await until(async () => streams() > before);
}

/** What is said until it was heard: who listens may not be there yet. */
async function saidUntil(heard: () => boolean, say: () => unknown): Promise<void> {
  await until(async () => {
    if (!heard()) await say();
    return heard();
  });
}

describe('a client of 2025-11-25 at the endpoint', () => {
  test('gets a list that is longer than a page in pages, each item once', async () => {
    await using client = await oldClient();
    const names: string[] = [];
    let pages = 0;
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const page = await client.listTools(cursor === undefined ? {} : { cursor });
      assert.ok(page.tools.length <= 500);
      names.push(...page.tools.map(({ name }) => name));
      cursor = page.nextCursor;
      pages++;
    }
    assert.deepEqual([pages, new Set(names).size], [3, names.length]);
    assert.equal(names.filter((name) => name.startsWith('many__tool_')).length, 1_100);
    await assert.rejects(client.listTools({ cursor: 'bm93aGVyZQ' }), /leads nowhere/);
  });

  test('is asked for a completion by servers of either era', async () => {
    await using client = await oldClient({ sampling: {} });
    client.setRequestHandler(CreateMessageRequestSchema, () => COMPLETION);
    const there = await client.callTool({ name: 'legacy__complete' });
    assert.deepEqual(there.content, [{ type: 'text', text: 'Paris' }]);
    const modern = await client.callTool({ name: 'both__test_input_required_result_sampling' });
    assert.match(JSON.stringify(modern.content), /Paris/);
  });

  test('hears what servers log, from the level on that it asked for', async () => {
    await using client = await oldClient();
    const heard: unknown[] = [];
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void heard.push(params.data));
    await listenedTo(() => client.setLoggingLevel('error'));
    await saidUntil(
      () => heard.length > 0,
      () => client.callTool({ name: 'legacy__log' }),
    );
    assert.deepEqual([...new Set(heard)], ['much']);
  });

  test('hears of resources that it subscribed to, at servers of either era, until it wants no more', async () => {
    await using client = await oldClient();
    const heard = new Set<string>();
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void heard.add(params.uri));
    await listenedTo(() => client.subscribeResource({ uri: NOTE }));
    assert.deepEqual([...legacy.subscribed], ['test://note']);
    await client.subscribeResource({ uri: WATCHED });
    await saidUntil(
      () => heard.has(NOTE) && heard.has(WATCHED),
      async () => {
        both.updated('test://watched-resource');
        await legacy.updated('test://note');
      },
    );
    await client.unsubscribeResource({ uri: NOTE });
    await client.unsubscribeResource({ uri: WATCHED });
    assert.deepEqual([...legacy.subscribed], []);
    assert.deepEqual([...heard].sort(), [WATCHED, NOTE].sort());
  });

  test('has a call that waits for people as a task, under the name of its server', async () => {
    await using client = await oldClient();
    const { tools } = await client.listTools();
    const add = tools.find(({ name }) => name === 'legacy__add');
    assert.equal(add?.execution?.taskSupport, 'optional');
    const asked = approvals.asked.length;
    const call = { name: 'legacy__add', arguments: { a: 2, b: 3 } };
    const seen: string[] = [];
    for await (const message of client.experimental.tasks.callToolStream(call, undefined, { task: {} })) {
      if (message.type === 'taskCreated') {
        assert.match(message.task.taskId, /^legacy__chaperone-/);
        (await approvals.nth(asked)).approve();
      }
      if (message.type === 'result') assert.deepEqual(message.result['content'], [{ type: 'text', text: '5' }]);
      if (message.type !== 'taskStatus') seen.push(message.type);
    }
    assert.deepEqual(seen, ['taskCreated', 'result']);
    const { tasks } = await client.experimental.tasks.listTasks();
    assert.deepEqual(
      tasks.map(({ taskId, status }) => [taskId.startsWith('legacy__'), status]),
      [[true, 'completed']],
    );
  });

  test('answers what was asked, and nothing else', async () => {
    const reply = await fetch(endpoint(), {
      method: 'POST',
      headers: { ...headersOf(grant), 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
      }),
    });
    const session = reply.headers.get('mcp-session-id') ?? '';
    await reply.body?.cancel();
    const answered = await fetch(endpoint(), {
      method: 'POST',
      headers: { ...headersOf(grant), 'content-type': 'application/json', 'mcp-session-id': session },
      body: JSON.stringify({ jsonrpc: '2.0', id: 'chaperone-1', result: {} }),
    });
    assert.equal(answered.status, 400);
    assert.match(await answered.text(), /answers nothing that was asked/);
  });
});

describe('a client of 2026-07-28 at the endpoint', () => {
  test('hears of resources and lists of servers of either era, until it closes its subscription', async () => {
    await using client = await newClient();
    const heard = new Set<string>();
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => void heard.add(params.uri));
    client.setNotificationHandler('notifications/tools/list_changed', () => void heard.add('tools'));
    const wanted = { resourceSubscriptions: [NOTE, WATCHED], toolsListChanged: true };
    const subscription = await client.listen(wanted);
    await until(async () => legacy.subscribed.has('test://note'));
    await saidUntil(
      () => heard.size === 3,
      async () => {
        both.updated('test://watched-resource');
        await legacy.updated('test://note');
        await client.callTool({ name: 'both__test_trigger_tool_change', arguments: {} });
      },
    );
    await subscription.close();
    await until(async () => legacy.subscribed.size === 0);
  });

  test('is not asked by a server of an older era, which knows that it cannot be', async () => {
    await using client = await newClient({ elicitation: { form: {} }, sampling: {} });
    const { isError, content } = await client.callTool({ name: 'legacy__ask', arguments: {} });
    assert.equal(isError, true);
    assert.match(JSON.stringify(content), /does not support.*elicitation/);
  });

  test('has a call that waits for people as a task, under the name of its server', async () => {
    const ask = async (method: string, params: Readonly<Record<string, unknown>>, name: string) => {
      const _meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
      };
      const reply = await fetch(endpoint(), {
        method: 'POST',
        headers: {
          ...headersOf(grant),
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': method,
          'mcp-name': name,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } }),
      });
      const { result } = (await reply.json()) as { result: Readonly<Record<string, string>> & { result: object } };
      return result;
    };
    const asked = approvals.asked.length;
    const made = await ask('tools/call', { name: 'both__test_simple_text', arguments: {} }, 'both__test_simple_text');
    assert.deepEqual([made['resultType'], made['status']], ['task', 'working']);
    const { taskId = '' } = made;
    assert.match(taskId, /^both__chaperone-/);
    (await approvals.nth(asked)).approve();
    await until(async () => (await ask('tasks/get', { taskId }, taskId))['status'] === 'completed');
    const { result } = await ask('tasks/get', { taskId }, taskId);
    assert.match(JSON.stringify(result), /This is a simple text response/);
  });
});

test('what listens ends with its grant, in either era', async () => {
  const own = await gateway.grant();
  await using client = await newClient({}, own);
  const subscription = await client.listen({ toolsListChanged: true });
  await using old = await oldClient({}, own);
  const session = (old.transport as LegacyTransport).sessionId ?? '';
  await old.listTools();
  const headers = { ...headersOf(own), 'mcp-session-id': session, accept: 'text/event-stream' };
  const stream = await fetch(endpoint(), { headers });
  assert.equal(stream.status, 200);
  gateway.revoke(own);
  assert.equal(await subscription.closed, 'graceful');
  // Its end, and not a fault.
  await stream.text();
});
