import { STATUS_CODES } from 'node:http';
import { isToken } from '../grammar.ts';
import type { Fields, ReplyHead } from '../message.ts';

/** What the wire alone says: whoever could write one of them beside it could make one message look like two. */
const FRAMING: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** What follows the fields: how the body is framed, and what becomes of the connection. Lines with their CRLF. */
export type FramingLines = string;

/** The field lines of what goes on. Throws `RangeError` for what would not stay inside of its line, or frames. */
export function fieldLines(fields: Fields): string {
  let lines = '';
  for (const [name, value] of fields) {
    if (FRAMING.has(name)) throw new RangeError(`the field ${name} among those that go on`);
    lines += fieldLine(name, value);
  }
  return lines;
}

export function replyHead({ status, fields }: ReplyHead, framing: FramingLines): string {
  return `${statusLine(status)}${fieldLines(fields)}${framing}\r\n`;
}

/** `target` in whichever form it has. */
export function requestHead(
  method: string,
  target: string,
  authority: string,
  fields: Fields,
  framing: string,
): string {
  if (!isToken(method) || UNSAFE_TARGET.test(target)) throw new RangeError('a request line that would be two');
  return `${method} ${target} HTTP/1.1\r\n${fieldLine('host', authority)}${fieldLines(fields)}${framing}\r\n`;
}

const UNSAFE = /[^\t\x20-\x7e\x80-\xff]/;
const UNSAFE_TARGET = /[^\x21-\x7e]/;

function fieldLine(name: string, value: string): string {
  if (!isToken(name) || UNSAFE.test(value)) throw new RangeError('a field that would not stay inside of its line');
  return `${name}: ${value}\r\n`;
}

const STATUS_LINES = new Map<number, string>();

function statusLine(status: number): string {
  const known = STATUS_LINES.get(status);
  if (known !== undefined) return known;
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  STATUS_LINES.set(status, line);
  return line;
}
