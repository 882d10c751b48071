import { LIMITS } from '../../../model/limits.ts';
import type { Fields, IncomingRequest } from '../../http/message.ts';
import { CAPABILITIES_META, isModern, LEGACY, MODERN, VERSION_META } from './era.ts';
import { valueOfHeader } from './header-values.ts';
import { isObject, type Json, type JsonObject, objectOf, parseJson, textOf } from './lossless-json.ts';
import { failed, RPC } from './rpc.ts';

export type Asked =
  | { readonly message: JsonObject }
  | { readonly refused: JsonObject; readonly id: Json; readonly status: number };

/** Reads the one message of a POST, and checks what it must have. Rejects where its body breaks off. */
export async function readAsked(incoming: IncomingRequest): Promise<Asked> {
  const { fields } = incoming.head;
  const type = (valueOf(fields, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return refused(null, RPC.invalid, 'a message is application/json', 415);
  const text = await textIn(incoming);
  if (text === undefined) return refused(null, RPC.invalid, 'the message is longer than it may be', 413);
  const message = parseJson(text);
  if (message === undefined) return refused(null, RPC.parse, 'the message is not JSON');
  if (!isObject(message) || message['jsonrpc'] !== '2.0')
    return refused(null, RPC.invalid, 'this is no message of JSON-RPC 2.0');
  const id = message['id'] ?? null;
  if (typeof id === 'object' && id !== null) return refused(null, RPC.invalid, 'an id is a string or a number');
  return wrong(message, id, fields) ?? { message };
}

/** What the headers and the body say must be the same; nothing is ever decided by a header alone. */
function wrong(message: JsonObject, id: Json, fields: Fields): Asked | undefined {
  const params = objectOf(message['params']) ?? {};
  const meta = objectOf(params['_meta']) ?? {};
  const spoken = valueOf(fields, 'mcp-protocol-version');
  const said = textOf(meta[VERSION_META]);
  const version = said ?? spoken;
  if (version !== undefined && version !== MODERN && !LEGACY.some((one) => one === version)) {
    const error = failed(RPC.unsupportedVersion, 'this revision of MCP is not spoken here', {
      supported: [MODERN, ...LEGACY],
      requested: version,
    });
    return { refused: error.error, id, status: 400 };
  }
  if (said === undefined ? spoken !== undefined && isModern(spoken) : said !== spoken) {
    // Without its own word a message of 2026-07-28 is none: what it may do is said in it.
    const code = said === undefined ? RPC.invalidParams : RPC.headerMismatch;
    return refused(id, code, 'MCP-Protocol-Version and the message do not say the same');
  }
  if (said === undefined || !isModern(said)) return undefined;
  if (objectOf(meta[CAPABILITIES_META]) === undefined && message['id'] !== undefined) {
    return refused(id, RPC.invalidParams, `a request says ${CAPABILITIES_META}`);
  }
  return wrongMirror(message, params, id, fields);
}

function wrongMirror(message: JsonObject, params: JsonObject, id: Json, fields: Fields): Asked | undefined {
  const method = textOf(message['method']);
  if (method !== undefined && valueOf(fields, 'mcp-method') !== method) {
    return refused(id, RPC.headerMismatch, 'Mcp-Method and the message do not say the same');
  }
  const key = method === undefined ? undefined : NAMED[method];
  if (key === undefined) return undefined;
  const named = valueOf(fields, 'mcp-name');
  if (named !== undefined && valueOfHeader(named) === textOf(params[key])) return undefined;
  return refused(id, RPC.headerMismatch, 'Mcp-Name and the message do not say the same');
}

const NAMED: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

function refused(id: Json, code: number, message: string, status = 400): Asked {
  return { refused: failed(code, message).error, id, status };
}

async function textIn({ body }: IncomingRequest): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for (let bytes = await body.read(); bytes !== null; bytes = await body.read()) {
    length += bytes.length;
    if (length > LIMITS.maxInspectedBodyBytes) return undefined;
    pieces.push(Buffer.from(bytes));
  }
  return Buffer.concat(pieces).toString('utf8');
}

function valueOf(fields: Fields, wanted: string): string | undefined {
  return fields.find(([name]) => name === wanted)?.[1];
}
