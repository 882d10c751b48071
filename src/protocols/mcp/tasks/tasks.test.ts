/** Calls that wait for people and go on as tasks, in the words of both revisions. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { FakeApprovals } from '../../../../test/support/fake-approvals.ts';
import { PERMIT_ALL } from '../../../../test/support/gateway.ts';
import { NEW, OLD, said, startScriptedWorld, type World } from '../../../../test/support/mcp/scripted-world.ts';
import { until } from '../../../../test/support/until.ts';
import type { Policy } from '../../../policy/policy.ts';

const ASKS = { group: 'dba', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false };
const ON_CALLS: readonly Policy[] = [
  { ...PERMIT_ALL, operations: ['read', 'admin', 'tasks/cancel', 'tasks/update'] },
  { ...PERMIT_ALL, name: 'asks', operations: ['tools/call'], approve: ASKS },
];
const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

interface Task {
  readonly taskId: string;
  readonly status: string;
  readonly statusMessage: string;
  readonly ttl: number | null;
  readonly ttlMs: number | null;
  readonly resultType: string;
  readonly result: { readonly content: readonly [{ readonly text: string }]; readonly isError?: boolean };
  readonly error: { readonly code: number };
}

interface Told {
  readonly result: Task & {
    readonly task: Task;
    readonly tasks: readonly Task[];
    readonly content: readonly [{ readonly text: string }];
    readonly capabilities: { readonly tasks: object; readonly extensions: object };
    readonly tools: readonly { readonly name: string; readonly execution?: object }[];
    readonly _meta: Readonly<Record<string, unknown>>;
  };
  readonly error: { readonly code: number; readonly message: string; readonly data: Readonly<Record<string, unknown>> };
}

async function open(options: Parameters<typeof startScriptedWorld>[0] = {}) {
  const approvals = new FakeApprovals();
  const world = await startScriptedWorld({ approvals, policies: ON_CALLS, ...options });
  const told = (reply: { readonly text: string }): Told => JSON.parse(reply.text) as Told;
  return {
    world,
    approvals,
    /** In the words of 2025-11-25. */
    call: async (name = 'add', task: object | undefined = {}) =>
      told(await world.call(name, { n: 1 }, OLD, {}, { more: { task } })),
    ask: async (method: string, params: object) => told(await world.ask(method, params)),
    /** Of 2026-07-28, by a client that knows tasks. */
    modern: async (method: string, params: Readonly<Record<string, unknown>>, capabilities: object = TASKS) =>
      told(await modern(world, method, params, capabilities)),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

function modern(world: World, method: string, params: Readonly<Record<string, unknown>>, capabilities: object) {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': NEW,
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  };
  const { name: tool, taskId = '' } = params as { readonly name?: string; readonly taskId?: string };
  const named = tool ?? taskId;
  const asked = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } });
  const name = named === '' ? undefined : { 'mcp-name': named };
  return world.post(asked, { 'mcp-protocol-version': NEW, 'mcp-method': method, ...name });
}

/** A call for a task on a connection of its own, which is closed before this resolves. */
async function postOnce({ url, authorization }: World): Promise<string> {
  const params = { name: 'add', arguments: { n: 1 }, task: {} };
  const headers = { authorization, 'content-type': 'application/json', 'mcp-protocol-version': OLD };
  const asked = request(url, { method: 'POST', headers, agent: false });
  asked.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }));
  const [reply] = (await once(asked, 'response')) as [IncomingMessage];
  const said = await text(reply);
  asked.destroy();
  if (!reply.socket.closed) await once(reply.socket, 'close');
  return said;
}

describe('a call that waits for people, as a task of 2025-11-25', () => {
  test('is answered at once, asks once, runs once, and has its masked result', async () => {
    const secret = 'it is ada@planted.test';
    await using it = await open({
      policies: ON_CALLS.map((policy) => ({ ...policy, mask: ['email'] })),
      script: ({ message }) =>
        message?.method === 'tools/call' ? { content: [{ type: 'text', text: secret }], isError: false } : undefined,
    });
    const { task } = (await it.call()).result;
    const { id } = await it.approvals.nth(0);
    assert.equal(task.status, 'working');
    assert.match(task.statusMessage, new RegExp(`people of dba to approve this call: ${id}, at http`));
    assert.ok(task.ttl !== null && task.ttl > 60_000);
    assert.equal((await it.ask('tasks/get', { taskId: task.taskId })).result.status, 'working');
    assert.equal(it.world.server.of('tools/call').length, 0);
    const result = it.ask('tasks/result', { taskId: task.taskId });
    it.approvals.asked[0]?.approve();
    const { content, _meta } = (await result).result;
    assert.deepEqual(content, [{ type: 'text', text: 'it is [redacted]' }]);
    assert.deepEqual(_meta['io.modelcontextprotocol/related-task'], { taskId: task.taskId });
    assert.equal((await it.ask('tasks/get', { taskId: task.taskId })).result.status, 'completed');
    const [sent, ...more] = it.world.server.of('tools/call');
    assert.deepEqual([sent?.params, more], [{ name: 'add', arguments: { n: 1 } }, []]);
    assert.ok(!(await said(it.world.gateway)).includes('ada@planted.test'));
    const listed = await it.ask('tasks/list', {});
    assert.deepEqual(
      listed.result.tasks.map(({ taskId, status }) => [taskId, status]),
      [[task.taskId, 'completed']],
    );
  });

  test('fails in the words of who denied it, and of nobody who answered', async () => {
    await using it = await open();
    const { task } = (await it.call()).result;
    (await it.approvals.nth(0)).deny('not on Friday');
    const denied = await it.ask('tasks/result', { taskId: task.taskId });
    assert.match(denied.result.content[0].text, /denied .* not on Friday \(approval-denied/);
    assert.equal((await it.ask('tasks/get', { taskId: task.taskId })).result.status, 'failed');
    const other = (await it.call('wipe')).result.task;
    (await it.approvals.nth(1)).expire();
    const expired = await it.ask('tasks/result', { taskId: other.taskId });
    assert.match(expired.result.content[0].text, /approval-expired/);
    assert.equal(it.world.server.of('tools/call').length, 0);
    assert.deepEqual(it.world.gateway.faults, []);
  });

  test('is cancelled by its client once, which people see, and is not forwarded', async () => {
    await using it = await open();
    const { taskId } = (await it.call()).result.task;
    const approval = await it.approvals.nth(0);
    const cancelled = await it.ask('tasks/cancel', { taskId });
    assert.equal(cancelled.result.status, 'cancelled');
    await until(async () => approval.cancelledBecause !== undefined);
    assert.equal((await it.ask('tasks/cancel', { taskId })).error.code, -32602);
    const { result } = await it.ask('tasks/result', { taskId });
    assert.match(result.content[0].text, /cancelled this call/);
    assert.equal(it.world.server.of('tools/call').length, 0);
  });

  test("is unknown to another run, and ends with its own run's grant", async () => {
    await using it = await open();
    const { taskId } = (await it.call()).result.task;
    const approval = await it.approvals.nth(0);
    const other = await it.world.gateway.grant();
    const asked = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tasks/get', params: { taskId } });
    const stranger = await it.world.post(asked, { authorization: `Bearer ${other.user}.${other.password}` });
    assert.equal(stranger.body.error.code, -32602);
    const [id = ''] = it.world.authorization.slice('Bearer '.length).split('.');
    it.world.gateway.live.endGrant(id as never);
    await until(async () => approval.cancelledBecause !== undefined);
    approval.approve();
    assert.equal(it.world.server.of('tools/call').length, 0);
  });

  test('goes on when its connection is gone', async () => {
    await using it = await open();
    const { taskId } = JSON.parse(await postOnce(it.world)).result.task as Task;
    // Who comes by another connection comes after the end of that one.
    assert.equal((await it.ask('tasks/get', { taskId })).result.status, 'working');
    (await it.approvals.nth(0)).approve();
    const { result } = await it.ask('tasks/result', { taskId });
    assert.equal(result.content[0].text, 'done');
  });

  test('ends with its gateway, which leaves its approval to the call made again; no other gateway knows it', async () => {
    await using it = await open();
    const { taskId } = (await it.call()).result.task;
    const approval = await it.approvals.nth(0);
    await it.world.gateway.stop();
    assert.deepEqual([approval.left, approval.cancelledBecause], [true, undefined]);
    await using next = await open();
    assert.equal((await next.ask('tasks/get', { taskId })).error.code, -32602);
  });

  test('runs at once where nobody need approve it, though its server knows no tasks', async () => {
    const some: readonly Policy[] = [
      { ...PERMIT_ALL, operations: ['read', 'write'] },
      { ...PERMIT_ALL, name: 'asks', mcp: { tools: ['add'], arguments: { n: ['2'] } }, approve: ASKS },
    ];
    await using it = await open({ policies: some });
    const { task } = (await it.call()).result;
    assert.equal(task.status, 'working');
    assert.equal((await it.ask('tasks/result', { taskId: task.taskId })).result.content[0].text, 'done');
    assert.deepEqual(it.approvals.asked, []);
  });

  test('becomes that of a server that makes tasks itself, under the id that its client knows', async () => {
    const execution = { taskSupport: 'required' };
    await using it = await open({
      tools: () => [{ name: 'add', inputSchema: { type: 'object' }, execution }],
      script: ({ message }) => {
        if (message?.method === 'tools/call') return { task: { taskId: 'theirs', status: 'working', ttl: 1 } };
        if (message?.method !== 'tasks/get') return undefined;
        return { taskId: message.params?.['taskId'], status: 'completed' };
      },
    });
    const { taskId } = (await it.call()).result.task;
    (await it.approvals.nth(0)).approve();
    await until(async () => it.world.server.of('tools/call').length > 0);
    await until(async () => (await it.ask('tasks/get', { taskId })).result.status === 'completed');
    assert.deepEqual(it.world.server.of('tools/call')[0]?.params?.['task'], {});
    assert.equal(it.world.server.of('tasks/get')[0]?.params?.['taskId'], 'theirs');
    assert.equal((await it.ask('tasks/get', { taskId })).result.taskId, taskId);
  });

  test('is as many as may be, and the next one is refused in words that its client takes', async () => {
    await using it = await open({ limits: { maxMcpTasksOfRun: 1 } });
    const { taskId } = (await it.call()).result.task;
    const refused = await it.call('wipe');
    assert.match(refused.error.message, /as many tasks under way/);
    await it.ask('tasks/cancel', { taskId });
    assert.equal((await it.call('wipe')).result.task.status, 'working');
    assert.equal((await it.ask('tasks/get', { taskId })).error.code, -32602);
  });

  test('is forgotten some time after its end', async () => {
    await using it = await open({ limits: { mcpTaskKeptMs: 0 } });
    const { taskId } = (await it.call()).result.task;
    (await it.approvals.nth(0)).deny();
    await until(async () => (await it.ask('tasks/get', { taskId })).error?.code === -32602);
  });

  test('is told of where calls may wait, and nowhere else', async () => {
    await using it = await open();
    const greeted = await it.ask('initialize', { protocolVersion: OLD, capabilities: {} });
    assert.deepEqual(greeted.result.capabilities.tasks, { list: {}, cancel: {}, requests: { tools: { call: {} } } });
    const { tools } = (await it.ask('tools/list', {})).result;
    assert.deepEqual(
      tools.map(({ name, execution }) => [name, execution]),
      [
        ['add', { taskSupport: 'optional' }],
        ['wipe', { taskSupport: 'optional' }],
      ],
    );
    const found = await it.modern('server/discover', {});
    assert.deepEqual(found.result.capabilities.extensions, { 'io.modelcontextprotocol/tasks': {} });
    await using plain = await open({ policies: [PERMIT_ALL] });
    const bare = await plain.ask('initialize', { protocolVersion: OLD, capabilities: {} });
    assert.equal(bare.result.capabilities.tasks, undefined);
    assert.equal((await plain.ask('tools/list', {})).result.tools[0]?.execution, undefined);
    // A client that asks for a task all the same has its call answered as its server does.
    assert.equal((await plain.call()).result.content[0].text, 'done');
  });

  test('is used by the official client as its own', async () => {
    await using it = await open({ limits: { mcpTaskPollMs: 20 } });
    const client = new Client({ name: 'tests', version: '1' });
    const { authorization } = it.world;
    await client.connect(
      new StreamableHTTPClientTransport(new URL(it.world.url), { requestInit: { headers: { authorization } } }),
    );
    try {
      const { tools } = await client.listTools();
      assert.equal(tools[0]?.execution?.taskSupport, 'optional');
      const seen: string[] = [];
      const call = { name: 'add', arguments: { n: 1 } };
      for await (const message of client.experimental.tasks.callToolStream(call, undefined, { task: {} })) {
        if (message.type === 'taskCreated') (await it.approvals.nth(0)).approve();
        if (message.type !== 'taskStatus') seen.push(message.type);
        if (message.type === 'result') assert.deepEqual(message.result['content'], [{ type: 'text', text: 'done' }]);
      }
      assert.deepEqual(seen, ['taskCreated', 'result']);
    } finally {
      await client.close();
    }
  });
});

describe('a call that waits for people, as a task of 2026-07-28', () => {
  test('is answered at once to a client that knows tasks, and its result stands in the task', async () => {
    await using it = await open();
    const made = (await it.modern('tools/call', { name: 'add', arguments: {} })).result;
    assert.deepEqual([made.resultType, made.status], ['task', 'working']);
    assert.match(made.statusMessage, /people of dba/);
    (await it.approvals.nth(0)).approve();
    const { taskId } = made;
    await until(async () => (await it.modern('tasks/get', { taskId })).result.status === 'completed');
    const { result } = await it.modern('tasks/get', { taskId });
    assert.deepEqual([result.resultType, result.result.content[0].text], ['complete', 'done']);
    assert.equal((await it.modern('tasks/update', { taskId, inputResponses: {} })).result.resultType, 'complete');
  });

  test('says who denied it in a result, as no error of the protocol', async () => {
    await using it = await open();
    const { taskId } = (await it.modern('tools/call', { name: 'add', arguments: {} })).result;
    (await it.approvals.nth(0)).deny('no');
    await until(async () => (await it.modern('tasks/get', { taskId })).result.status === 'completed');
    const { result } = await it.modern('tasks/get', { taskId });
    assert.equal(result.result.isError, true);
    assert.match(result.result.content[0].text, /approval-denied/);
  });

  test('is cancelled, and only asked about by who says that tasks are known', async () => {
    await using it = await open();
    const { taskId } = (await it.modern('tools/call', { name: 'add', arguments: {} })).result;
    const unsaid = await it.modern('tasks/get', { taskId }, {});
    assert.equal(unsaid.error.code, -32021);
    assert.deepEqual(unsaid.error.data, { requiredCapabilities: TASKS });
    const approval = await it.approvals.nth(0);
    assert.equal((await it.modern('tasks/cancel', { taskId })).result.resultType, 'complete');
    assert.equal((await it.modern('tasks/get', { taskId })).result.status, 'cancelled');
    await until(async () => approval.cancelledBecause !== undefined);
  });

  test('comes before the page where people answer; who knows neither waits', async () => {
    await using it = await open();
    const both = await it.modern('tools/call', { name: 'add', arguments: {} }, { ...TASKS, elicitation: { url: {} } });
    assert.equal(both.result.resultType, 'task');
    const page = await it.modern('tools/call', { name: 'wipe', arguments: {} }, { elicitation: { url: {} } });
    assert.equal(page.result.resultType, 'input_required');
    const waits = it.world.call('add', { n: 3 }, NEW);
    (await it.approvals.nth(2)).approve();
    assert.match((await waits).text, /"text":"done"/);
  });

  test('asks nothing of its client while it runs, and says so', async () => {
    const inputRequests = { one: { method: 'elicitation/create', params: { mode: 'form', message: 'Who?' } } };
    await using it = await open({
      script: ({ message }) =>
        message?.method === 'tools/call' ? { resultType: 'input_required', inputRequests } : undefined,
    });
    const { taskId } = (await it.modern('tools/call', { name: 'add', arguments: {} })).result;
    (await it.approvals.nth(0)).approve();
    await until(async () => (await it.modern('tasks/get', { taskId })).result.status === 'completed');
    assert.match((await it.modern('tasks/get', { taskId })).result.result.content[0].text, /goes on as a task/);
  });
});
