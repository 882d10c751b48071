import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentSetup, type AgentSetupRequest, hookGroups, httpServers } from './agent-setup.ts';

const TIMEOUT_SECONDS = 10;
const EVENTS = { lifecycle: ['SessionStart', 'SessionEnd'], tools: ['PreToolUse', 'PostToolUse'] };

/**
 * Claude Code takes all of it by flags. `--strict-mcp-config` leaves out every server that a repository's `.mcp.json` or
 * the user's settings name; `--settings` adds hooks to those that there are. Both are written with `=`, since the
 * first takes any number of words.
 */
export async function setUpClaude({ context, args, hooks, mcpServers }: AgentSetupRequest): Promise<AgentSetup> {
  const write = async (name: string, value: unknown): Promise<string> => {
    const path = join(context.directory, name);
    await writeFile(path, JSON.stringify(value), { mode: 0o600, flag: 'wx' });
    return path;
  };
  const mcp = await write('claude-mcp.json', { mcpServers: httpServers(mcpServers, 'url', 'http') });
  const hasSettings = args.some((arg) => arg === '--settings' || arg.startsWith('--settings='));
  const settings = hasSettings
    ? []
    : [
        `--settings=${await write('claude-settings.json', { hooks: hookGroups(EVENTS, hooks.commandLine, TIMEOUT_SECONDS) })}`,
      ];
  return {
    args: [...settings, '--strict-mcp-config', `--mcp-config=${mcp}`],
    env: {},
    placed: [],
    hooked: !hasSettings,
    notes: hasSettings ? ['Claude Code has --settings of its own, so its tool calls are not noted'] : [],
  };
}
