import { addressOf, type LocalTarget, mcpAddressOf, type RunContext } from '../local-target.ts';
import type { HookFile } from './hook-file.ts';

/** An MCP server of the run, as an agent's configuration names it. */
export interface McpServer {
  readonly name: string;
  readonly url: string;
  /** What is shown to the run's listener, `Bearer …`: clients of MCP take no user from a URL. */
  readonly authorization: string;
}

/**
 * The MCP servers of a run: one that is all its targets and the gateway's own; each by itself where a gateway has no such.
 */
export function mcpServersOf({ targets, mcp }: Pick<RunContext, 'targets' | 'mcp'>): readonly McpServer[] {
  if (mcp !== undefined) return [serverAt(mcp, mcpAddressOf(mcp))];
  return targets.filter(({ protocol }) => protocol === 'mcp').map((target) => serverAt(target, addressOf(target)));
}

function serverAt({ name, user, password }: LocalTarget, { href: url }: URL): McpServer {
  return { name, url, authorization: `Bearer ${user}.${password.reveal()}` };
}

export interface AgentSetupRequest {
  readonly context: RunContext;
  /** What the command would see without the agent's own additions. */
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly hooks: HookFile;
  /** Where the command starts. */
  readonly workspace: string;
  /** Where the user's own settings are. */
  readonly home: string;
  /** None where the run has no target of that protocol. */
  readonly mcpServers: readonly McpServer[];
}

/** What is added to an agent's command, and the files that were put where it looks for them. */
export interface AgentSetup {
  /** Before the arguments that were given. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** New files, gone when the run ends. Nothing that was there is changed. */
  readonly placed: readonly string[];
  /** False where the agent's hooks could not be set without changing what is the user's. */
  readonly hooked: boolean;
  /** What whoever watches should know, each a sentence. */
  readonly notes: readonly string[];
}

/** Of every agent: what its documentation calls an event, by when it comes. */
export interface HookEvents {
  readonly lifecycle: readonly string[];
  readonly tools: readonly string[];
}

/** Claude Code's shape of hooks, which Codex and Gemini share: groups by matcher, each with commands. */
export function hookGroups(events: HookEvents, command: string, timeout: number): Readonly<Record<string, unknown>> {
  const hook = { type: 'command', command, timeout };
  return Object.fromEntries([
    ...events.lifecycle.map((event) => [event, [{ hooks: [hook] }]] as const),
    ...events.tools.map((event) => [event, [{ matcher: '*', hooks: [hook] }]] as const),
  ]);
}

export function httpServers(
  servers: readonly McpServer[],
  field: 'url' | 'httpUrl',
  type?: string,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    servers.map(({ name, url, authorization }) => [
      name,
      { ...(type ? { type } : {}), [field]: url, headers: { Authorization: authorization } },
    ]),
  );
}
