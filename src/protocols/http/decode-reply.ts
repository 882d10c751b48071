import { isUtf8 } from 'node:buffer';
import type { DecodedReply, DecodedResult, DecodedValue, ReplyDecoder } from '../../model/decoded-reply.ts';
import { LIMITS } from '../../model/limits.ts';

/** Recorded replies (`message/http`, RFC 9112, 10.1) as tables: their fields, and their body. Never throws. */
export function httpReplyDecoder(): ReplyDecoder {
  return { decode: (wire) => decodeReply(Buffer.from(wire.buffer, wire.byteOffset, wire.length)) };
}

function decodeReply(wire: Buffer): DecodedReply {
  const { status, fields, body } = readReply(wire);
  if (status === undefined) return { results: body.length === 0 ? [] : [bodyResult(body, '')], notices: [] };
  const rows = fields.slice(0, LIMITS.decodedRows);
  const head: DecodedResult = { columns: HEAD_COLUMNS, rows, moreRows: fields.length - rows.length, tag: status };
  const type = fields.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  return { results: body.length === 0 ? [head] : [head, bodyResult(body, type)], notices: [] };
}

const HEAD_COLUMNS = [
  { name: 'field', type: 'text' },
  { name: 'value', type: 'text' },
];

/** A message taken apart; without a status line all of it is body (what was cut off, a WebSocket's frames). */
export interface ReadReply {
  /** `HTTP/1.1 200` */
  readonly status?: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export function readReply(wire: Buffer): ReadReply {
  const end = wire.indexOf('\r\n\r\n');
  const [status = '', ...lines] = wire.toString('latin1', 0, Math.max(end, 0)).split('\r\n');
  if (!/^HTTP\/[\d.]+ \d{3}/.test(status)) return { fields: [], body: wire };
  const fields = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { status, fields, body: wire.subarray(end + 4) };
}

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
