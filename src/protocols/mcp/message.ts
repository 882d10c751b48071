import type { JsonValue } from '../../model/http.ts';
import { strictJson } from '../http/inspect/strict-json.ts';
import { isObject, type JsonObject } from './canonical-json.ts';

export type MessageId = string | number;

/** One message of JSON-RPC 2.0, from either side. */
export type Message =
  | { readonly kind: 'request'; readonly id: MessageId; readonly method: string; readonly params: JsonObject }
  | { readonly kind: 'notification'; readonly method: string; readonly params: JsonObject }
  | { readonly kind: 'result'; readonly id: MessageId; readonly result: JsonObject }
  | { readonly kind: 'error'; readonly id: MessageId | undefined; readonly error: JsonObject };

export type RpcRequest = Extract<Message, { readonly kind: 'request' }>;

/** Why a text is no message, with JSON-RPC's own code: what cannot be parsed, or is no request. */
export interface NoMessage {
  readonly why: string;
  readonly code: -32700 | -32600;
}

/** One message as every reader reads it; a batch (2025-03-26) is none. */
export function readMessage(bytes: Buffer): Message | NoMessage {
  const text = textOf(bytes);
  if (text === undefined) return { why: 'it is not UTF-8', code: -32700 };
  const read = strictJson(text);
  return 'why' in read ? { why: read.why, code: -32700 } : messageOf(read.value);
}

export function messageOf(value: JsonValue): Message | NoMessage {
  if (Array.isArray(value)) return noMessage('batches are not taken');
  if (!isObject(value) || value['jsonrpc'] !== '2.0') return noMessage('it is no message of JSON-RPC 2.0');
  const stray = Object.keys(value).find((name) => !MEMBERS.has(name));
  if (stray !== undefined) return noMessage('it has a member that JSON-RPC has not');
  const { id, method, params, result, error } = value;
  if (id !== undefined && !isId(id) && !(id === null && error !== undefined)) {
    return noMessage('its id is neither text nor a whole number');
  }
  if (method !== undefined) {
    if (typeof method !== 'string' || method === '' || method.length > MOST_METHOD_CHARACTERS) {
      return noMessage('its method is no name');
    }
    if (result !== undefined || error !== undefined) return noMessage('it asks and answers');
    if (params !== undefined && !isObject(params)) return noMessage('its params are no object');
    return isId(id)
      ? { kind: 'request', id, method, params: params ?? {} }
      : { kind: 'notification', method, params: params ?? {} };
  }
  if (params !== undefined || (result === undefined) === (error === undefined)) return noMessage('it says nothing');
  if (isObject(error)) return { kind: 'error', id: isId(id) ? id : undefined, error };
  if (isObject(result) && isId(id)) return { kind: 'result', id, result };
  return noMessage('its result or error is no object');
}

const MEMBERS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error']);
const MOST_METHOD_CHARACTERS = 200;

function isId(id: JsonValue | undefined): id is MessageId {
  return typeof id === 'string' || Number.isSafeInteger(id);
}

function noMessage(why: string): NoMessage {
  return { why, code: -32600 };
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not UTF-8, which is the answer.
    return undefined;
  }
}
