import { isUtf8 } from 'node:buffer';
import type { DecodedReply, DecodedResult, DecodedValue, ReplyDecoder } from '../../model/decoded-reply.ts';
import type { GrpcSource } from '../../model/http.ts';
import { readHttpMessage } from '../../model/http-message.ts';
import { LIMITS } from '../../model/limits.ts';
import { callDecoder } from './decode-calls.ts';

/**
 * Recorded replies (`message/http`, RFC 9112, 10.1) as tables: their fields, and their body; messages of gRPC by the target's
 * descriptors. Never throws.
 */
export function httpReplyDecoder(grpc?: GrpcSource): ReplyDecoder {
  return { decode: decodeReply, calls: callDecoder(grpc) };
}

function decodeReply(wire: Uint8Array): DecodedReply {
  const { start, fields, body } = readHttpMessage(wire);
  if (start === undefined) return { results: body.length === 0 ? [] : [bodyResult(body, '')], notices: [] };
  const rows = fields.slice(0, LIMITS.decodedRows);
  const head: DecodedResult = { columns: HEAD_COLUMNS, rows, moreRows: fields.length - rows.length, tag: start };
  const type = fields.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  return { results: body.length === 0 ? [head] : [head, bodyResult(body, type)], notices: [] };
}

const HEAD_COLUMNS = [
  { name: 'field', type: 'text' },
  { name: 'value', type: 'text' },
];

function bodyResult(body: Buffer, type: string): DecodedResult {
  return { columns: [{ name: 'body', type: type || 'bytes' }], rows: [[bodyValue(body, type)]], moreRows: 0 };
}

/** JSON is laid out for reading where it is whole; bytes that are no text are hex, the first of them. */
function bodyValue(body: Buffer, type: string): DecodedValue {
  if (!isUtf8(body)) return { hex: body.toString('hex', 0, SHOWN_BYTES) };
  const text = body.toString('utf8');
  if (!/\bjson\b/i.test(type)) return text;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    // Cut off, or none: it is shown as it is.
    return text;
  }
}

/** As many bytes that are no text tell what they are; the rest is in the recording. */
const SHOWN_BYTES = 256;
