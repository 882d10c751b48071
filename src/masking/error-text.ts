import type { Reading } from './column-rules.ts';
import { REDACTED } from './mask-text.ts';

export interface MaskedErrorText {
  readonly text: string;
  /** Under which names to count what was replaced. */
  readonly columns: readonly string[];
}

/**
 * An error's or a notice's text of a statement that reads classified columns: PostgreSQL quotes row values in it. What
 * cannot be told apart from a value is replaced. Text is latin1; undefined where nothing changes.
 */
export function maskErrorText(
  text: string,
  reading: Reading,
  said: (() => Uint8Array) | undefined,
): MaskedErrorText | undefined {
  if (reading.opaque) return text === '' ? undefined : { text: REDACTED, columns: ['unknown'] };
  const columns: string[] = [];
  if (INNER_STATEMENT.test(text) && !sayer(said)(text)) return { text: REDACTED, columns: ['unknown'] };
  const keyed = maskKeys(text, reading, columns);
  const listed = keyed === text ? maskLists(text, columns) : keyed;
  const masked = maskQuoted(listed, said, columns);
  return masked === text ? undefined : { text: masked, columns };
}

/** `Key (email)=(ada@example.com) already exists.`: from the values on, to the last parenthesis. */
function maskKeys(text: string, reading: Reading, columns: string[]): string {
  const match = /\) ?= ?\(/.exec(text);
  if (match === null) return text;
  const open = text.indexOf('(');
  const named = reading.columns.filter(({ column }) => text.slice(open + 1, match.index).includes(column));
  if (named.length === 0) return text;
  for (const { schema, table, column } of named) columns.push(`${schema}.${table}.${column}`);
  return replaceBetween(text, match.index + match[0].length, text.lastIndexOf(')'));
}

/**
 * `Failing row contains (1, ada@example.com).`; in another language than English, or at a text's end, any list in
 * parentheses may be one.
 */
function maskLists(text: string, columns: string[]): string {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open === -1 || close < open) return text;
  const isForeign = /[\x80-\xff]/.test(text);
  const isLast = text.length - close <= MAX_AFTER_LIST;
  const isRow = text.includes(' row contains (') || ((isForeign || isLast) && text.slice(open, close).includes(', '));
  if (!isRow) return text;
  columns.push('unknown');
  return replaceBetween(text, open + 1, close);
}

/** A full stop, in any script's bytes, and the parenthesis. */
const MAX_AFTER_LIST = 4;

/** The statement that a function ran (the field `q`), with a literal in it; no message of the server's reads so. */
const INNER_STATEMENT = /^\s*(?:select|insert|update|delete|merge|with|values|copy|execute|call|create|alter)\b[^']*'/i;

/** Tells whether the client's own request holds a text; reads it once, and only when asked. */
function sayer(said: (() => Uint8Array) | undefined): (text: string) => boolean {
  let request: string | undefined;
  return (text) => {
    request ??= said === undefined ? '' : Buffer.from(said()).toString('latin1');
    return text.length >= MIN_SAID_CHARACTERS && request.includes(text);
  };
}

/** What a quotation is kept for, when the client said it: shorter ones stand in any statement by chance. */
const MIN_SAID_CHARACTERS = 3;

/**
 * Quoted values, unless the client said them itself or they name a constraint. Names are no exception: a cast
 * (`name::regclass`) quotes any value as one.
 */
function maskQuoted(text: string, said: (() => Uint8Array) | undefined, columns: string[]): string {
  const isSaid = sayer(said);
  let masked = '';
  let kept = 0;
  for (const { open, start, end } of quotations(text)) {
    const quoted = text.slice(start, end);
    const before = text.slice(Math.max(kept, open - CONSTRAINT.length), open);
    if (quoted === REDACTED || quoted === '' || before === CONSTRAINT || isSaid(quoted)) continue;
    masked += text.slice(kept, start) + REDACTED;
    kept = end;
    columns.push('unknown');
  }
  return masked + text.slice(kept);
}

const CONSTRAINT = 'constraint ';
/** The quotes that PostgreSQL's translations use, as the bytes of UTF-8: “ ” „ « » ‹ › ‘ ’ 「 」. */
const QUOTES = [
  ['"', '"'],
  ['\xc2\xab', '\xc2\xbb'],
  ['\xc2\xbb', '\xc2\xab'],
  ['\xe2\x80\x9e', '\xe2\x80'],
  ['\xe2\x80\x9c', '\xe2\x80'],
  ['\xe2\x80\x98', '\xe2\x80\x99'],
  ['\xe2\x80\xb9', '\xe2\x80\xba'],
  ['\xe3\x80\x8c', '\xe3\x80\x8d'],
] as const;
/** What comes before a quoted value that may hold quotes itself: it goes to the text's last one. */
const VALUE_FOLLOWS = /(?:: |value )$/;
/** CONTEXT of an error in JSON: the piece of the value up to the error, not quoted. */
const JSON_CONTEXT = 'JSON data, line ';

interface Quotation {
  readonly open: number;
  readonly start: number;
  readonly end: number;
}

function* quotations(text: string): Generator<Quotation> {
  if (text.startsWith(JSON_CONTEXT)) {
    const open = text.indexOf(': ') + 2;
    yield { open, start: open, end: text.length };
    return;
  }
  for (let at = 0; at < text.length; ) {
    const quotes = QUOTES.find(([open]) => text.startsWith(open, at));
    if (quotes === undefined) {
      at++;
      continue;
    }
    const [open, close] = quotes;
    const start = at + open.length;
    const isValue = VALUE_FOLLOWS.test(text.slice(Math.max(0, at - 6), at));
    const found = isValue ? text.lastIndexOf(close) : text.indexOf(close, start);
    const end = found < start ? text.length : found;
    yield { open: at, start, end };
    at = end + close.length;
  }
}

function replaceBetween(text: string, start: number, end: number): string {
  return `${text.slice(0, start)}${REDACTED}${text.slice(Math.max(start, end))}`;
}
