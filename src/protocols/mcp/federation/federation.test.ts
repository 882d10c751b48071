import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import type { TestGateway } from '../../../../test/support/gateway.ts';
import { type EverythingServer, startEverything } from '../../../../test/support/mcp/everything-server.ts';
import { type LegacyServer, LONG_NAME, startLegacyServer } from '../../../../test/support/mcp/legacy-server.ts';
import { mcpTarget, startMcpGateway } from '../../../../test/support/mcp/mcp-gateway.ts';
import { until } from '../../../../test/support/until.ts';
import { Secret } from '../../../model/secret.ts';
import { resourceMetadata } from '../authorization/resource-metadata.ts';
import { Federation } from './federation.ts';

let gateway: TestGateway;
let both: EverythingServer;
let legacy: LegacyServer;
let bearer: string;

before(async () => {
  [both, legacy] = await Promise.all([startEverything(), startLegacyServer()]);
  const credential = { user: '', http: { kind: 'bearer', token: new Secret('target-token') } } as const;
  const server = (name: string, port: number) => mcpTarget(name, { kind: 'http', path: '/mcp' }, port, credential);
  const targets = [server('both', both.port), server('legacy', legacy.port), server('down', 1)];
  gateway = await startMcpGateway({
    targets,
    http: {
      places: {
        domains: ['localhost'],
        byHost: () => undefined,
        own: [resourceMetadata({ issuer: () => 'https://api.test' }), new Federation({ nowMs: Date.now })],
      },
    },
  });
  const { user, password } = await gateway.grant();
  bearer = `Bearer ${user}.${password}`;
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await Promise.all([both[Symbol.asyncDispose](), legacy[Symbol.asyncDispose]()]);
});

const endpoint = () => new URL(`http://127.0.0.1:${gateway.port}/mcp`);
const requestInit = () => ({ headers: { authorization: bearer } });

/** Until the server of sessions has a stream that it did not have before. */
async function listenedTo(work: () => Promise<unknown>): Promise<void> {
  const streams = () => legacy.asked.filter(({ method }) => method === 'GET').length;
  const before = streams();
  await work();
  await until(async () => streams() > before);
}

async function oldClient(capabilities = {}) {
  const client = new LegacyClient({ name: 'test', version: '1' }, { capabilities });
  const transport = new LegacyTransport(endpoint(), { requestInit: requestInit() });
  await client.connect(transport);
  return Object.assign(client, { end: () => transport.terminateSession().then(() => client.close()) });
}

async function newClient() {
  const client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities: {} },
  );
  await client.connect(new StreamableHTTPClientTransport(endpoint(), { requestInit: requestInit() }));
  return client;
}

describe('the endpoint to a client of 2025-11-25', () => {
  test('lists the tools of all servers under their names, and says which server is left out', async () => {
    const client = await oldClient();
    const { tools, _meta } = await client.listTools();
    const names = tools.map(({ name }) => name);
    assert.ok(names.includes('both__test_simple_text') && names.includes('legacy__add'));
    assert.deepEqual(names, [
      ...names.filter((name) => name.startsWith('both__')),
      ...names.filter((name) => name.startsWith('legacy__')),
    ]);
    assert.deepEqual(
      ((_meta?.['chaperone/leftOut'] ?? []) as { target: string }[]).map(({ target }) => target),
      ['down'],
    );
    assert.ok(names.every((name) => name.length <= 64));
    await client.end();
  });

  test('calls a tool of each server, one whose name is too long among them', async () => {
    const client = await oldClient();
    const text = async (name: string, given = {}) => (await client.callTool({ name, arguments: given })).content;
    assert.deepEqual(await text('legacy__add', { a: 2, b: 3 }), [{ type: 'text', text: '5' }]);
    assert.deepEqual(await text('both__test_simple_text'), [
      { type: 'text', text: 'This is a simple text response for testing.' },
    ]);
    const { tools } = await client.listTools();
    const long = tools.find(({ description }) => description === 'Has a long name')?.name ?? '';
    assert.notEqual(long, `legacy__${LONG_NAME}`);
    assert.deepEqual(await text(long), [{ type: 'text', text: 'long' }]);
    await assert.rejects(client.callTool({ name: 'nowhere__add' }), /no tool of this name/);
    await client.end();
  });

  test('reads resources by URIs that name their server, also those that a result links to', async () => {
    const client = await oldClient();
    const { resources } = await client.listResources();
    assert.ok(resources.some(({ uri }) => uri === 'mcp+legacy+test://note'));
    const { content } = await client.callTool({ name: 'legacy__link' });
    const [link] = content as { uri: string }[];
    assert.equal(link?.uri, 'mcp+legacy+test://note');
    const { contents } = await client.readResource({ uri: link?.uri ?? '' });
    assert.deepEqual(contents, [{ uri: 'mcp+legacy+test://note', text: 'noted' }]);
    const { resourceTemplates } = await client.listResourceTemplates();
    assert.ok(resourceTemplates.some(({ uriTemplate }) => uriTemplate === 'mcp+legacy+test://notes/{id}'));
    const filled = await client.readResource({ uri: 'mcp+legacy+test://notes/7' });
    assert.deepEqual(filled.contents, [{ uri: 'mcp+legacy+test://notes/7', text: 'note 7' }]);
    await client.end();
  });

  test('gets prompts, and completes their arguments', async () => {
    const client = await oldClient();
    const { messages } = await client.getPrompt({ name: 'legacy__greet', arguments: { name: 'Ada' } });
    assert.deepEqual(messages, [{ role: 'user', content: { type: 'text', text: 'Hello, Ada' } }]);
    const { completion } = await client.complete({
      ref: { type: 'ref/prompt', name: 'both__test_prompt_with_arguments' },
      argument: { name: 'arg1', value: 'a' },
    });
    assert.deepEqual(completion.values, []);
    await client.end();
  });

  test('hears of the progress of a call', async () => {
    const client = await oldClient();
    const told: number[] = [];
    await client.callTool({ name: 'both__test_tool_with_progress' }, undefined, {
      onprogress: ({ progress }) => told.push(progress),
    });
    assert.deepEqual(told, [0, 50, 100]);
    await client.end();
  });

  test('is asked in the middle of a call, by servers of either era', async () => {
    const client = await oldClient({ elicitation: { form: {} } });
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { name: 'Ada' } }));
    const there = await client.callTool({ name: 'legacy__ask_there' });
    assert.deepEqual(there.content, [{ type: 'text', text: 'accept Ada' }]);
    const modern = await client.callTool({ name: 'both__test_input_required_result_elicitation' });
    assert.deepEqual(modern.content, [{ type: 'text', text: 'Hello, Ada!' }]);
    await client.end();
  });

  test('takes back a call, and its server hears of it', async () => {
    const client = await oldClient();
    const leaving = new AbortController();
    const before = legacy.asked.length;
    const call = client.callTool({ name: 'legacy__wait' }, undefined, { signal: leaving.signal });
    await until(async () => legacy.asked.length > before + 2);
    leaving.abort();
    await assert.rejects(call);
    await until(async () => legacy.cancelled.length > 0);
    await client.end();
  });

  test('is asked on the stream that it listens to', async () => {
    const client = await oldClient({ elicitation: { form: {} } });
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { name: 'Ada' } }));
    await listenedTo(() => client.listTools());
    const aside = await client.callTool({ name: 'legacy__ask' });
    assert.deepEqual(aside.content, [{ type: 'text', text: 'accept Ada' }]);
    await client.end();
  });

  test('hears that the tools of a server changed', async () => {
    const client = await oldClient();
    const changed = Promise.withResolvers<void>();
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => changed.resolve());
    await listenedTo(() => client.listTools());
    legacy.addTool('added');
    await changed.promise;
    await client.end();
  });

  test('ends its session, and with it those at the servers', async () => {
    const client = await oldClient();
    const before = legacy.sessions.size;
    await client.listTools();
    await until(async () => legacy.sessions.size === before + 1);
    await client.end();
    await until(async () => legacy.sessions.size === before);
  });
});

describe('the endpoint to a client of 2026-07-28', () => {
  test('lists and calls the tools of servers of either era', async () => {
    const client = await newClient();
    const { tools } = await client.listTools();
    const names = new Set(tools.map(({ name }) => name));
    assert.ok(names.has('both__test_simple_text') && names.has('legacy__add'));
    const { content } = await client.callTool({ name: 'legacy__add', arguments: { a: 2, b: 3 } });
    assert.deepEqual(content, [{ type: 'text', text: '5' }]);
    const modern = await client.callTool({ name: 'both__test_simple_text' });
    assert.deepEqual(modern.content, [{ type: 'text', text: 'This is a simple text response for testing.' }]);
    const { contents } = await client.readResource({ uri: 'mcp+both+test://static-text' });
    assert.equal(contents[0]?.uri, 'mcp+both+test://static-text');
    await client.close();
  });

  test('sends the arguments that a server wants in headers', async () => {
    const client = await newClient();
    await client.listTools();
    const { content } = await client.callTool({ name: 'both__test_x_mcp_header', arguments: { region: 'eu wést' } });
    assert.deepEqual(content, [{ type: 'text', text: 'region=eu wést' }]);
    await client.close();
  });
});

describe('the endpoint', () => {
  const post = (body: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(endpoint(), {
      method: 'POST',
      headers: {
        authorization: bearer,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body,
    });

  test('tells who shows nothing where tokens are had, and the metadata says by whom', async () => {
    const refused = await fetch(endpoint(), { method: 'POST' });
    assert.equal(refused.status, 401);
    const [, url = ''] = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '') ?? [];
    assert.equal(url, `http://127.0.0.1:${gateway.port}/.well-known/oauth-protected-resource/mcp`);
    assert.deepEqual(await (await fetch(url)).json(), {
      resource: `http://127.0.0.1:${gateway.port}/mcp`,
      authorization_servers: ['https://api.test'],
      bearer_methods_supported: ['header'],
      resource_name: 'Chaperone',
    });
  });

  test('refuses pages of other places, whatever they show', async () => {
    const { status } = await post('{"jsonrpc":"2.0","id":1,"method":"ping"}', { origin: 'https://evil.test' });
    assert.equal(status, 403);
  });

  test('keeps a session to the grant that began it', async () => {
    const client = await oldClient();
    const id = (client.transport as LegacyTransport).sessionId ?? '';
    const other = await gateway.grant();
    const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    assert.equal((await post(ping, { 'mcp-session-id': id })).status, 200);
    const stolen = { 'mcp-session-id': id, authorization: `Bearer ${other.user}.${other.password}` };
    assert.equal((await post(ping, stolen)).status, 404);
    await client.end();
  });

  test('enters the targets of the grant and no other', async () => {
    const narrow = await gateway.grant({ targets: ['legacy'] });
    const client = new LegacyClient({ name: 'test', version: '1' });
    const headers = { authorization: `Bearer ${narrow.user}.${narrow.password}` };
    const transport = new LegacyTransport(endpoint(), { requestInit: { headers } });
    await client.connect(transport);
    const { tools } = await client.listTools();
    assert.ok(tools.every(({ name }) => name.startsWith('legacy__')));
    await assert.rejects(client.callTool({ name: 'both__test_simple_text' }), /no tool of this name/);
    await client.close();
  });

  test('refuses what header and message say differently, and revisions that nobody knows', async () => {
    const message = (name: string) =>
      JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: {
          name,
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        },
      });
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'legacy__add' };
    const forged = await post(message('legacy__wait'), headers);
    assert.equal(forged.status, 400);
    assert.equal(((await forged.json()) as { error: { code: number } }).error.code, -32_020);
    const unknown = await post('{"jsonrpc":"2.0","id":1,"method":"ping"}', { 'mcp-protocol-version': '1999-01-01' });
    assert.equal(((await unknown.json()) as { error: { code: number } }).error.code, -32_022);
  });

  test("never sends the client's token to a server", () => {
    const secret = bearer.slice('Bearer '.length).split('.')[1] ?? '';
    for (const { headers } of [...both.asked, ...legacy.asked]) {
      assert.equal(JSON.stringify(headers).includes(secret), false);
      assert.equal(headers['authorization'], 'Bearer target-token');
    }
    assert.ok(both.asked.length > 10 && legacy.asked.length > 10);
  });
});
