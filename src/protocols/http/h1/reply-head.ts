import { isBodiless } from '../bodiless.ts';
import { contentLength } from '../grammar.ts';
import { type BodyLength, type Fields, MalformedHttp, type ReplyHead } from '../message.ts';
import { checkCharacters, type FieldBlock, readFieldBlock } from './field-block.ts';
import { isChunked, isPersistent } from './request-head.ts';

/** How a reply's body ends (RFC 9112, 6.3): after so many bytes, with its last chunk, or with the connection. */
export type ReplyFraming = number | 'none' | 'chunked' | 'close';

export interface ParsedReply {
  readonly head: ReplyHead;
  readonly framing: ReplyFraming;
  readonly persistent: boolean;
  /** What a 101 changes to. */
  readonly upgrade: readonly string[];
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9][0-9])(?: [^\r\n]*)?$/;

/** Reads the head of a reply to `method`, interim ones too; `text` as in `parseRequestHead`. Throws `MalformedHttp`. */
export function parseReplyHead(text: string, method: string, maxFields: number): ParsedReply {
  checkCharacters(text);
  const end = text.indexOf('\r\n');
  const line = STATUS_LINE.exec(text.slice(0, end));
  if (line === null) throw new MalformedHttp(400, 'a status line that is none');
  const version = line[1] === '0' ? '1.0' : '1.1';
  const status = Number(line[2]);
  const block = readFieldBlock(text, end + 2, maxFields);
  const framing = replyFraming(status, method, version, block);
  return {
    head: { status, fields: withLength(block, status, method) },
    framing,
    persistent: framing !== 'close' && isPersistent(version, block.connection),
    upgrade: block.upgrade,
  };
}

export function lengthOf(framing: ReplyFraming): BodyLength {
  return framing === 'chunked' || framing === 'close' ? 'unknown' : framing;
}

function replyFraming(status: number, method: string, version: '1.0' | '1.1', block: FieldBlock): ReplyFraming {
  const chunked = isChunked(block.transferEncoding, version);
  if (chunked && block.contentLength !== undefined) throw new MalformedHttp(400, 'a length beside a transfer coding');
  const length = block.contentLength === undefined ? undefined : contentLength(block.contentLength);
  if (block.contentLength !== undefined && length === undefined) throw new MalformedHttp(400, 'a length that is none');
  if (isBodiless(status, method)) return 'none';
  if (chunked) return 'chunked';
  return length ?? 'close';
}

/** Of a reply that could have a body and has none, the length says what the body would be (RFC 9110, 8.6). */
function withLength({ fields, contentLength: length }: FieldBlock, status: number, method: string): Fields {
  if (length === undefined || (method !== 'HEAD' && status !== 304)) return fields;
  return [...fields, ['content-length', String(Number(length))]];
}
