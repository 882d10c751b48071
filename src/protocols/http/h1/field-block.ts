import { listOf, mayTrail, trimmed } from '../grammar.ts';
import { type Fields, MalformedHttp } from '../message.ts';
import { fieldName } from './field-name.ts';

/** The fields of a message: those that are about this connection apart from those that go on. */
export interface FieldBlock {
  readonly fields: Fields;
  readonly host: string | undefined;
  readonly contentLength: string | undefined;
  readonly transferEncoding: string | undefined;
  readonly expect: string | undefined;
  /** The options of `Connection`. */
  readonly connection: readonly string[];
  readonly upgrade: readonly string[];
}

interface Found {
  host?: string;
  'content-length'?: string;
  'transfer-encoding'?: string;
  expect?: string;
  connection?: string;
  upgrade?: string;
}

/** About the connection, the framing or who is asked; `drop` is of no use to anybody. */
const SPECIAL: ReadonlyMap<string, keyof Found | 'drop'> = new Map<string, keyof Found | 'drop'>([
  ['host', 'host'],
  ['content-length', 'content-length'],
  ['transfer-encoding', 'transfer-encoding'],
  ['expect', 'expect'],
  ['connection', 'connection'],
  ['upgrade', 'upgrade'],
  ['keep-alive', 'drop'],
  ['proxy-connection', 'drop'],
  ['te', 'drop'],
  ['http2-settings', 'drop'],
]);

/** Control characters, and CR and LF that are no line's end. */
const FORBIDDEN = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)|(?<!\r)\n/;

/** Refuses a head with a byte that no head has (RFC 9112, 2.2 and 5). */
export function checkCharacters(head: string): void {
  if (FORBIDDEN.test(head)) throw new MalformedHttp(400, 'a control character, or a bare CR or LF');
}

/** Reads the field lines of `text` from `from` to its end, each with its CRLF (RFC 9112, 5). */
export function readFieldBlock(text: string, from: number, maxFields: number): FieldBlock {
  const found: Found = {};
  const fields = readLines(text, from, maxFields, found);
  const connection = found.connection === undefined ? NONE : listOf(found.connection);
  return {
    fields: connection.length === 0 ? fields : withoutNominated(fields, connection),
    host: found.host,
    contentLength: found['content-length'],
    transferEncoding: found['transfer-encoding'],
    expect: found.expect,
    connection,
    upgrade: found.upgrade === undefined ? NONE : listOf(found.upgrade),
  };
}

/** Reads the fields behind a body (RFC 9112, 7.1.2). */
export function readTrailers(text: string, maxFields: number): Fields {
  checkCharacters(text);
  const fields = readLines(text, 0, maxFields, undefined);
  for (const [name] of fields) {
    if (!mayTrail(name)) throw new MalformedHttp(400, 'a field that may not stand behind a body');
  }
  return fields;
}

const NONE: readonly string[] = [];

function readLines(text: string, from: number, maxFields: number, found: Found | undefined): Fields {
  const fields: [string, string][] = [];
  let lines = 0;
  for (let at = from; at < text.length; ) {
    if (++lines > maxFields) throw new MalformedHttp(431, 'too many fields');
    const end = text.indexOf('\r\n', at);
    const colon = text.indexOf(':', at);
    if (colon <= at || colon > end) throw new MalformedHttp(400, 'a line that is no field');
    const name = fieldName(text.slice(at, colon));
    const value = trimmed(text, colon + 1, end);
    at = end + 2;
    const special = found === undefined ? undefined : SPECIAL.get(name);
    if (special === undefined) fields.push([name, value]);
    else if (special !== 'drop') note(found as Found, special, value);
  }
  return fields;
}

/** Lists may come in several lines; a second length, coding, host or expectation leaves open which one counts. */
function note(found: Found, name: keyof Found, value: string): void {
  const known = found[name];
  if (known === undefined) {
    found[name] = value;
    return;
  }
  if (name !== 'connection' && name !== 'upgrade') throw new MalformedHttp(400, `more than one ${name} field`);
  found[name] = `${known}, ${value}`;
}

/** RFC 9110, 7.6.1: what `Connection` names is for this connection alone. */
function withoutNominated(fields: Fields, options: readonly string[]): Fields {
  const named = options.filter((option) => option !== 'close' && option !== 'keep-alive' && !SPECIAL.has(option));
  return named.length === 0 ? fields : fields.filter(([name]) => !named.includes(name));
}
