import { readFile } from 'node:fs/promises';
import type { AgentSetup, AgentSetupRequest } from './agent-setup.ts';
import { setUpClaude } from './claude.ts';
import { setUpCodex } from './codex.ts';
import { setUpCopilot } from './copilot.ts';
import { setUpCursor } from './cursor.ts';
import { setUpGemini } from './gemini.ts';
import type { AgentKind } from './known-agents.ts';
import { unplaceFile } from './place-file.ts';

const SET_UPS: Readonly<Record<AgentKind, (request: AgentSetupRequest) => Promise<AgentSetup>>> = {
  'cursor-cli': setUpCursor,
  'claude-code': setUpClaude,
  codex: setUpCodex,
  'gemini-cli': setUpGemini,
  'copilot-cli': setUpCopilot,
};

/** Subcommands that are no agent at work: they manage it, and take none of what a run adds. */
const MANAGING = new Set([
  'mcp',
  'config',
  'update',
  'upgrade',
  'login',
  'logout',
  'doctor',
  'status',
  'help',
  'plugin',
  '--help',
  '-h',
  '--version',
  '-v',
  '-V',
]);

export interface PlacedAgent extends AgentSetup, AsyncDisposable {}

/** What an agent's command becomes in a run. Disposing takes away what was put beside the user's own files. */
export async function setUpAgent(kind: AgentKind, request: AgentSetupRequest): Promise<PlacedAgent> {
  const [first = ''] = request.args;
  const setup: AgentSetup = MANAGING.has(first)
    ? { args: [], env: {}, placed: [], hooked: false, notes: [] }
    : await SET_UPS[kind](request);
  const texts = await Promise.all(setup.placed.map(async (path) => [path, await readFile(path, 'utf8')] as const));
  return {
    ...setup,
    async [Symbol.asyncDispose]() {
      for (const [path, text] of texts) await unplaceFile(path, text);
    },
  };
}
