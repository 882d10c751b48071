import { basename } from 'node:path';

/** Coding agents that are known by the name of their program. */
export type AgentKind = 'cursor-cli' | 'claude-code' | 'codex' | 'gemini-cli' | 'copilot-cli';

export interface KnownAgent {
  readonly kind: AgentKind;
  readonly programs: readonly string[];
  /** What it needs of the caller's environment, as `--env` takes it: its key to its model, and its own settings. */
  readonly variables: readonly string[];
  /** A variable that it sets for what it starts. Anybody can set it. */
  readonly mark: string;
}

export const KNOWN_AGENTS: readonly KnownAgent[] = [
  { kind: 'cursor-cli', programs: ['cursor-agent', 'agent'], variables: ['CURSOR_*'], mark: 'CURSOR_AGENT' },
  { kind: 'claude-code', programs: ['claude'], variables: ['ANTHROPIC_*', 'CLAUDE_*'], mark: 'CLAUDECODE' },
  { kind: 'codex', programs: ['codex'], variables: ['OPENAI_*', 'CODEX_*'], mark: 'CODEX_SANDBOX' },
  {
    kind: 'gemini-cli',
    programs: ['gemini'],
    variables: ['GEMINI_*', 'GOOGLE_API_KEY', 'GOOGLE_CLOUD_PROJECT', 'GOOGLE_CLOUD_LOCATION', 'GOOGLE_GENAI_*'],
    mark: 'GEMINI_CLI',
  },
  { kind: 'copilot-cli', programs: ['copilot'], variables: ['COPILOT_*'], mark: 'COPILOT_CLI' },
];

/** `resolved` is where the program really is: `agent` is Cursor's name for its own, and a common word. */
export function knownAgent(program: string, resolved: string): KnownAgent | undefined {
  const name = basename(program);
  if (name === 'agent' && !/cursor/i.test(resolved)) return undefined;
  return KNOWN_AGENTS.find(({ programs }) => programs.includes(name));
}

/** The agents whose marks stand in an environment: labels, and no proof of anything. */
export function markedAgents(env: NodeJS.ProcessEnv): readonly AgentKind[] {
  return KNOWN_AGENTS.filter(({ mark }) => (env[mark] ?? '') !== '').map(({ kind }) => kind);
}
