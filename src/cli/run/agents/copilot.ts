import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AgentSetup, type AgentSetupRequest, httpServers, type McpServer } from './agent-setup.ts';
import { placeFile } from './place-file.ts';

const TIMEOUT_SECONDS = 10;
const EVENTS = ['sessionStart', 'sessionEnd', 'preToolUse', 'postToolUse'];

/**
 * Copilot CLI loads every `*.json` of the user's hooks folder, so one of the run's own stands beside the others. Its MCP
 * servers are added by a flag; those of the user and of the repository, and the built-in ones, are switched off by name.
 */
export async function setUpCopilot({
  context,
  env,
  home,
  workspace,
  hooks,
  mcpServers,
}: AgentSetupRequest): Promise<AgentSetup> {
  const own = env['COPILOT_HOME'] ?? join(home, '.copilot');
  const hook = { type: 'command', bash: hooks.commandLine, timeoutSec: TIMEOUT_SECONDS };
  const text = `${JSON.stringify({ version: 1, hooks: Object.fromEntries(EVENTS.map((event) => [event, [hook]])) })}\n`;
  const path = join(own, 'hooks', `chaperone-${context.runId}.json`);
  const hooked = await placeFile(path, text);
  const others = [join(own, 'mcp-config.json'), ...repositoryFiles(workspace)];
  const off = [...new Set(others.flatMap(serverNames))].filter(
    (name) => !mcpServers.some((server) => server.name === name),
  );
  return {
    args: [
      '--disable-builtin-mcps',
      ...off.map((name) => `--disable-mcp-server=${name}`),
      ...(mcpServers.length > 0
        ? [`--additional-mcp-config=@${await writeServers(context.directory, mcpServers)}`]
        : []),
    ],
    env: {},
    placed: hooked ? [path] : [],
    hooked,
    notes: [],
  };
}

/** Where a repository names servers: from the folder of the start up to its root, as Copilot looks for them. */
function repositoryFiles(workspace: string): readonly string[] {
  const folders = foldersUpTo(workspace, (folder) => existsSync(join(folder, '.git')));
  return folders.flatMap((folder) =>
    ['.mcp.json', join('.github', 'mcp.json'), join('.vscode', 'mcp.json')].map((name) => join(folder, name)),
  );
}

/** The folder and those above it, up to the first that is the last; alone where none is. */
function foldersUpTo(folder: string, isLast: (folder: string) => boolean): readonly string[] {
  const folders = [folder];
  for (let at = folder; !isLast(at); ) {
    const above = dirname(at);
    if (above === at) return [folder];
    folders.push(above);
    at = above;
  }
  return folders;
}

async function writeServers(directory: string, servers: readonly McpServer[]): Promise<string> {
  const path = join(directory, 'copilot-mcp.json');
  const text = JSON.stringify({ mcpServers: httpServers(servers, 'url', 'http') });
  await writeFile(path, text, { mode: 0o600, flag: 'wx' });
  return path;
}

function serverNames(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, unknown>> | null;
    const servers = value?.['mcpServers'] ?? value?.['servers'];
    return typeof servers === 'object' && servers !== null ? Object.keys(servers) : [];
  } catch {
    // Copilot cannot read it either.
    return [];
  }
}
