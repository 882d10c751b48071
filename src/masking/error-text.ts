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
  let masked = maskKeys(text, reading, columns);
  masked = maskLists(masked, columns);
  masked = maskQuoted(masked, said, columns);
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

/** `Failing row contains (1, ada@example.com).`, in whatever language: a text that ends in a list of values. */
function maskLists(text: string, columns: string[]): string {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open === -1 || close < open || text.startsWith(REDACTED, open + 1)) return text;
  const isList =
    text.includes(' row contains (') || (text.length - close <= 4 && text.slice(open, close).includes(', '));
  if (!isList) return text;
  columns.push('unknown');
  return replaceBetween(text, open + 1, close);
}

/** Quoted values, in any language's quotes, unless the client said them itself or they name a constraint. */
function maskQuoted(text: string, said: (() => Uint8Array) | undefined, columns: string[]): string {
  let request: string | undefined;
  const isSaid = (quoted: string): boolean => {
    request ??= said === undefined ? '' : Buffer.from(said()).toString('latin1');
    return request.includes(quoted);
  };
  return text.replaceAll(QUOTED, (whole, open: string, quoted: string, close: string, at: number) => {
    if (quoted === REDACTED || /\bconstraint $/.test(text.slice(Math.max(0, at - 20), at))) return whole;
    if (isSaid(quoted)) return whole;
    columns.push('unknown');
    return `${open}${REDACTED}${close}`;
  });
}

/** Straight quotes to the last one; the UTF-8 bytes of other languages' quotes to the next one. */
const QUOTED = /(")([^"]+)(")/g;

function replaceBetween(text: string, start: number, end: number): string {
  return `${text.slice(0, start)}${REDACTED}${text.slice(Math.max(start, end))}`;
}
