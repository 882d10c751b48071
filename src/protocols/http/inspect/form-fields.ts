import type { JsonValue } from '../../../model/http.ts';
import { MAX_VALUES } from './strict-json.ts';

/**
 * The fields of a form (WHATWG URL, application/x-www-form-urlencoded), by name; one that is sent more than once is a
 * list. Otherwise why they cannot be told.
 */
export function formFields(text: string): { readonly value: JsonValue } | { readonly why: string } {
  if (/^[ \t\r\n]*[[{"]/.test(text)) return { why: 'it is called a form, and looks like JSON' };
  // Some readers end a field at a semicolon (HTML 4.01, B.2.2).
  if (text.includes(';')) return { why: 'a form with a semicolon is read in two ways' };
  const found = new Map<string, string[]>();
  const pieces = text.split('&');
  if (pieces.length > MAX_VALUES) return { why: `it has more than ${MAX_VALUES} fields` };
  for (const piece of pieces) {
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    const name = decoded(equals < 0 ? piece : piece.slice(0, equals));
    const value = decoded(equals < 0 ? '' : piece.slice(equals + 1));
    if (name === undefined || value === undefined) return { why: 'a percent code in it is none' };
    const known = found.get(name);
    if (known === undefined) found.set(name, [value]);
    else known.push(value);
  }
  const fields = [...found].map(([name, values]): [string, JsonValue] => {
    const [first = ''] = values;
    return [name, values.length === 1 ? first : values];
  });
  return { value: Object.fromEntries(fields) };
}

/** Undefined where a percent code is broken or not of UTF-8, which readers mend in several ways. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
