/** Real clients of MCP at real servers of each transport, through the gateway. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Secret } from '../../src/model/secret.ts';
import { type McpGateway, mcpTarget, startMcpGateway } from '../support/mcp/mcp-gateway.ts';
import type { TestGrant } from '../support/static-control-plane.ts';

const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const REFERENCE = place('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const EVERYTHING = place('../support/mcp/everything-program.ts');
const INSPECTOR = place('../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');

describe('real clients and servers of MCP through the gateway', () => {
  const open = new AsyncDisposableStack();
  let gateway: McpGateway;
  let grant: TestGrant;
  before(async () => {
    const port = await startReferenceSse(open);
    const node = { kind: 'stdio', command: process.execPath } as const;
    const secret = { user: '', environment: { THE_KEY: new Secret('canary-of-the-program') } };
    gateway = open.use(
      await startMcpGateway({
        targets: [
          mcpTarget('program', { ...node, args: [REFERENCE, 'stdio'] }, 0, secret),
          mcpTarget('both-eras', { ...node, args: [EVERYTHING, 'stdio'] }),
          mcpTarget('sse', { kind: 'sse', path: '/sse' }, port),
        ],
      }),
    );
    grant = await gateway.grant();
  });
  after(() => open.disposeAsync());

  const url = (target: string): URL => new URL(`http://127.0.0.1:${gateway.port}/t/${target}`);
  const headers = () => ({ authorization: `Bearer ${grant.user}.${grant.password}` });

  /** The official client of 2025-11-25 and before. */
  const withClient = async (target: string, work: (client: Client) => Promise<void>): Promise<void> => {
    const client = new Client({ name: 'tests', version: '1' });
    const transport = new StreamableHTTPClientTransport(url(target), { requestInit: { headers: headers() } });
    await client.connect(transport);
    try {
      await work(client);
    } finally {
      await transport.terminateSession();
      await client.close();
    }
  };

  for (const target of ['program', 'sse']) {
    test(`the client of 2025-11-25 uses the reference server behind ${target}: calls, progress, resources, prompts`, async () => {
      await withClient(target, async (client) => {
        const { tools } = await client.listTools();
        assert.ok(tools.some(({ name }) => name === 'echo'));
        const echo = await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
        assert.deepEqual(echo.content, [{ type: 'text', text: 'Echo: hello' }]);
        const told: number[] = [];
        const long = { name: 'trigger-long-running-operation', arguments: { duration: 0.3, steps: 3 } };
        await client.callTool(long, undefined, { onprogress: ({ progress }) => told.push(progress) });
        assert.deepEqual(told, [1, 2, 3]);
        const { resources } = await client.listResources();
        const { contents } = await client.readResource({ uri: resources[0]?.uri ?? '' });
        assert.equal(contents.length, 1);
        const { prompts } = await client.listPrompts();
        assert.ok(prompts.length > 0);
      });
    });
  }

  test('a program that shows what it was given shows its secrets to nobody', async () => {
    await withClient('program', async (client) => {
      const { content } = await client.callTool({ name: 'get-env', arguments: {} });
      const [{ text = '' } = {}] = content as readonly { readonly text?: string }[];
      assert.equal((JSON.parse(text) as Record<string, string>)['THE_KEY'], '*'.repeat('canary-of-the-program'.length));
    });
  });

  for (const mode of ['legacy', 'auto'] as const) {
    test(`the client of 2026-07-28 finds its revision by itself (${mode}) at a program that speaks both`, async () => {
      const client = new ModernClient({ name: 'tests', version: '2' }, { versionNegotiation: { mode } });
      const transport = new ModernTransport(url('both-eras'), { requestInit: { headers: headers() } });
      await client.connect(transport);
      try {
        assert.equal(client.getProtocolEra(), mode === 'auto' ? 'modern' : 'legacy');
        const { tools } = await client.listTools();
        assert.ok(tools.some(({ name }) => name === 'test_simple_text'));
        const { content } = await client.callTool({ name: 'test_simple_text', arguments: {} });
        assert.deepEqual(content, [{ type: 'text', text: 'This is a simple text response for testing.' }]);
      } finally {
        await client.close();
      }
    });
  }

  test('the inspector lists and calls, with the file that runs have for their servers', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'chaperone-inspector-'));
    try {
      const config = join(directory, 'mcp.json');
      const server = { type: 'http', url: url('program').href, headers: { Authorization: headers().authorization } };
      await writeFile(config, JSON.stringify({ mcpServers: { program: server } }));
      const inspect = (...args: readonly string[]): Promise<string> =>
        new Promise((resolve, reject) => {
          const all = [INSPECTOR, '--cli', '--config', config, '--server', 'program', ...args];
          const env = { PATH: process.env['PATH'], HOME: directory };
          execFile(process.execPath, all, { env, cwd: directory }, (error, stdout, stderr) =>
            error === null ? resolve(stdout) : reject(new Error(`${stderr}${stdout}`, { cause: error })),
          );
        });
      assert.match(await inspect('--method', 'tools/list'), /"name": "echo"/);
      const call = ['--method', 'tools/call', '--tool-name', 'echo', '--tool-arg', 'message=hello'];
      assert.match(await inspect(...call), /Echo: hello/);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

/** The reference server with the transport of 2024-11-05, on a port that is free. */
async function startReferenceSse(open: AsyncDisposableStack): Promise<number> {
  // It takes its port from a variable and tells it, 0 as well; so the system is asked for one first.
  const port = await freePort();
  const child = spawn(process.execPath, [REFERENCE, 'sse'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  open.defer(async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGKILL')) await gone;
  });
  for await (const line of createInterface({ input: child.stderr })) if (line.includes('running on port')) break;
  child.stderr.resume();
  return port;
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
