import type { RecordedBody } from '../audit/read/read-session.ts';
import { parseTraceParent } from '../model/trace-ids.ts';
import type { PersonFacts, SessionFacts } from './export-record.ts';

/**
 * What the body of an opening adds: the trace of the run and the agent, each of a closed form that names nobody; and with
 * `people`, who is behind it. Nothing where the body was erased or cannot be read.
 */
export function bodyFacts(body: RecordedBody, people: boolean): Pick<SessionFacts, 'person' | 'trace' | 'agent'> {
  const said = body.kind === 'bytes' ? parsed(body.bytes) : undefined;
  if (said === undefined) return {};
  const trace = parseTraceParent(text(said, 'principal', 'run', 'asserted', 'traceparent'));
  const agents = (text(said, 'principal', 'run', 'asserted', 'agent') ?? '').split(',');
  const agent = AGENTS.find((name) => agents.includes(name));
  return { ...(trace && { trace }), ...(agent && { agent }), ...(people && { person: personOf(said) }) };
}

/** A client may call itself anything; only these are told of everybody. */
const AGENTS = [
  'cursor-agent',
  'cursor',
  'claude-code',
  'claude',
  'codex',
  'copilot',
  'gemini',
  'gemini-cli',
  'aider',
  'goose',
  'amp',
  'opencode',
];

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined; // altered: nobody is named by it
  }
}

function personOf(said: unknown): PersonFacts {
  const display = text(said, 'principal', 'display');
  const actor = text(said, 'principal', 'run', 'workload', 'actor');
  const [, address, port] = /^\[?([0-9A-Fa-f.:]+?)\]?:(\d{1,5})$/.exec(text(said, 'client') ?? '') ?? [];
  return {
    ...(display !== undefined && { display }),
    ...(actor !== undefined && { actor }),
    ...(address !== undefined && { address, port: Number(port) }),
  };
}

function text(value: unknown, ...path: readonly string[]): string | undefined {
  let found = value;
  for (const step of path)
    found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[step] : undefined;
  return typeof found === 'string' ? found : undefined;
}
