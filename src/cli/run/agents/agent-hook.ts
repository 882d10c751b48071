import { createHash } from 'node:crypto';
import { appendFileSync, statSync } from 'node:fs';
import { Command } from 'commander';
import { type HookLine, MAX_HOOK_FILE_BYTES } from './hook-file.ts';

const MAX_INPUT_BYTES = 4 * 1024 * 1024;
const MAX_NAME_CHARACTERS = 120;

interface HookOptions {
  readonly to: string;
  readonly run: string;
  readonly answer?: string;
}

/** The program that an agent's hooks call. It says nothing to the agent, fails never, and keeps no content. */
export function agentHookCommand(): Command {
  return new Command('agent-hook')
    .description('Called by the hooks of a coding agent in a run: notes that they fired, and for which tool.')
    .requiredOption('--to <file>', "the run's file of notes")
    .requiredOption('--run <id>', 'the run')
    .option('--answer <text>', 'what the agent wants to be answered')
    .argument('[event]', 'where the agent gives it as an argument')
    .action(async (event: string | undefined, { to, run, answer }: HookOptions) => {
      if (answer !== undefined) process.stdout.write(`${answer}\n`);
      // A hook of another run on this machine, that shares the agent's settings.
      if (process.env['CHAPERONE_RUN_ID'] !== run) return;
      try {
        if (statSync(to).size > MAX_HOOK_FILE_BYTES) return;
        appendFileSync(to, `${JSON.stringify(hookLine(event ?? (await standardInput())))}\n`);
      } catch {
        // The run is over, or the file is gone. An agent must not stop for its notes; that they are missing is seen.
      }
    });
}

/** What a hook was told, by the names that the agents have for it, without what the tool was given. */
export function hookLine(text: string): HookLine {
  const told = parsed(text);
  const of = (...names: readonly string[]): string | undefined => {
    const value = names.map((name) => told[name]).find((each) => typeof each === 'string' && each !== '');
    return typeof value === 'string' ? value.slice(0, MAX_NAME_CHARACTERS) : undefined;
  };
  const input = ['tool_input', 'toolArgs', 'command', 'file_path']
    .map((name) => told[name])
    .find((each) => each !== undefined);
  const fields = {
    event: of('hook_event_name', 'hookEventName', 'type'),
    session: of('session_id', 'conversation_id', 'sessionId', 'thread-id'),
    tool: of('tool_name', 'toolName'),
    model: of('model'),
    input: input === undefined ? undefined : createHash('sha256').update(JSON.stringify(input)).digest('hex'),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // It fired, and what it was told is not JSON: a line with nothing in it.
    return {};
  }
}

async function standardInput(): Promise<string> {
  let text = '';
  for await (const part of process.stdin.setEncoding('utf8')) {
    text += String(part);
    if (text.length > MAX_INPUT_BYTES) break;
  }
  return text;
}
