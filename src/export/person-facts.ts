import type { RecordedBody } from '../audit/read/read-session.ts';
import type { PersonFacts } from './export-record.ts';

/** Who is behind a session, out of the body of its opening; undefined where that was erased or cannot be read. */
export function personOf(body: RecordedBody): PersonFacts | undefined {
  if (body.kind !== 'bytes') return undefined;
  let said: unknown;
  try {
    said = JSON.parse(body.bytes.toString('utf8'));
  } catch {
    return undefined; // altered: nobody is named by it
  }
  const display = text(said, 'principal', 'display');
  const actor = text(said, 'principal', 'run', 'workload', 'actor');
  const agent = text(said, 'principal', 'run', 'asserted', 'agent');
  const [, address, port] = /^\[?([0-9A-Fa-f.:]+?)\]?:(\d{1,5})$/.exec(text(said, 'client') ?? '') ?? [];
  return {
    ...(display !== undefined && { display }),
    ...(actor !== undefined && { actor }),
    ...(agent !== undefined && { agent }),
    ...(address !== undefined && { address, port: Number(port) }),
  };
}

function text(value: unknown, ...path: readonly string[]): string | undefined {
  let found = value;
  for (const step of path)
    found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[step] : undefined;
  return typeof found === 'string' ? found : undefined;
}
