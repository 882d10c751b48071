import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentSetup, AgentSetupRequest } from './agent-setup.ts';

const TIMEOUT_SECONDS = 10;
const EVENTS = ['SessionStart', 'PreToolUse', 'PostToolUse', 'Stop'];

/**
 * Codex takes settings for one call by `-c KEY=TOML`, before its subcommand. Its sandbox has no network, not even to
 * this machine's own listeners, so a run with targets switches it on. `notify` is called without being trusted first;
 * hooks are, too, where the caller passes `--dangerously-bypass-hook-trust`, which we do not: it would trust those of
 * the repository as well.
 */
export function setUpCodex({
  context,
  env,
  home,
  workspace,
  hooks,
  mcpServers,
}: AgentSetupRequest): Promise<AgentSetup> {
  const config = join(env['CODEX_HOME'] ?? join(home, '.codex'), 'config.toml');
  const hook = `[{hooks=[{type="command",command=${toml(hooks.commandLine)},timeout=${TIMEOUT_SECONDS}}]}]`;
  const settings = [
    `notify=[${hooks.words.map(toml).join(',')}]`,
    ...EVENTS.map((event) => `hooks.${event}=${hook}`),
    ...(context.targets.length > 0 ? ['sandbox_workspace_write.network_access=true'] : []),
    ...serverNames(config).map((name) => `mcp_servers.${toml(name)}.enabled=false`),
    ...mcpServers.flatMap(({ name, url }, index) => [
      `mcp_servers.${toml(name)}.url=${toml(url)}`,
      // Arguments are seen by everybody on the machine.
      `mcp_servers.${toml(name)}.bearer_token_env_var=${toml(variableOf(index))}`,
    ]),
  ];
  const note = 'Codex may use the network from its sandbox, since it could not reach the run’s targets without';
  return Promise.resolve({
    args: settings.flatMap((setting) => ['-c', setting]),
    env: Object.fromEntries(
      mcpServers.map(({ authorization }, index) => [variableOf(index), authorization.replace(/^Bearer /, '')]),
    ),
    placed: [],
    hooked: true,
    notes: [
      ...(context.targets.length > 0 ? [note] : []),
      // Which of them count depends on what Codex trusts, and to switch off one that does not count is an error to it.
      ...(serverNames(join(workspace, '.codex', 'config.toml')).length > 0 ? [OWN_SERVERS] : []),
    ],
  });
}

const OWN_SERVERS =
  'the repository names MCP servers for Codex (.codex/config.toml), which go round the gateway where Codex trusts the folder';

/** Codex gives variables with such names to none of its tools. */
function variableOf(index: number): string {
  return `CHAPERONE_MCP_TOKEN_${index}`;
}

/** A basic string of TOML 1.0, whose escapes are JSON's. */
function toml(text: string): string {
  return JSON.stringify(text).replace(/\u007f/g, '\\u007f');
}

/** MCP servers of the user's own configuration, by the heads of their tables. */
function serverNames(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  const heads = readFileSync(path, 'utf8').matchAll(
    /^\s*\[\s*mcp_servers\s*\.\s*(?:"([^"\n]+)"|'([^'\n]+)'|([\w-]+))/gm,
  );
  return [...new Set([...heads].flatMap(([, basic, literal, bare]) => basic ?? literal ?? bare ?? []))];
}
