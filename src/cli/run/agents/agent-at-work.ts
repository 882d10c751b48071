import { homedir } from 'node:os';
import type { RunContext } from '../local-target.ts';
import { mcpServersOf } from './agent-setup.ts';
import { hookFires, makeHookFile, summariseHooks } from './hook-file.ts';
import type { ObservedAgent } from './observe-agent.ts';
import { setUpAgent } from './set-up-agent.ts';

export interface AgentRequest {
  /** Undefined where the command is no agent that is known by name. */
  readonly observed: ObservedAgent | undefined;
  readonly context: RunContext;
  /** What the command sees so far. */
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** Node and this program's main file. */
  readonly program: readonly [node: string, main: string];
  /** Tells what somebody should look at, a sentence. */
  readonly warn: (sentence: string) => void;
  /** Tells whoever watches. */
  readonly say: (text: string) => void;
}

/** A command as it is to be started, and what its hooks said when it has ended. */
export interface AgentAtWork extends AsyncDisposable {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Labels for the record; warns where hooks were set that never fired. */
  labels(): Promise<Readonly<Record<string, string>>>;
}

const SELF_TEST_MS = 30_000;
/** Gemini wants JSON from every hook, be it empty; the others take it for nothing. */
const ANSWER = '{}';

/** Sets a known agent up for the run, and tries its hook once; any other command stays as it is. */
export async function agentAtWork(request: AgentRequest): Promise<AgentAtWork> {
  const { observed, context, env, args, program, warn, say } = request;
  if (observed === undefined) {
    return { args, env, labels: () => Promise.resolve({}), [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const { kind } = observed.agent;
  const hooks = await makeHookFile(
    context.directory,
    context.runId,
    program,
    kind === 'gemini-cli' ? ANSWER : undefined,
  );
  const home = env['HOME'] ?? homedir();
  const set = { context, env, args, hooks, workspace: process.cwd(), home, mcpServers: mcpServersOf(context) };
  const setup = await setUpAgent(kind, set);
  for (const note of setup.notes) say(`chaperone: ${note}\n`);
  const withEnv = { ...env, ...setup.env };
  const fires = setup.hooked && (await hookFires(hooks, withEnv, AbortSignal.timeout(SELF_TEST_MS)));
  if (setup.hooked && !fires) warn(`the hook of ${kind} does not run here, so its tool calls are not noted`);
  return {
    args: [...setup.args, ...args],
    env: withEnv,
    async labels() {
      if (!fires) return { hooks: setup.hooked ? 'broken' : 'none' };
      const summary = await summariseHooks(hooks);
      if (summary === undefined) {
        warn(`the notes of ${kind} on its tool calls were taken away while it ran`);
        return { hooks: 'gone' };
      }
      const { events, labels } = summary;
      if (events === 0) warn(`${kind} called its hook not once, so the record has none of its tool calls`);
      return { hooks: events === 0 ? 'silent' : 'fired', ...labels };
    },
    async [Symbol.asyncDispose]() {
      try {
        await setup[Symbol.asyncDispose]();
      } catch (error) {
        // The command's own status counts.
        warn(`what was put beside the settings of ${kind} is still there: ${(error as Error).message}`);
      }
    },
  };
}
