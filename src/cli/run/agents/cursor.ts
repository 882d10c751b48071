import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentSetup, type AgentSetupRequest, httpServers } from './agent-setup.ts';
import { placeFile } from './place-file.ts';

/** Those that come after something: they are not asked for a permission. */
const EVENTS = [
  'sessionStart',
  'afterShellExecution',
  'afterMCPExecution',
  'afterFileEdit',
  'postToolUse',
  'stop',
  'sessionEnd',
];

/**
 * Cursor's CLI reads hooks and MCP servers from files alone: the user's `.cursor` and the workspace's. A new file is put
 * where there is none, the user's first, so that the workspace stays as it is; where both have one, nothing is changed.
 */
export async function setUpCursor(request: AgentSetupRequest): Promise<AgentSetup> {
  const { hooks, home, workspace, args, mcpServers } = request;
  const text = cursorHooks(hooks.commandLine);
  const placed = await placeFirst('hooks.json', text, [home, workspace]);
  const hookNotes =
    placed === undefined ? ['Cursor has hooks of its own in every place, so its tool calls are not noted'] : [];
  const servers =
    mcpServers.length === 0 ? undefined : `${JSON.stringify({ mcpServers: httpServers(mcpServers, 'url') })}\n`;
  const mcp = servers === undefined ? undefined : await placeFirst('mcp.json', servers, [workspace, home]);
  const notes = [...hookNotes, ...mcpNotes(request, mcp)];
  return {
    // Without a terminal nobody could approve them.
    args: mcp !== undefined && !args.includes('--approve-mcps') ? ['--approve-mcps'] : [],
    env: {},
    placed: [placed, mcp].filter((path) => path !== undefined),
    hooked: placed !== undefined,
    notes,
  };
}

function cursorHooks(command: string): string {
  return `${JSON.stringify({ version: 1, hooks: Object.fromEntries(EVENTS.map((event) => [event, [{ command }]])) })}\n`;
}

async function placeFirst(name: string, text: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of new Set(folders)) {
    const path = join(folder, '.cursor', name);
    if (await placeFile(path, text)) return path;
  }
  return undefined;
}

function mcpNotes(
  { args, workspace, home, mcpServers }: AgentSetupRequest,
  mcp: string | undefined,
): readonly string[] {
  const own = [workspace, home].some((folder) => existsSync(join(folder, '.cursor', 'mcp.json')));
  if (mcpServers.length > 0 && mcp === undefined)
    return ['Cursor has MCP servers of its own in every place, so the run’s were not added'];
  if (own && args.includes('--approve-mcps'))
    return ['--approve-mcps lets Cursor use MCP servers that go round the gateway'];
  return [];
}
