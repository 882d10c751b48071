import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { printable } from '../../printable.ts';
import { askProgram } from '../ci/ask-program.ts';
import { type AgentKind, type KnownAgent, knownAgent, markedAgents } from './known-agents.ts';

/** What the wrapper itself saw of the agent that it starts: assurance level A1. */
export interface ObservedAgent {
  readonly agent: KnownAgent;
  /** Where its program really is. */
  readonly path: string;
  /** SHA-256 of that file, hex; absent where it is too large to be read while somebody waits. */
  readonly digest?: string;
  /** The first line of what it says of itself; absent where it says nothing in time. */
  readonly version?: string;
}

export interface ObserveRequest {
  readonly command: string;
  /** What the command will see: the program is asked for its version with nothing else. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const VERSION_MS = 10_000;
const MAX_VERSION_BYTES = 16 * 1024;
const MAX_VERSION_CHARACTERS = 100;
const MAX_EXECUTABLE_BYTES = 512 * 1024 * 1024;

/** Undefined where the command is no agent that is known by name, or is not there. */
export async function observeAgent(request: ObserveRequest): Promise<ObservedAgent | undefined> {
  const path = resolved(request.command, request.env['PATH'] ?? '');
  const agent = path === undefined ? undefined : knownAgent(request.command, path);
  if (path === undefined || agent === undefined) return undefined;
  const [digest, version] = await Promise.all([digestOf(path), versionOf(path, request)]);
  return { agent, path, ...(digest === undefined ? {} : { digest }), ...(version === undefined ? {} : { version }) };
}

function resolved(command: string, path: string): string | undefined {
  const candidates = command.includes('/') ? [command] : path.split(delimiter).map((folder) => join(folder, command));
  for (const candidate of candidates) {
    try {
      const real = realpathSync(candidate);
      if (statSync(real).isFile()) return real;
    } catch {
      // Not in this folder: the next one is looked at.
    }
  }
  return undefined;
}

async function digestOf(path: string): Promise<string | undefined> {
  if (statSync(path).size > MAX_EXECUTABLE_BYTES) return undefined;
  const digest = createHash('sha256');
  await pipeline(createReadStream(path), digest);
  return digest.digest('hex');
}

async function versionOf(command: string, { env, signal }: ObserveRequest): Promise<string | undefined> {
  try {
    const limits = { withinMs: VERSION_MS, maxBytes: MAX_VERSION_BYTES };
    const { stdout } = await askProgram({ command, args: ['--version'], env: { ...env }, signal, ...limits });
    const [line = ''] = stdout.trim().split('\n');
    return line === '' ? undefined : printable(line).slice(0, MAX_VERSION_CHARACTERS);
  } catch {
    signal.throwIfAborted();
    // It says nothing of itself: its digest is what the record has.
    return undefined;
  }
}

export interface AgentLabelsRequest {
  readonly observed: ObservedAgent | undefined;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Of processes above the wrapper. */
  readonly ancestor: AgentKind | undefined;
}

/**
 * Labels for the record. What the wrapper started counts before what it was started by, and that before variables,
 * which are inherited and can be set by anybody.
 */
export function agentLabels({ observed, args, env, ancestor }: AgentLabelsRequest): Readonly<Record<string, string>> {
  const argv = createHash('sha256').update(JSON.stringify(args)).digest('hex');
  const marks = markedAgents(env);
  const above = {
    ...(ancestor ? { 'agent.above': ancestor } : {}),
    ...(marks.length > 0 ? { 'agent.marks': marks.join(' ') } : {}),
  };
  if (observed !== undefined) {
    const { agent, digest, version } = observed;
    return {
      agent: agent.kind,
      'agent.level': 'A1',
      'agent.argv': `sha256:${argv}`,
      ...(digest ? { 'agent.digest': `sha256:${digest}` } : {}),
      ...(version ? { 'agent.version': version } : {}),
      ...above,
    };
  }
  const claimed = ancestor ?? marks[0];
  return claimed === undefined ? {} : { agent: claimed, 'agent.level': 'A0', ...above };
}

const MAX_ANCESTORS = 64;

/** The nearest process above this one that was started as an agent. */
export function ancestorAgent(): AgentKind | undefined {
  let pid = process.ppid;
  for (let depth = 0; pid > 1 && depth < MAX_ANCESTORS; depth++) {
    const found = agentOfArguments(fileText(`/proc/${pid}/cmdline`).split('\0'));
    if (found !== undefined) return found;
    const stat = fileText(`/proc/${pid}/stat`);
    pid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
  }
  return undefined;
}

/** The program, or the script that an interpreter runs. */
export function agentOfArguments([program = '', script = '']: readonly string[]): AgentKind | undefined {
  const isInterpreter = /(^|\/)(node|bun|deno|python3?|sh|bash)$/.test(program);
  return (knownAgent(program, program) ?? (isInterpreter ? knownAgent(script, script) : undefined))?.kind;
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Gone, another user's, or no Linux: it is not known.
    return '';
  }
}
