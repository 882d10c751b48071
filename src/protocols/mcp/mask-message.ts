import type { JsonValue } from '../../model/http.ts';
import type { FieldMasker, ResultColumn } from '../../model/reply.ts';
import { isObject, type JsonObject } from './canonical-json.ts';

/**
 * A message with what must be masked in it; undefined where nothing changed. What stands in `structuredContent` stands as
 * text in `content` as well: a value that is masked in one is masked in the other.
 */
export function maskedMessage(text: string, masker: FieldMasker): string | undefined {
  const whole = maskedJson(text, masker);
  const value = parsed(whole ?? text);
  const before = whole === undefined ? value : parsed(text);
  if (value === undefined) return whole;
  const replaced = replacedLeaves(structured(before), structured(value));
  let changed = false;
  const rewritten = mapTexts(value, (said) => {
    const inner = /^\s*[[{]/.test(said) ? maskedJson(said, masker) : undefined;
    let now = inner ?? said;
    for (const [from, to] of replaced) now = now.replaceAll(from, () => to);
    changed ||= now !== said;
    return now;
  });
  return changed ? JSON.stringify(rewritten) : whole;
}

function maskedJson(text: string, masker: FieldMasker): string | undefined {
  const bytes = Buffer.from(text);
  masker.columns([JSON_TEXT]);
  const masked = masker.field(0, bytes, 0, bytes.length);
  return masked === undefined ? undefined : Buffer.from(masked ?? 'null').toString('utf8');
}

const JSON_TEXT: ResultColumn = { name: 'body', sources: [], plain: false, type: 'json', format: 'text' };

function structured(message: JsonValue | undefined): JsonValue | undefined {
  const result = isObject(message) ? message['result'] : undefined;
  return isObject(result) ? result['structuredContent'] : undefined;
}

/** The texts of the first value that are others in the second, longest first. */
function replacedLeaves(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): readonly (readonly [string, string])[] {
  const found = new Map<string, string>();
  const walk = (one: JsonValue | undefined, other: JsonValue | undefined): void => {
    if (typeof one === 'string' || typeof one === 'number') {
      if (one !== other && String(one).length >= MIN_CHARACTERS)
        found.set(String(one), typeof other === 'string' ? other : JSON.stringify(other ?? null));
    } else if (Array.isArray(one) && Array.isArray(other))
      one.forEach((item: JsonValue, at) => walk(item, other[at] as JsonValue));
    else if (isObject(one) && isObject(other)) for (const [name, item] of Object.entries(one)) walk(item, other[name]);
  };
  walk(before, after);
  return [...found].sort(([one], [other]) => other.length - one.length);
}

/** Shorter ones would be found in what they are no part of. */
const MIN_CHARACTERS = 4;

/** The texts that a result shows: of its content, its contents, its messages. */
function mapTexts(message: JsonValue, map: (text: string) => string): JsonValue {
  if (!isObject(message) || !isObject(message['result'])) return message;
  const result: Record<string, JsonValue> = { ...message['result'] };
  for (const name of ['content', 'contents', 'messages']) {
    const list = result[name];
    if (Array.isArray(list)) result[name] = list.map((item: JsonValue) => mapItem(item, map));
  }
  return { ...message, result };
}

function mapItem(item: JsonValue, map: (text: string) => string): JsonValue {
  if (!isObject(item)) return item;
  const mapped: Record<string, JsonValue> = { ...item };
  for (const [name, value] of Object.entries(item as JsonObject)) {
    if (name === 'text' && typeof value === 'string') mapped[name] = map(value);
    else if (name === 'resource' || name === 'content') mapped[name] = mapItem(value, map);
  }
  return mapped;
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // Not JSON: it was masked as text.
    return undefined;
  }
}
