import { eachToken, type JsonToken } from './json-tokens.ts';
import { maskText, REDACTED } from './mask-text.ts';
import type { MaskOrder } from './masks.ts';

const JSONB_VERSION = 1;

/**
 * The same structure with every leaf masked: strings as text is, numbers as 0, booleans as false, null as it is. Keys stay
 * that look like names of fields, others may be values. What is no JSON becomes the string `"[redacted]"`.
 */
export function maskJson(order: MaskOrder, type: 'json' | 'jsonb', value: Buffer): Buffer {
  const prefix = jsonPrefix(type, order.format);
  const text = value.toString('latin1', prefix);
  const masked = isJson(text) ? replaceTokens(text, (token) => maskLeaf(order, text, token)) : undefined;
  return withPrefix(prefix, masked ?? `"${REDACTED}"`);
}

/** jsonb in binary begins with a version byte (utils/adt/jsonb.c, jsonb_send). */
export function jsonPrefix(type: 'json' | 'jsonb', format: 'text' | 'binary'): number {
  return type === 'jsonb' && format === 'binary' ? 1 : 0;
}

export function withPrefix(prefix: number, json: string): Buffer {
  const bytes = Buffer.allocUnsafe(prefix + json.length);
  if (prefix > 0) bytes[0] = JSONB_VERSION;
  bytes.write(json, prefix, 'latin1');
  return bytes;
}

/** The text with some tokens replaced; undefined keeps one. Undefined where the text is no JSON. */
export function replaceTokens(text: string, replace: (token: JsonToken) => string | undefined): string | undefined {
  const pieces: string[] = [];
  let kept = 0;
  const complete = eachToken(text, (token) => {
    const replacement = replace(token);
    if (replacement === undefined) return;
    pieces.push(text.slice(kept, token.start), replacement);
    kept = token.end;
  });
  return complete ? pieces.join('') + text.slice(kept) : undefined;
}

/** What stands for a key or leaf; undefined keeps it. */
export function maskLeaf(order: MaskOrder, text: string, token: JsonToken): string | undefined {
  switch (token.kind) {
    case 'string':
      return maskString(order, text.slice(token.start, token.end));
    case 'number':
      return '0';
    case 'boolean':
      return 'false';
    case 'null':
      return undefined;
    case 'key':
      return isFieldName(text.slice(token.start + 1, token.end - 1)) ? undefined : `"${REDACTED}"`;
    default:
      return token.kind satisfies never;
  }
}

/** Looks like the name of a field, and not like what somebody is called, has or lives at. */
function isFieldName(key: string): boolean {
  return key.length <= MAX_KEY_CHARACTERS && /^[a-z_$][a-z0-9_$-]*$/i.test(key) && !/\d{4}/.test(key);
}

const MAX_KEY_CHARACTERS = 40;

/** `quoted` is a JSON string of latin1 characters that are the bytes of some encoding. */
function maskString(order: MaskOrder, quoted: string): string {
  const plain = quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
  const bytes = plain.replaceAll(/[\u{100}-\u{10ffff}]/gu, (character) => Buffer.from(character).toString('latin1'));
  const masked = maskText(order, Buffer.from(bytes, 'latin1')).toString('latin1');
  return JSON.stringify(masked);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Not JSON: the caller replaces it whole.
    return false;
  }
}
