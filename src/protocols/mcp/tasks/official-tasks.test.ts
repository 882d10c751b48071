/** The official client of the tasks extension (2026-07-28) at a call that waits for people. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import {
  createTaskSessionFromClient,
  type RawClientDispatch,
  resultFromTaskOutcome,
} from '@modelcontextprotocol/ext-tasks/client';
import type { JsonValue } from '@modelcontextprotocol/ext-tasks/core';
import { FakeApprovals } from '../../../../test/support/fake-approvals.ts';
import { PERMIT_ALL } from '../../../../test/support/gateway.ts';
import { NEW, startScriptedWorld, TOOLS } from '../../../../test/support/mcp/scripted-world.ts';

const ASKS = { group: 'dba', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false };
const DONE = [{ type: 'text', text: 'done' }];
const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
const INFO = { name: 'tests', version: '2' };

interface Reply {
  readonly result?: JsonValue;
  readonly error?: { readonly code: number; readonly message: string };
}

test('the official client of the tasks extension has its call as a task, and its result', async () => {
  const approvals = new FakeApprovals();
  await using world = await startScriptedWorld({
    approvals,
    limits: { mcpTaskPollMs: 20 },
    policies: [
      { ...PERMIT_ALL, operations: ['read', 'admin', 'tasks/cancel'] },
      { ...PERMIT_ALL, name: 'asks', operations: ['tools/call'], approve: ASKS },
    ],
    script: ({ message }) => {
      if (message?.method === 'server/discover')
        return { resultType: 'complete', supportedVersions: [NEW], capabilities: { tools: {} } };
      if (message?.method === 'tools/list')
        return { resultType: 'complete', tools: TOOLS, ttlMs: 1_000, cacheScope: 'private' };
      return message?.method === 'tools/call' ? { resultType: 'complete', content: DONE } : undefined;
    },
  });
  // The client has no way of its own for results of extensions, so its host brings them.
  const rawDispatch: RawClientDispatch = async (request) => {
    const { method, params } = request as {
      readonly method: string;
      readonly params: Readonly<Record<string, string>>;
    };
    const { text } = await world.post(JSON.stringify({ jsonrpc: '2.0', id: 1, ...(request as object) }), {
      'mcp-protocol-version': NEW,
      'mcp-method': method,
      'mcp-name': params['name'] ?? params['taskId'] ?? '',
    });
    const { result, error } = JSON.parse(text) as Reply;
    return error === undefined ? { kind: 'result', result: result ?? null } : { kind: 'error', error };
  };
  const client = new Client(INFO, { versionNegotiation: { mode: { pin: NEW } }, capabilities: TASKS });
  const requestInit = { headers: { authorization: world.authorization } };
  await client.connect(new StreamableHTTPClientTransport(new URL(world.url), { requestInit }));
  const session = createTaskSessionFromClient(client, {
    endpointId: 'tests',
    rawDispatch,
    v2RequestFraming: { protocolVersion: NEW, clientInfo: INFO, clientCapabilities: TASKS },
  });
  try {
    const execution = await session.callTool('add', { n: 1 });
    (await approvals.nth(0)).approve();
    const { outcome } = await execution.settle();
    assert.deepEqual(resultFromTaskOutcome(outcome).content, DONE);
    assert.equal(world.server.of('tools/call').length, 1);
    const denied = await session.callTool('add', { n: 2 });
    (await approvals.nth(1)).deny('not today');
    const told = resultFromTaskOutcome((await denied.settle()).outcome);
    assert.equal(told.isError, true);
    assert.match(JSON.stringify(told.content), /not today/);
  } finally {
    await session.close();
    await client.close();
  }
});
