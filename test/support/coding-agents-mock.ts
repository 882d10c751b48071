/**
 * Stand-ins for coding agents, which cannot be installed here: each reads its settings from where its documentation
 * says, calls the hooks that it finds there as for one call of a tool, and prints which MCP servers it would use.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Programs of the agents' names in a folder, for PATH. */
export function writeAgentMocks(folder: string): void {
  for (const name of ['claude', 'codex', 'gemini', 'cursor-agent', 'copilot']) {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${fileURLToPath(import.meta.url)}' ${name} "$@"\n`);
    chmodSync(path, 0o755);
  }
}

type Json = Readonly<Record<string, unknown>>;

const read = (path: string): Json => (existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Json) : {});
const home = process.env['HOME'] ?? '';

interface Call {
  readonly event: string;
  readonly command: string;
}

function call({ event, command }: Call, more: Json): void {
  const input = JSON.stringify({ hook_event_name: event, session_id: 'session-1', ...more });
  const { error, status } = spawnSync('/bin/sh', ['-c', command], { input, stdio: ['pipe', 'ignore', 'inherit'] });
  // A hook need not read what it is told: the pipe may be gone before it was written.
  if (error !== undefined && (error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  if (status !== 0) throw new Error(`the hook ended with ${status}: ${command}`);
}

/** Claude Code's shape: groups of hooks by event. */
function grouped(hooks: unknown): readonly Call[] {
  const groups = Object.entries((hooks ?? {}) as Record<string, readonly { hooks: readonly { command: string }[] }[]>);
  return groups.flatMap(([event, of]) => of.flatMap((group) => group.hooks.map(({ command }) => ({ event, command }))));
}

const flags = (args: readonly string[], name: string): readonly string[] =>
  args.flatMap((arg) => (arg.startsWith(`${name}=`) ? [arg.slice(name.length + 1)] : []));
const TOOL = { tool_name: 'Bash', tool_input: { command: 'psql -c "select secret"' }, model: 'model-1' };

function claude(args: readonly string[]): readonly string[] {
  const settings = flags(args, '--settings').map(read);
  for (const each of settings.flatMap(({ hooks }) => grouped(hooks))) call(each, TOOL);
  const own = args.includes('--strict-mcp-config') ? {} : read('.mcp.json');
  return [own, ...flags(args, '--mcp-config').map(read)].flatMap(({ mcpServers }) => Object.keys(mcpServers ?? {}));
}

function codex(args: readonly string[]): readonly string[] {
  const settings = args.flatMap((arg, at) => (args[at - 1] === '-c' ? [arg] : []));
  const off = new Set(settings.flatMap((each) => /^mcp_servers\."(.+)"\.enabled=false$/.exec(each)?.[1] ?? []));
  for (const each of settings) {
    const [, event = '', command] = /^hooks\.(\w+)=.*command=("(?:[^"\\]|\\.)*")/.exec(each) ?? [];
    if (command && args.includes('--dangerously-bypass-hook-trust'))
      call({ event, command: JSON.parse(command) as string }, TOOL);
    const [, notify] = /^notify=(\[.*\])$/.exec(each) ?? [];
    const [program = '', ...rest] = notify ? (JSON.parse(notify) as string[]) : [];
    const told = JSON.stringify({ type: 'agent-turn-complete', 'thread-id': 'thread-1', 'turn-id': '1' });
    if (program) execFileSync(program, [...rest, told]);
  }
  const table = existsSync(join(home, '.codex/config.toml'))
    ? readFileSync(join(home, '.codex/config.toml'), 'utf8')
    : '';
  const named = settings.flatMap((each) => /^mcp_servers\."(.+)"\.url=/.exec(each)?.[1] ?? []);
  const users = [...table.matchAll(/^\[mcp_servers\.(.+)\]$/gm)].flatMap(([, name = '']) =>
    off.has(name) ? [] : name,
  );
  return [...users, ...named];
}

function gemini(): readonly string[] {
  const system = read(process.env['GEMINI_CLI_SYSTEM_SETTINGS_PATH'] ?? '');
  for (const each of grouped(system['hooks'])) call(each, TOOL);
  const { allowed } = (system['mcp'] ?? {}) as { allowed?: readonly string[] };
  const servers = [read(join(home, '.gemini/settings.json')), system].flatMap(({ mcpServers }) =>
    Object.keys(mcpServers ?? {}),
  );
  return servers.filter((name) => allowed === undefined || allowed.includes(name));
}

function cursor(args: readonly string[]): readonly string[] {
  for (const folder of [home, process.cwd()]) {
    const hooks = (read(join(folder, '.cursor/hooks.json'))['hooks'] ?? {}) as Record<
      string,
      readonly { command: string }[]
    >;
    for (const [event, of] of Object.entries(hooks))
      for (const { command } of of) call({ event, command }, { conversation_id: 'c-1', ...TOOL });
  }
  const servers = [home, process.cwd()].flatMap((folder) =>
    Object.keys(read(join(folder, '.cursor/mcp.json'))['mcpServers'] ?? {}),
  );
  return args.includes('--approve-mcps') ? servers : [];
}

function copilot(args: readonly string[]): readonly string[] {
  const own = process.env['COPILOT_HOME'] ?? join(home, '.copilot');
  const folder = join(own, 'hooks');
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    const hooks = (read(join(folder, file))['hooks'] ?? {}) as Record<string, readonly { bash: string }[]>;
    for (const [event, of] of Object.entries(hooks))
      for (const { bash } of of) call({ event, command: bash }, { sessionId: 's-1', toolName: 'bash', toolArgs: '{}' });
  }
  const off = flags(args, '--disable-mcp-server');
  const builtIn = args.includes('--disable-builtin-mcps') ? [] : ['github'];
  const added = flags(args, '--additional-mcp-config').map((path) => read(path.replace(/^@/, '')));
  const servers = [read(join(own, 'mcp-config.json')), ...added].flatMap(({ mcpServers }) =>
    Object.keys(mcpServers ?? {}),
  );
  return [...builtIn, ...servers].filter((name) => !off.includes(name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , name = '', ...args] = process.argv;
  if (args[0] === '--version') process.stdout.write(`${name} 1.2.3 (mock)\nmore\n`);
  else {
    const agents = { claude, codex, gemini, 'cursor-agent': cursor, copilot };
    const agent = Object.entries(agents).find(([known]) => known === name)?.[1];
    const servers = agent?.(args) ?? [];
    process.stdout.write(`${JSON.stringify({ servers, prompt: args.at(-1) })}\n`);
  }
}
