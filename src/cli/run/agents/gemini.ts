import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentSetup, type AgentSetupRequest, hookGroups, httpServers } from './agent-setup.ts';

const TIMEOUT_MS = 10_000;
const EVENTS = { lifecycle: ['SessionStart', 'SessionEnd'], tools: ['BeforeTool', 'AfterTool'] };
const SYSTEM_SETTINGS = '/etc/gemini-cli/settings.json';
/** A name that no server has: an empty list could be taken for none at all. */
const NO_SERVER = 'chaperone-none';

/**
 * Gemini CLI's system settings override the user's and the repository's, and a variable says where they are. What the
 * machine's administrator put there stays in force: ours are added to a copy.
 */
export async function setUpGemini({ context, env, hooks, mcpServers }: AgentSetupRequest): Promise<AgentSetup> {
  const place = env['GEMINI_CLI_SYSTEM_SETTINGS_PATH'] ?? SYSTEM_SETTINGS;
  const present = read(place);
  if (present === undefined) {
    const note = `Gemini CLI's system settings at ${place} could not be read, so none were added: its tool calls are not noted`;
    return { args: [], env: {}, placed: [], hooked: false, notes: [note] };
  }
  const path = join(context.directory, 'gemini-settings.json');
  const names = mcpServers.map(({ name }) => name);
  const settings = {
    ...present,
    mcpServers: httpServers(mcpServers, 'httpUrl'),
    mcp: { ...member(present, 'mcp'), allowed: names.length > 0 ? names : [NO_SERVER] },
    hooksConfig: { ...member(present, 'hooksConfig'), enabled: true },
    hooks: joined(member(present, 'hooks'), hookGroups(EVENTS, hooks.commandLine, TIMEOUT_MS)),
  };
  await writeFile(path, JSON.stringify(settings), { mode: 0o600, flag: 'wx' });
  return { args: [], env: { GEMINI_CLI_SYSTEM_SETTINGS_PATH: path }, placed: [], hooked: true, notes: [] };
}

type Settings = Readonly<Record<string, unknown>>;

/** Undefined where there are some that are not plain JSON. */
function read(path: string): Settings | undefined {
  if (!existsSync(path)) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Settings) : undefined;
  } catch {
    return undefined;
  }
}

function member(settings: Settings, name: string): Settings {
  const value = settings[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Settings) : {};
}

function joined(theirs: Settings, ours: Settings): Settings {
  const names = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
  return Object.fromEntries(names.map((name) => [name, [theirs[name] ?? [], ours[name] ?? []].flat()]));
}
