import type { JsonValue } from '../../model/http.ts';

export type JsonObject = { readonly [name: string]: JsonValue };

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands at a path of names; undefined where one of them is missing. */
export function at(value: JsonValue | undefined, ...names: readonly string[]): JsonValue | undefined {
  let found = value;
  for (const name of names) found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  return found;
}

export function textAt(value: JsonValue | undefined, ...names: readonly string[]): string | undefined {
  const found = at(value, ...names);
  return typeof found === 'string' ? found : undefined;
}

export function listAt(value: JsonValue | undefined, ...names: readonly string[]): readonly JsonValue[] {
  const found = at(value, ...names);
  return Array.isArray(found) ? (found as readonly JsonValue[]) : [];
}

/** The members that are text, by name. */
export function textsAt(value: JsonValue | undefined, ...names: readonly string[]): Readonly<Record<string, string>> {
  const found = at(value, ...names);
  if (!isObject(found)) return {};
  return Object.fromEntries(
    Object.entries(found).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}
