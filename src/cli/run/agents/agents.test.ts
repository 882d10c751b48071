import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeAgentMocks } from '../../../../test/support/coding-agents-mock.ts';
import { Secret } from '../../../model/secret.ts';
import type { RunContext } from '../local-target.ts';
import { hookLine } from './agent-hook.ts';
import { mcpServersOf } from './agent-setup.ts';
import { hookFires, makeHookFile, summariseHooks } from './hook-file.ts';
import { type AgentKind, KNOWN_AGENTS, knownAgent } from './known-agents.ts';
import { agentLabels, agentOfArguments, observeAgent } from './observe-agent.ts';
import { setUpAgent } from './set-up-agent.ts';

const MAIN = fileURLToPath(new URL('../../../main.ts', import.meta.url));
const run = promisify(execFile);

describe('a coding agent in a run', () => {
  let directory: string;
  let programs: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chaperone-agents-'));
    programs = join(directory, 'bin');
    await mkdir(programs);
    writeAgentMocks(programs);
  });
  after(() => rm(directory, { recursive: true }));

  /** An agent that works once, with a home, a workspace and a run of its own. */
  const atWork = async (
    kind: AgentKind,
    args: readonly string[],
    files: Readonly<Record<string, string>> = {},
    targets: RunContext['targets'] = [],
  ) => {
    const place = await mkdtemp(join(directory, 'work-'));
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(place, path, '..'), { recursive: true });
      await writeFile(join(place, path), content);
    }
    for (const folder of ['home', 'workspace', 'run']) await mkdir(join(place, folder), { recursive: true });
    const context: RunContext = {
      runId: 'run_1',
      runUrl: 'https://gw.test/runs/run_1',
      display: 'acme/shop',
      directory: join(place, 'run'),
      targets,
      gatewayUrl: 'https://gw.test',
      carrier: 'websocket',
      demo: false,
    };
    const env = { PATH: `${programs}:${process.env['PATH']}`, HOME: join(place, 'home'), CHAPERONE_RUN_ID: 'run_1' };
    const hooks = await makeHookFile(context.directory, 'run_1', [process.execPath, MAIN]);
    const workspace = join(place, 'workspace');
    const setup = await setUpAgent(kind, {
      context,
      env,
      args,
      hooks,
      workspace,
      home: env.HOME,
      mcpServers: mcpServersOf(context),
    });
    const program = KNOWN_AGENTS.find((agent) => agent.kind === kind)?.programs[0] ?? '';
    const { stdout } = await run(program, [...setup.args, ...args], { env: { ...env, ...setup.env }, cwd: workspace });
    const said = JSON.parse(stdout) as { servers: readonly string[]; prompt: string };
    const { labels } = (await summariseHooks(hooks)) ?? assert.fail();
    await setup[Symbol.asyncDispose]();
    return { place, setup, hooks, env, ...said, labels };
  };

  test('notes its tool calls and uses no MCP server of its own: Claude Code', async () => {
    const { servers, prompt, labels, setup } = await atWork('claude-code', ['-p', 'go'], {
      'workspace/.mcp.json': '{"mcpServers":{"evil":{}}}',
    });
    assert.deepEqual([servers, prompt, setup.hooked, setup.placed], [[], 'go', true, []]);
    assert.deepEqual(
      [labels['hooks.events'], labels['hooks.tools'], labels['hooks.sessions'], labels['hooks.models']],
      ['4', 'Bash:1', 'session-1', 'model-1'],
    );
  });

  test('notes its tool calls and uses no MCP server of its own: Gemini CLI, whose administrator’s settings stay', async () => {
    const { servers, labels, place } = await atWork('gemini-cli', ['-p', 'go'], {
      'home/.gemini/settings.json': '{"mcpServers":{"evil":{}}}',
    });
    assert.deepEqual([servers, labels['hooks.events'], labels['hooks.tools']], [[], '4', 'Bash:1']);
    const settings = JSON.parse(await readFile(join(place, 'run/gemini-settings.json'), 'utf8')) as {
      hooksConfig: unknown;
    };
    assert.deepEqual(settings.hooksConfig, { enabled: true });
  });

  test('notes its tool calls and uses no MCP server of its own: Cursor, by a new file that is gone afterwards', async () => {
    const { servers, labels, place, setup } = await atWork('cursor-cli', ['-p', 'go'], {
      'workspace/.cursor/mcp.json': '{"mcpServers":{"evil":{}}}',
    });
    assert.deepEqual([servers, labels['hooks.events'], labels['hooks.tools']], [[], '7', 'Bash:1']);
    assert.deepEqual(setup.placed, [join(place, 'home/.cursor/hooks.json')]);
    assert.equal(existsSync(join(place, 'home/.cursor')), false);
  });

  test('leaves the user’s own hooks of Cursor as they are', async () => {
    const own = '{"version":1,"hooks":{}}';
    const one = await atWork('cursor-cli', ['go'], { 'home/.cursor/hooks.json': own });
    assert.deepEqual(one.setup.placed, [join(one.place, 'workspace/.cursor/hooks.json')]);
    const both = await atWork('cursor-cli', ['go'], {
      'home/.cursor/hooks.json': own,
      'workspace/.cursor/hooks.json': own,
    });
    assert.deepEqual([both.setup.placed, both.setup.hooked], [[], false]);
    assert.match(both.setup.notes.join(), /hooks of its own in every place/);
    for (const path of ['home', 'workspace'])
      assert.equal(await readFile(join(both.place, path, '.cursor/hooks.json'), 'utf8'), own);
  });

  test('finds what a run of ours left behind that was killed, and puts its own there', async () => {
    const left = `{"version":1,"hooks":{"stop":[{"command":"'true' 'agent-hook' '--to' '${directory}/gone' '--run' 'run_0'"}]}}`;
    const { setup, place } = await atWork('cursor-cli', ['go'], { 'home/.cursor/hooks.json': left });
    assert.deepEqual(setup.placed, [join(place, 'home/.cursor/hooks.json')]);
    // One of a run that still goes on is left alone.
    const other = left.replace('/gone', '/bin');
    const second = await atWork('cursor-cli', ['go'], { 'home/.cursor/hooks.json': other });
    assert.deepEqual(second.setup.placed, [join(second.place, 'workspace/.cursor/hooks.json')]);
    assert.equal(await readFile(join(second.place, 'home/.cursor/hooks.json'), 'utf8'), other);
  });

  test('notes its tool calls and uses no MCP server of its own: Copilot CLI', async () => {
    const { servers, labels, place } = await atWork('copilot-cli', ['-p', 'go'], {
      'home/.copilot/mcp-config.json': '{"mcpServers":{"evil":{}}}',
    });
    assert.deepEqual([servers, labels['hooks.tools']], [[], 'bash:1']);
    assert.equal(existsSync(join(place, 'home/.copilot/hooks')), false);
    assert.equal(existsSync(join(place, 'home/.copilot/mcp-config.json')), true);
  });

  test('uses no MCP server that a repository names from its root down: Copilot CLI', async () => {
    const { setup } = await atWork('copilot-cli', ['-p', 'go'], {
      '.git': '',
      '.github/mcp.json': '{"mcpServers":{"root":{}}}',
      'workspace/.mcp.json': '{"mcpServers":{"near":{}}}',
      '.vscode/mcp.json': '{"servers":{"editor":{}}}',
    });
    assert.deepEqual(
      setup.args.filter((arg) => arg.startsWith('--disable-mcp-server')),
      ['--disable-mcp-server=near', '--disable-mcp-server=root', '--disable-mcp-server=editor'],
    );
  });

  test('that finds MCP servers in a repository which only trust would switch on says so: Codex', async () => {
    const { setup } = await atWork('codex', ['exec', 'go'], {
      'workspace/.codex/config.toml': '[mcp_servers.evil]\ncommand = "evil"\n',
    });
    assert.match(setup.notes.join(), /names MCP servers for Codex/);
    assert.doesNotMatch(setup.args.join(' '), /evil/);
  });

  test('notes its turns and uses no MCP server of its own: Codex, whose hooks count only where they are trusted', async () => {
    const config = { 'home/.codex/config.toml': 'model = "x"\n[mcp_servers.evil]\ncommand = "evil"\n' };
    const { servers, labels } = await atWork('codex', ['exec', 'go'], config);
    assert.deepEqual(
      [servers, labels['hooks.events'], labels['hooks.sessions'], labels['hooks.tools']],
      [[], '1', 'thread-1', undefined],
    );
    const trusted = await atWork('codex', ['exec', '--dangerously-bypass-hook-trust', 'go'], config);
    assert.deepEqual([trusted.labels['hooks.events'], trusted.labels['hooks.tools']], ['5', 'Bash:1']);
  });

  test('is left alone where it is only managed', async () => {
    const { setup } = await atWork('claude-code', ['mcp', 'list']);
    assert.deepEqual([setup.args, setup.hooked], [[], false]);
  });

  test('is observed: its program’s digest, what it says of itself, its arguments’ digest', async () => {
    const observed = await observeAgent({
      command: 'claude',
      env: { PATH: programs },
      signal: AbortSignal.timeout(20_000),
    });
    const digest = createHash('sha256')
      .update(await readFile(join(programs, 'claude')))
      .digest('hex');
    assert.deepEqual(
      [observed?.agent.kind, observed?.digest, observed?.version],
      ['claude-code', digest, 'claude 1.2.3 (mock)'],
    );
    const labels = agentLabels({ observed, args: ['-p', 'x'], env: { CURSOR_AGENT: '1' }, ancestor: 'cursor-cli' });
    const argv = createHash('sha256').update('["-p","x"]').digest('hex');
    assert.deepEqual(labels, {
      agent: 'claude-code',
      'agent.level': 'A1',
      'agent.argv': `sha256:${argv}`,
      'agent.digest': `sha256:${digest}`,
      'agent.version': 'claude 1.2.3 (mock)',
      'agent.above': 'cursor-cli',
      'agent.marks': 'cursor-cli',
    });
  });

  test('that only left marks is asserted, and what runs above counts before what variables say', () => {
    const of = (env: NodeJS.ProcessEnv, ancestor?: AgentKind) =>
      agentLabels({ observed: undefined, args: [], env, ancestor });
    assert.deepEqual(of({ CLAUDECODE: '1' }, 'codex'), {
      agent: 'codex',
      'agent.level': 'A0',
      'agent.above': 'codex',
      'agent.marks': 'claude-code',
    });
    assert.deepEqual(of({ CLAUDECODE: '1' }), {
      agent: 'claude-code',
      'agent.level': 'A0',
      'agent.marks': 'claude-code',
    });
    assert.deepEqual(of({}), {});
    assert.equal(agentOfArguments(['node', '/opt/claude']), 'claude-code');
    assert.equal(agentOfArguments(['grep', 'claude']), undefined);
  });

  test('uses the MCP servers of the run and no others, and none of its arguments has what lets it in', async () => {
    const own = {
      'workspace/.mcp.json': '{"mcpServers":{"evil":{}}}',
      'home/.copilot/mcp-config.json': '{"mcpServers":{"evil":{}}}',
      'home/.codex/config.toml': '[mcp_servers.evil]\n',
    };
    const target = {
      host: '127.0.0.1',
      database: '',
      user: 'grt_1',
      password: new Secret('canary'),
      tls: 'none',
    } as const;
    const targets = [
      { ...target, name: 'tickets', protocol: 'mcp', port: 4_001 },
      { ...target, name: 'shop', protocol: 'postgres', port: 4_002 },
    ];
    for (const kind of ['claude-code', 'codex', 'gemini-cli', 'cursor-cli', 'copilot-cli'] as const) {
      const { servers, setup } = await atWork(kind, ['do it'], own, targets);
      assert.deepEqual(servers, ['tickets'], kind);
      assert.doesNotMatch(setup.args.join(' '), /canary/, kind);
    }
    assert.deepEqual(mcpServersOf({ targets }), [
      { name: 'tickets', url: 'http://127.0.0.1:4001/', authorization: 'Bearer grt_1.canary' },
    ]);
  });

  test('is not every program that is called agent', () => {
    assert.equal(knownAgent('agent', '/usr/bin/agent'), undefined);
    assert.equal(knownAgent('agent', '/opt/cursor-agent/agent')?.kind, 'cursor-cli');
  });

  test('has a hook that is tried before it starts, and one of another run is silent', async () => {
    const { hooks, env } = await atWork('claude-code', ['mcp', 'list']);
    assert.equal(await hookFires(hooks, { ...env, CHAPERONE_RUN_ID: 'run_other' }, AbortSignal.timeout(20_000)), false);
    assert.equal(await hookFires(hooks, env, AbortSignal.timeout(20_000)), true);
    assert.equal((await summariseHooks(hooks))?.events, 0);
    const broken = { ...hooks, commandLine: "'/nowhere/node' 'main.ts'" };
    assert.equal(await hookFires(broken, env, AbortSignal.timeout(20_000)), false);
  });
});

test('a note of a tool call has its name and a digest, and nothing that the tool was given', () => {
  const told = {
    hook_event_name: 'PreToolUse',
    session_id: 's',
    tool_name: 'x'.repeat(500),
    tool_input: { command: 'canary' },
  };
  const line = hookLine(JSON.stringify(told));
  assert.equal(line.tool?.length, 120);
  assert.match(line.input ?? '', /^[0-9a-f]{64}$/);
  assert.doesNotMatch(JSON.stringify(line), /canary/);
  assert.deepEqual(hookLine('no JSON'), {});
});

test('what a command writes into its notes breaks nothing', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'chaperone-notes-'));
  try {
    const hooks = await makeHookFile(directory, 'run_1', ['node', 'main']);
    await writeFile(
      hooks.path,
      '{"tool":{"a":1},"session":7}\nnot json\n[1]\nnull\n{"tool":"\\u202eevil\\u001b[0m","session":"s"}\n',
    );
    const { events, labels } = (await summariseHooks(hooks)) ?? assert.fail();
    assert.equal(events, 5);
    assert.equal(labels['hooks.tools'], '<U+202E>evil\\e[0m:1');
    await truncate(hooks.path, 20 * 1024 * 1024);
    assert.equal((await summariseHooks(hooks))?.labels['hooks.full'], 'true');
    await rm(hooks.path);
    assert.equal(await summariseHooks(hooks), undefined);
    await promisify(execFile)('mkfifo', [hooks.path]);
    assert.equal(await summariseHooks(hooks), undefined);
    await rm(hooks.path);
    await symlink('/etc/passwd', hooks.path);
    assert.equal(await summariseHooks(hooks), undefined);
  } finally {
    await rm(directory, { recursive: true });
  }
});
