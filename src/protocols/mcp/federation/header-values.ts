import type { Fields } from '../../http/message.ts';
import { isObject, type JsonObject, objectOf, textOf } from './lossless-json.ts';

const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const ENCODED = /^=\?base64\?[A-Za-z0-9+/]*={0,2}\?=$/i;
const TOKEN = /^[A-Za-z0-9-]{1,64}$/;

/** A value as a header may have it (2026-07-28, Streamable HTTP): in base64 where it is not plain, or looks like that. */
export function headerValue(text: string): string {
  const isPlain = PLAIN.test(text) && !ENCODED.test(text);
  return isPlain ? text : `=?base64?${Buffer.from(text, 'utf8').toString('base64')}?=`;
}

export function valueOfHeader(value: string): string {
  return ENCODED.test(value) ? Buffer.from(value.slice('=?base64?'.length, -2), 'base64').toString('utf8') : value;
}

/** What of a request stands in its headers as well: its method, and the name or the URI that it is about. */
export function mirrored(method: string, params: JsonObject): Fields {
  const name = textOf(params['name']) ?? textOf(params['uri']) ?? textOf(params['taskId']);
  const named = MIRRORED.has(method) && name !== undefined ? [['mcp-name', headerValue(name)] as const] : [];
  return [['mcp-method', method], ...named];
}

/** `Mcp-Param-*` of the arguments that a tool's schema asks for there (`x-mcp-header`). */
export function parameterFields(tool: JsonObject | undefined, given: JsonObject | undefined): Fields {
  const properties = objectOf(objectOf(tool?.['inputSchema'])?.['properties']) ?? {};
  const fields: [string, string][] = [];
  for (const [name, schema] of Object.entries(properties)) {
    const header = isObject(schema) ? textOf(schema['x-mcp-header']) : undefined;
    const value = given?.[name];
    if (header === undefined || !TOKEN.test(header) || value === undefined || value === null) continue;
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    fields.push([`mcp-param-${header.toLowerCase()}`, headerValue(text)]);
  }
  return fields;
}

const MIRRORED: ReadonlySet<string> = new Set([
  'tools/call',
  'prompts/get',
  'resources/read',
  'tasks/get',
  'tasks/update',
  'tasks/cancel',
]);
