/** How official clients meet a call that waits for people, by what each of them can: page, stream, and the call made again. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { UrlElicitationRequiredError } from '@modelcontextprotocol/sdk/types.js';
import { FakeApprovals } from '../../../test/support/fake-approvals.ts';
import { PERMIT_ALL } from '../../../test/support/gateway.ts';
import { NEW, startScriptedWorld, type World } from '../../../test/support/mcp/scripted-world.ts';
import type { Policy } from '../../policy/policy.ts';

const ASKS = { group: 'dba', quorum: 1, withinMs: 60_000, allowActor: false, measureRows: false, showText: false };
const ON_CALLS: readonly Policy[] = [
  { ...PERMIT_ALL, operations: ['read', 'admin'] },
  { ...PERMIT_ALL, name: 'asks', operations: ['tools/call'], approve: ASKS },
];
const CALL = { name: 'add', arguments: { n: 1 } };
const DONE = [{ type: 'text', text: 'done' }];

async function open() {
  const approvals = new FakeApprovals();
  const world = await startScriptedWorld({
    approvals,
    policies: ON_CALLS,
    script: ({ message }) => {
      if (message?.method === 'server/discover') return { supportedVersions: [NEW], capabilities: { tools: {} } };
      return message?.method === 'tools/call' ? { resultType: 'complete', content: DONE } : undefined;
    },
  });
  return { world, approvals, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

/** Of 2025-11-25. */
async function oldClient({ url, authorization }: World, capabilities = {}, headers: Record<string, string> = {}) {
  const client = new OldClient({ name: 'tests', version: '1' }, { capabilities });
  await client.connect(new OldTransport(new URL(url), { requestInit: { headers: { authorization, ...headers } } }));
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

describe('a call that waits for people', () => {
  test('shows its page to a person at a client of 2026-07-28, which then makes the call again by itself', async () => {
    await using it = await open();
    const { url, authorization, server } = it.world;
    const versionNegotiation = { mode: { pin: NEW } };
    const capabilities = { elicitation: { url: {} } };
    const client = new Client({ name: 'tests', version: '2' }, { versionNegotiation, capabilities });
    const shown: unknown[] = [];
    client.setRequestHandler('elicitation/create', ({ params }) => {
      shown.push(params.mode, params.mode === 'url' ? params.url : '');
      it.approvals.asked[0]?.approve();
      return { action: 'accept' };
    });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { authorization } } }),
    );
    try {
      assert.deepEqual((await client.callTool(CALL)).content, DONE);
    } finally {
      await client.close();
    }
    assert.deepEqual(shown, ['url', `https://gateway.test/approvals/${it.approvals.asked[0]?.id}`]);
    assert.equal(server.of('tools/call').length, 1);
  });

  test('shows its page to a client of 2025-11-25 by the error that it knows, and the call made again passes', async () => {
    await using it = await open();
    await using client = await oldClient(it.world, { elicitation: { url: {} } });
    const refused = await client.callTool(CALL).catch((fault: unknown) => fault);
    assert.ok(refused instanceof UrlElicitationRequiredError);
    assert.match(refused.elicitations[0]?.url ?? '', /\/approvals\/apr_/);
    it.approvals.asked[0]?.approve();
    assert.deepEqual((await client.callTool(CALL)).content, DONE);
  });

  test('keeps the stream of one that can do neither open, and reports that it waits', async () => {
    await using it = await open();
    await using client = await oldClient(it.world);
    const told: unknown[] = [];
    const called = client.callTool(CALL, undefined, { onprogress: ({ message }) => told.push(message) });
    (await it.approvals.nth(0)).approve();
    assert.deepEqual((await called).content, DONE);
    assert.match(String(told[0]), /^Waiting for people to approve this at https:/);
  });

  test('is a result with its approval to one that does not wait, and the call made again passes once', async () => {
    await using it = await open();
    await using client = await oldClient(it.world, {}, { prefer: 'wait=0' });
    const first = await client.callTool(CALL);
    assert.equal(first.isError, true);
    assert.match(JSON.stringify(first.content), /approval-pending/);
    it.approvals.asked[0]?.approve();
    assert.deepEqual((await client.callTool(CALL)).content, DONE);
    assert.equal((await client.callTool(CALL)).isError, true);
    assert.equal(it.world.server.of('tools/call').length, 1);
  });
});
