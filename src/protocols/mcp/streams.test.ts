import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { FakeApprovals } from '../../../test/support/fake-approvals.ts';
import type { Asked } from '../../../test/support/mcp/scripted-server.ts';
import { NEW, OLD, said, startScriptedWorld, TOOLS } from '../../../test/support/mcp/scripted-world.ts';
import { until } from '../../../test/support/until.ts';

const event = (message: object, id = ''): string => `${id}data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;

describe('the stream of a session', () => {
  test('passes what it resumes from, what the server notes, and lists that it sends again as they may be seen', async () => {
    await using world = await startScriptedWorld({
      standings: new Map([['wipe', 'rejected']]),
      script: ({ method, headers }, response) => {
        if (method !== 'GET') return undefined;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(
          `retry: 500\n\n${event({ method: 'notifications/message', params: { data: String(headers['last-event-id']) } }, 'id: 8\n')}`,
        );
        response.end(event({ id: 1, result: { tools: TOOLS } }, 'id: 9\n'));
        return 'answered';
      },
    });
    await world.ask('tools/list');
    const reply = await fetch(world.url, {
      headers: { authorization: world.authorization, accept: 'text/event-stream', 'last-event-id': '7' },
    });
    assert.equal(reply.headers.get('content-type'), 'text/event-stream');
    const text = await reply.text();
    assert.match(text, /^retry: 500\n\nid: 8\ndata: .*"data":"7"/);
    assert.match(text, /id: 9\ndata: .*"add"/);
    assert.ok(!text.includes('"wipe"'));
  });

  test('is ended by DELETE, which the server hears', async () => {
    await using world = await startScriptedWorld();
    const opened = await world.ask('initialize', {});
    const session = opened.headers.get('mcp-session-id') ?? '';
    const headers = { authorization: world.authorization, 'mcp-session-id': session };
    await fetch(world.url, { method: 'DELETE', headers });
    const last = world.server.asked.at(-1);
    assert.deepEqual([last?.method, last?.headers['mcp-session-id']], ['DELETE', 'server-session']);
  });

  test('that says that tools have changed makes the gateway look again before the next call', async () => {
    const notice = event({ method: 'notifications/tools/list_changed' });
    await using world = await startScriptedWorld({
      script: ({ message }, response) => {
        if (message?.method !== 'tools/call' || message.params?.['name'] !== 'wipe') return undefined;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(notice + event({ id: message.id, result: { content: [{ type: 'text', text: 'done' }] } }));
        return 'answered';
      },
    });
    await world.call('add', {});
    await world.call('add', {});
    assert.equal(world.server.of('tools/list').length, 1);
    await world.call('wipe', {});
    await world.call('add', {});
    assert.equal(world.server.of('tools/list').length, 2);
  });
});

test('a client that closes its stream cancels its call at the server, and the record says so', async () => {
  let closed = false;
  await using world = await startScriptedWorld({
    script: ({ message }, response) => {
      if (message?.method !== 'tools/call') return undefined;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(event({ method: 'notifications/progress', params: { progressToken: 'p', progress: 1 } }));
      response.on('close', () => (closed = true));
      return 'answered';
    },
  });
  const leaving = new AbortController();
  const reply = await fetch(world.url, {
    method: 'POST',
    signal: leaving.signal,
    headers: { authorization: world.authorization, 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'add', arguments: {} } }),
  });
  await reply.body?.getReader().read();
  leaving.abort();
  await until(async () => closed);
  await until(async () => /"status":"cancelled"/.test(await said(world.gateway)));
});

describe('a task', () => {
  const tasks = ({ message }: Asked, _response: ServerResponse): Readonly<Record<string, unknown>> | undefined => {
    if (message?.method === 'tools/call') return { task: { taskId: 'server-task', status: 'working' } };
    if (message?.method === 'tasks/get') return { taskId: message.params?.['taskId'], status: 'completed' };
    if (message?.method === 'tasks/list') return { tasks: [{ taskId: 'server-task', status: 'completed' }] };
    return undefined;
  };

  test("has an id of the gateway's, the same each time, which no other run can use", async () => {
    await using world = await startScriptedWorld({ script: tasks });
    const made = JSON.parse((await world.call('add', {})).text).result.task.taskId as string;
    assert.ok(made.length > 40);
    const listed = JSON.parse((await world.ask('tasks/list')).text);
    assert.equal(listed.result.tasks[0].taskId, made);
    const known = JSON.parse((await world.ask('tasks/get', { taskId: made })).text);
    assert.equal(known.result.taskId, made);
    assert.equal(world.server.of('tasks/get')[0]?.params?.['taskId'], 'server-task');
    const raw = await world.ask('tasks/get', { taskId: 'server-task' });
    assert.equal(raw.body.error.code, -32602);
    const { user, password } = await world.gateway.grant();
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tasks/get', params: { taskId: made } });
    const stranger = await world.post(text, { authorization: `Bearer ${user}.${password}` });
    assert.equal(stranger.body.error.code, -32602);
    assert.equal(world.server.of('tasks/get').length, 1);
  });
});

test('what a server asks for in the middle of a call of the new era is not permitted unless a rule says so', async () => {
  const inputRequests = { one: { method: 'elicitation/create', params: { mode: 'form', message: 'Your password?' } } };
  await using world = await startScriptedWorld({
    policies: [{ name: 'calls', principals: 'any', targets: 'any', operations: ['read', 'write'], effect: 'permit' }],
    script: ({ message }) =>
      message?.method === 'tools/call' ? { resultType: 'input_required', inputRequests, requestState: 's' } : undefined,
  });
  const { text, body } = await world.call('add', {}, NEW);
  assert.ok(!text.includes('password'));
  assert.equal(body.result.isError, true);
  assert.match(text, /the server asks its client for elicitation\/create, which is not permitted/);
});

test('a call that waits for people is taken back by its client, and never reaches the server', async () => {
  const approvals = new FakeApprovals();
  const asks = { group: 'dba', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false };
  const anybody = { principals: 'any', targets: 'any', effect: 'permit' } as const;
  await using world = await startScriptedWorld({
    approvals,
    policies: [
      { ...anybody, name: 'reads', operations: ['read'] },
      { ...anybody, name: 'asks', operations: ['tools/call'], approve: asks },
    ],
  });
  const called = assert.rejects(world.call('add', {}));
  await until(async () => approvals.asked.length > 0);
  const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
  // By another run it is nobody's.
  const { user, password } = await world.gateway.grant();
  await world.post(JSON.stringify(cancelled), { authorization: `Bearer ${user}.${password}` });
  assert.equal(approvals.asked[0]?.cancelledBecause, undefined);
  await world.post(JSON.stringify(cancelled));
  await until(async () => approvals.asked[0]?.cancelledBecause !== undefined);
  await called;
  assert.equal(world.server.of('tools/call').length, 0);
});

test('a server is not told of what its client can do that no rule lets it ask for', async () => {
  const anybody = { principals: 'any', targets: 'any', effect: 'permit' } as const;
  await using world = await startScriptedWorld({
    policies: [
      { ...anybody, name: 'calls', operations: ['read', 'write'] },
      { ...anybody, name: 'roots', mcp: { from: ['server'], methods: ['roots/list'] } },
    ],
  });
  const capabilities = { sampling: {}, elicitation: { form: {} }, roots: {}, experimental: { x: {} } };
  await world.ask('initialize', { protocolVersion: OLD, capabilities });
  assert.deepEqual(world.server.of('initialize')[0]?.params?.['capabilities'], { roots: {}, experimental: { x: {} } });
  const tasks = { requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } };
  await world.ask('initialize', { protocolVersion: OLD, capabilities: { tasks } });
  assert.deepEqual(world.server.of('initialize')[1]?.params?.['capabilities'], { tasks: { requests: {} } });
  await world.call('add', {}, NEW, {}, { elicitation: true });
  const [call] = world.server.of('tools/call');
  assert.deepEqual(call?.params?.['_meta'], {
    'io.modelcontextprotocol/protocolVersion': NEW,
    'io.modelcontextprotocol/clientCapabilities': {},
  });
});
