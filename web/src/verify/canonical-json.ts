export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The object in a text that is its own canonical form (RFC 8785): then nothing in it can change unseen. Undefined for
 * anything else.
 */
export function parseCanonical(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && canonicalJson(value) === text ? value : undefined;
  } catch {
    return undefined; // not JSON at all
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Members sorted by UTF-16 code units, no white space, ECMAScript's own numbers and strings. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return typeof value === 'string' ? JSON.stringify(value.toWellFormed()) : JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name.toWellFormed())}:${canonicalJson(value[name])}`);
  return `{${members.join(',')}}`;
}
