import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printable } from '../../printable.ts';
import { askProgram } from '../ci/ask-program.ts';

/** Beyond it nothing more is noted; the summary says that it is full. */
export const MAX_HOOK_FILE_BYTES = 8 * 1024 * 1024;
const SELF_TEST = 'chaperone-self-test';
const SELF_TEST_MS = 20_000;
const MAX_SHOWN = 8;

/** What is noted of one call of a hook. */
export interface HookLine {
  readonly event?: string;
  readonly session?: string;
  readonly tool?: string;
  readonly model?: string;
  /** SHA-256 of what the tool was given, hex. */
  readonly input?: string;
}

export interface HookFile {
  readonly path: string;
  /** The command line of a hook for this run, for a shell. `answer` is written for agents that want one. */
  readonly commandLine: string;
  /** The same as words. */
  readonly words: readonly string[];
}

/** The run's file of notes, 0600, and the program that writes to it. */
export async function makeHookFile(
  directory: string,
  run: string,
  program: readonly [node: string, main: string],
  answer?: string,
): Promise<HookFile> {
  const path = join(directory, 'hooks.jsonl');
  await writeFile(path, '', { mode: 0o600, flag: 'wx' });
  const answering = answer === undefined ? [] : ['--answer', answer];
  const words = [...program, 'agent-hook', '--to', path, '--run', run, ...answering];
  return { path, words, commandLine: words.map(quoted).join(' ') };
}

/** For a POSIX shell. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Calls the hook as an agent would, with the command's own environment. False where no note comes of it. */
export async function hookFires(
  hooks: HookFile,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  const input = JSON.stringify({ hook_event_name: SELF_TEST });
  const limits = { withinMs: SELF_TEST_MS, maxBytes: 64 * 1024 };
  try {
    await askProgram({
      command: '/bin/sh',
      args: ['-c', hooks.commandLine],
      env: { ...env },
      input,
      signal,
      ...limits,
    });
    return (await readFile(hooks.path, 'utf8')).includes(SELF_TEST);
  } catch {
    signal.throwIfAborted();
    // Why it does not run is the agent's environment's to tell; whoever asked says that it does not.
    return false;
  }
}

export interface HookSummary {
  /** Calls, without the self-test. */
  readonly events: number;
  /** Labels for the record: what an agent said of itself. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What an agent's hooks said in a run; undefined where the command has taken the file away, or put another thing there. */
export async function summariseHooks(hooks: HookFile): Promise<HookSummary | undefined> {
  const bytes = await readNotes(hooks.path);
  if (bytes === undefined) return undefined;
  const lines = bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map(lineOf)
    .filter(({ event }) => event !== SELF_TEST);
  const sessions = [...new Set(lines.flatMap(({ session }) => session ?? []))];
  const models = [...new Set(lines.flatMap(({ model }) => model ?? []))];
  const labels = {
    'hooks.events': String(lines.length),
    'hooks.digest': `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    'hooks.sessions': listed(sessions),
    'hooks.models': listed(models),
    'hooks.tools': listed(toolCounts(lines)),
    ...(bytes.length >= MAX_HOOK_FILE_BYTES ? { 'hooks.full': 'true' } : {}),
  };
  return {
    events: lines.length,
    labels: Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== '')),
  };
}

/** At most so much of it as hooks write; a link, a pipe or a folder is not read, since the command could put one there. */
async function readNotes(path: string): Promise<Buffer | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) return undefined;
    const bytes = Buffer.alloc(MAX_HOOK_FILE_BYTES);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) return bytes.subarray(0, length);
      length += bytesRead;
    }
  } catch {
    // Gone, or not to be read: the run's end does not wait for an agent's notes.
    return undefined;
  }
}

/** The command can write to the file: what is not of the shape counts as a call that says nothing. */
function lineOf(line: string): HookLine {
  try {
    const value: unknown = JSON.parse(line);
    const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return Object.fromEntries(members.filter(([, member]) => typeof member === 'string'));
  } catch {
    return {};
  }
}

/** `Bash:12`, most used first. A call counts once: before it, or where an agent tells only of its end, after it. */
function toolCounts(lines: readonly HookLine[]): readonly string[] {
  const counts = new Map<string, number>();
  const named = [/^(pre|before)/i, /^post/i].map((pattern) => lines.filter(({ event = '' }) => pattern.test(event)));
  for (const { tool } of named.find((some) => some.length > 0) ?? lines) {
    if (tool !== undefined) counts.set(tool, (counts.get(tool) ?? 0) + 1);
  }
  return [...counts]
    .sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))
    .map(([tool, count]) => `${tool}:${count}`);
}

function listed(words: readonly string[]): string {
  const shown = words.slice(0, MAX_SHOWN).map((word) => printable(word).slice(0, 100));
  return [...shown, ...(words.length > MAX_SHOWN ? [`… ${words.length - MAX_SHOWN} more`] : [])].join(' ');
}
