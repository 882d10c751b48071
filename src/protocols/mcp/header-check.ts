import type { JsonValue } from '../../model/http.ts';
import { type JsonObject, objectAt, textAt } from './canonical-json.ts';
import type { Message } from './message.ts';
import { isModern, META } from './versions.ts';

/** What a request is refused with before anybody decides, in JSON-RPC's words. */
export interface Mistake {
  readonly code: -32020 | -32602;
  readonly message: string;
}

type Headers = Readonly<Record<string, string>>;

/**
 * Where headers say another thing than the body (2026-07-28, Streamable HTTP, "Server Validation"): what stands in both
 * must be equal, once base64 is taken off, and a modern request must have both. A header of an older revision that is
 * there all the same must not lie either: whoever stands behind the gateway may believe it.
 */
export function headerMistake(message: Message, headers: Headers): Mistake | undefined {
  const version = headers['mcp-protocol-version'];
  if (message.kind === 'result' || message.kind === 'error') {
    return headers['mcp-method'] === undefined ? undefined : mismatch('an answer has no Mcp-Method');
  }
  const { method, params } = message;
  const said = textAt(objectAt(params, '_meta'), META.version);
  if (said !== undefined && version !== undefined && said !== version) {
    return mismatch('MCP-Protocol-Version and the body name two versions');
  }
  const modern = isModern(said ?? version ?? '');
  if (modern && version === undefined) return mismatch('MCP-Protocol-Version is missing');
  const named = headers['mcp-method'];
  if (named === undefined ? modern : named !== method) return mismatch('Mcp-Method and the body name two methods');
  return nameMistake(method, params, headers['mcp-name'], modern) ?? parameterMistake(params, headers);
}

function nameMistake(method: string, params: JsonObject, header: string | undefined, modern: boolean) {
  const member = NAMED[method];
  const body = member === undefined ? undefined : textAt(params, member);
  if (header === undefined)
    return modern && body !== undefined && !method.startsWith('tasks/') ? mismatch('Mcp-Name is missing') : undefined;
  const name = headerText(header);
  if (name === undefined) return mismatch('Mcp-Name cannot be read');
  return name === body ? undefined : mismatch('Mcp-Name and the body name two things');
}

/** Which header is which argument the tool's schema says; but each must be the value of one. */
function parameterMistake(params: JsonObject, headers: Headers): Mistake | undefined {
  const given = Object.entries(headers).filter(([name]) => name.startsWith('mcp-param-'));
  if (given.length === 0) return undefined;
  const values = new Set<string>();
  collect(objectAt(params, 'arguments'), values);
  for (const [, value] of given) {
    const text = headerText(value);
    if (text === undefined) return mismatch('a header Mcp-Param-* cannot be read');
    if (!values.has(text) && !values.has(String(Number(text)))) {
      return mismatch('a header Mcp-Param-* is the value of no argument');
    }
  }
  return undefined;
}

function collect(value: JsonValue, values: Set<string>): void {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') values.add(String(value));
  else if (value !== null) for (const item of Object.values(value) as readonly JsonValue[]) collect(item, values);
}

/** `=?base64?…?=` taken off; undefined where that is no base64 of UTF-8. */
export function headerText(value: string): string | undefined {
  const [, encoded] = /^=\?base64\?([^?]*)\?=$/.exec(value) ?? [];
  if (encoded === undefined) return value;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not UTF-8: nobody can compare it.
    return undefined;
  }
}

/** The member of `params` that `Mcp-Name` repeats. */
const NAMED: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

function mismatch(why: string): Mistake {
  return { code: -32020, message: `Header mismatch: ${why}` };
}
