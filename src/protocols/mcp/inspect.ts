import type { JsonValue } from '../../model/http.ts';
import type { McpFacts } from '../../model/mcp.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { Operation } from '../../model/request.ts';
import type { Target } from '../../model/target.ts';
import type { AskedHead, Inspected, Inspector, ReadBody } from '../http/inspector.ts';
import { canonicalJson, type JsonObject, objectAt, textAt, without } from './canonical-json.ts';
import { headerMistake } from './header-check.ts';
import { type Message, type MessageId, readMessage } from './message.ts';
import { accessOf, toolAccess } from './methods.ts';
import { META, UNSAID } from './versions.ts';

/** What a client asks in one request. */
export type Asked =
  | { readonly kind: 'message'; readonly message: Message; readonly version: string }
  /** GET: what the server sends unasked (2025-11-25 and before). */
  | { readonly kind: 'stream'; readonly version: string }
  /** DELETE: the client is done with its session. */
  | { readonly kind: 'end'; readonly version: string }
  /** It is refused in JSON-RPC's words, with this code and status. */
  | {
      readonly kind: 'mistake';
      readonly id: MessageId | undefined;
      readonly code: number;
      readonly status: number;
      readonly version: string;
    };

const ASKED = new WeakMap<readonly Operation[], Asked>();

/** What the inspector read of the request that has these operations. */
export function askedOf(operations: readonly Operation[]): Asked | undefined {
  return ASKED.get(operations);
}

/** Reads each request as one message, and that as one operation. */
export function createMcpInspector(wantedBytes: number): Inspector {
  return {
    wants: () => wantedBytes,
    inspect: (head, body) => inspect(head, body),
  };
}

function inspect(head: AskedHead, body: ReadBody | undefined): Inspected {
  const { facts, target } = head;
  const version = facts.headers['mcp-protocol-version'] ?? UNSAID;
  if (!isEndpoint(facts.path, target)) {
    return mistaken(version, `an MCP target has no ${facts.path.slice(0, 200)}`, 404);
  }
  if (Object.keys(facts.query).length > 0) return mistaken(version, 'an MCP target takes no query', 404);
  if (facts.method === 'GET')
    return told({ kind: 'stream', version }, [plain(target, 'subscriptions/listen', version)], 'stream');
  if (facts.method === 'DELETE') return told({ kind: 'end', version }, [plain(target, 'session/end', version)], 'end');
  if (facts.method !== 'POST') return mistaken(version, 'MCP has the methods POST, GET and DELETE', 405);
  if (facts.mediaType !== 'application/json') return mistaken(version, 'a message of MCP is application/json', 415);
  if (head.codings.some((coding) => coding !== 'identity'))
    return mistaken(version, 'a message of MCP is not compressed', 415);
  if (body === undefined) return mistaken(version, 'a message of MCP has a body', 400);
  if (!body.complete) return mistaken(version, 'the message is longer than it may be', 413, 'too-large');
  return ofMessage(head, body.bytes, version);
}

function ofMessage({ target, facts }: AskedHead, bytes: Buffer, said: string): Inspected {
  const message = readMessage(bytes);
  if ('why' in message) return mistaken(said, message.why, 400, 'protocol-malformed', { code: message.code });
  const params = 'params' in message ? message.params : {};
  const version = textAt(objectAt(params, '_meta'), META.version) ?? said;
  const wrong = headerMistake(message, facts.headers);
  const id = 'id' in message ? message.id : undefined;
  if (wrong !== undefined) return mistaken(version, wrong.message, 400, 'protocol-malformed', { code: wrong.code, id });
  const operation =
    message.kind === 'request' || message.kind === 'notification'
      ? operationOf(target, { method: message.method, params, version })
      : answering(target, version);
  return told({ kind: 'message', message, version }, [operation], sameOf(message));
}

/** What makes a message sent again the same: what it asks, whatever its number is, and how its progress and its result are told. */
export function sameOf(message: Message): string {
  if (message.kind === 'result') return canonicalJson({ answer: message.id, result: message.result });
  if (message.kind === 'error') return canonicalJson({ answer: message.id ?? null, error: message.error });
  return canonicalJson({ method: message.method, params: without(message.params, ['_meta', 'task']) });
}

export interface Saying {
  readonly method: string;
  readonly params: JsonObject;
  readonly version: string;
  readonly from?: McpFacts['from'];
  /** Where the server itself says of the tool that it destroys. */
  readonly isDestructive?: boolean;
}

/** A message as rules see it. */
export function operationOf(
  target: Target,
  { method, params, version, from = 'client', isDestructive = false }: Saying,
): Operation {
  const name = textAt(params, 'name');
  const uri = textAt(params, 'uri');
  const given = argumentsOf(method, params);
  const access = method === 'tools/call' ? toolAccess(target, name ?? '', isDestructive) : accessOf(method);
  const mcp: McpFacts = {
    server: target.name,
    method,
    from,
    ...(name === undefined || !NAMED.has(method) ? {} : { name }),
    ...(uri === undefined ? {} : { uri }),
    ...(given === undefined ? {} : { arguments: given }),
    version,
  };
  const functions = mcp.name === undefined || method !== 'tools/call' ? [] : [mcp.name.toLowerCase()];
  const known = { kind: method, access, tables: [], functions, hasWhere: true, flags: [], mcp };
  return access === 'unknown' ? { ...known, kind: 'unknown', reason: 'nobody knows its method' } : known;
}

/** An answer of the client to what the server asked: which that was, its session says, and it was permitted then. */
function answering(target: Target, version: string): Operation {
  return plain(target, 'answer', version);
}

function plain(target: Target, method: string, version: string): Operation {
  const mcp: McpFacts = { server: target.name, method, from: 'client', version };
  return { kind: method, access: 'read', tables: [], functions: [], hasWhere: true, flags: [], mcp };
}

const NAMED: ReadonlySet<string> = new Set(['tools/call', 'prompts/get']);

/** What is given along; of methods that name no `arguments`, their own parameters. */
function argumentsOf(method: string, params: JsonObject): Readonly<Record<string, JsonValue>> | undefined {
  if (NAMED.has(method)) return objectAt(params, 'arguments');
  const others = without(params, ['_meta', 'name', 'uri', 'cursor', 'requestState', 'inputResponses']);
  return Object.keys(others).length === 0 ? undefined : others;
}

function isEndpoint(path: string, { mcp }: Target): boolean {
  const own = mcp !== undefined && 'path' in mcp.transport ? mcp.transport.path : undefined;
  return path === '/' || path === '/mcp' || path === own;
}

function mistaken(
  version: string,
  message: string,
  status: number,
  code: Refusal['code'] = 'protocol-malformed',
  said: { readonly code?: number; readonly id?: MessageId | undefined } = {},
): Inspected {
  const operations: readonly Operation[] = [
    {
      kind: 'unknown',
      access: 'unknown',
      tables: [],
      functions: [],
      hasWhere: true,
      flags: ['unparsable'],
      reason: message,
    },
  ];
  ASKED.set(operations, { kind: 'mistake', id: said.id, code: said.code ?? -32600, status, version });
  return { operations, unsupported: { code, message } };
}

function told(asked: Asked, operations: readonly Operation[], same: string): Inspected {
  ASKED.set(operations, asked);
  return { operations, same };
}
