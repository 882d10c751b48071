/**
 * Parses a JSON object as one reading only: valid UTF-8, no duplicate member names at any depth (RFC 8259, section 4
 * leaves open which of two would count), bounded depth. Throws `SyntaxError`.
 */
export function parseStrictObject(bytes: Uint8Array): Record<string, unknown> {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new SyntaxError('not an object');
  refuseDuplicates(text);
  return value;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const MAX_DEPTH = 16;
/** Of text that is known to be JSON: a string (with the colon that makes it a member name), or a bracket. */
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|[[\]{}]/g;

function refuseDuplicates(text: string): void {
  const names: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      if (names.push(new Set()) > MAX_DEPTH) throw new SyntaxError('nested too deep');
    } else if (token === '}' || token === ']') {
      names.pop();
    } else if (colon !== undefined) {
      const name = String(JSON.parse(token.slice(0, token.length - colon.length)));
      const seen = names.at(-1);
      if (seen?.has(name)) throw new SyntaxError('a member name occurs twice');
      seen?.add(name);
    }
  }
}
