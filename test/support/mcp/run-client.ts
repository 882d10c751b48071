/** A client in the command of a run: reads the file that runs have for their MCP servers, and prints what it finds. */
import { readFile } from 'node:fs/promises';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

interface Servers {
  readonly mcpServers: Readonly<Record<string, { readonly url: string; readonly headers: Record<string, string> }>>;
}

const file = JSON.parse(await readFile(process.env['CHAPERONE_MCP_CONFIG'] ?? '', 'utf8')) as Servers;
const [server] = Object.values(file.mcpServers);
if (server === undefined) throw new Error('the run has no MCP server');
const client = new Client({ name: 'job', version: '1' }, { versionNegotiation: { mode: 'auto' } });
await client.connect(
  new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers: server.headers } }),
);
const call = async (name: string, given: Record<string, unknown>): Promise<string> => {
  try {
    const { content } = await client.callTool({ name, arguments: given });
    return (content as readonly { readonly text?: string }[]).map(({ text = '' }) => text).join('');
  } catch (error) {
    return `${(error as Error).message} ${JSON.stringify((error as { readonly data?: unknown }).data)}`;
  }
};
// All MCP targets are at one address, and the run has one.
const target = process.argv[2] ?? 'tools';
const names = (await client.listTools()).tools.map(({ name }) => name);
const tools = names.flatMap((name) => (name.startsWith(`${target}__`) ? [name.slice(target.length + 2)] : []));
const own = names.filter((name) => name.startsWith('chaperone__'));
const listed = await call('chaperone__list_targets', {});
const environment = await call(`${target}__get-env`, {});
const echoed = await call(`${target}__echo`, { message: 'ada@example.com' });
const denied = await call(`${target}__toggle-simulated-logging`, {});
await client.close();
process.stdout.write(
  JSON.stringify({ server: Object.keys(file.mcpServers), tools, own, listed, environment, echoed, denied }),
);
