import type { JsonValue } from '../../model/http.ts';
import type { ReplyCount } from '../../model/reply.ts';
import { rowFinder } from '../http/reply-rows.ts';
import { isObject, objectAt } from './canonical-json.ts';
import type { McpPartParts } from './mcp-part.ts';

const NOTHING: ReplyCount = { statement: 0, rowsRead: 0, rowsChanged: 0, bytes: 0 };

/** What budgets count of whole messages: one count for each, in order. */
export function countsOf(said: McpPartParts['said']): readonly ReplyCount[] {
  if (said.kind === 'message') {
    return [{ ...NOTHING, rowsRead: rowsIn(said.text), bytes: Buffer.byteLength(said.text) }];
  }
  return said.blocks.map(({ bytes, data }) => ({ ...NOTHING, rowsRead: rowsIn(data ?? ''), bytes: bytes.length }));
}

/**
 * The rows of a message: of a result those of its `structuredContent`, or of each item of its content; else it is one. In JSON
 * a row is what it is over HTTP (http/reply-rows.ts); a text that is none, an image or a resource is one.
 */
export function rowsIn(text: string): number {
  if (text === '') return 0;
  const result = objectAt(JSON.parse(text) as JsonValue, 'result');
  const structured = result['structuredContent'];
  if (structured !== undefined) return rowsOfText(JSON.stringify(structured));
  const items = ['content', 'contents', 'messages'].flatMap((name) => {
    const list = result[name];
    return Array.isArray(list) ? (list as readonly JsonValue[]) : [];
  });
  return Math.max(
    1,
    items.map(rowsOfItem).reduce((sum, rows) => sum + rows, 0),
  );
}

function rowsOfItem(item: JsonValue): number {
  if (!isObject(item)) return 1;
  const { text = objectAt(item, 'resource')['text'] ?? objectAt(item, 'content')['text'] } = item;
  return typeof text === 'string' ? rowsOfText(text) : 1;
}

function rowsOfText(text: string): number {
  return Math.max(
    1,
    rowFinder(/^\s*[[{]/.test(text) ? 'application/json' : 'text/plain').push(Buffer.from(text)).length,
  );
}
