/** A value of JSON whose numbers come back as they were written, which doubles would not hold. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject | RawNumber;

export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

/** A number as it was written; only ever handed on. */
interface RawNumber {
  readonly rawJSON: string;
}

/** Undefined where it is not JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text, (_name, value: Json, context?: { readonly source?: string }) => {
      const source = context?.source;
      const isKept = typeof value !== 'number' || source === undefined || String(value) === source;
      return isKept ? value : rawJson(source);
    }) as Json;
  } catch {
    // Not JSON is the answer here, not a failure.
    return undefined;
  }
}

export function parseObject(text: string): JsonObject | undefined {
  return objectOf(parseJson(text));
}

export function objectOf(value: Json | undefined): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON_RAW.isRawJSON(value);
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function listIn(value: JsonObject | undefined, name: string): readonly Json[] {
  const found = value?.[name];
  return Array.isArray(found) ? (found as readonly Json[]) : [];
}

function rawJson(source: string): RawNumber {
  return JSON_RAW.rawJSON(source);
}

/** ECMAScript's JSON.parse source text access, which the types do not know yet. */
const JSON_RAW = JSON as typeof JSON & {
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): boolean;
};
