export type Span = readonly [from: number, to: number];

/**
 * Where the value at a path of members stands in a text that is JSON (RFC 8259); undefined where there is none. Of a name
 * that stands twice the last counts, as `JSON.parse` has it.
 */
export function spanOf(text: string, path: readonly string[]): Span | undefined {
  let span: Span = [pastSpace(text, 0), text.length];
  for (const name of path) {
    const found = memberOf(text, span[0], name);
    if (found === undefined) return undefined;
    span = found;
  }
  return span;
}

/** The text with other values at these spans, and every other byte as it was. */
export function spliced(text: string, changes: readonly (readonly [span: Span | undefined, value: string])[]): string {
  let result = text;
  const known = changes.flatMap(([span, value]) => (span === undefined ? [] : [{ span, value }]));
  // From the end, so that the places before stay true.
  for (const { span, value } of known.sort((one, other) => other.span[0] - one.span[0])) {
    result = result.slice(0, span[0]) + value + result.slice(span[1]);
  }
  return result;
}

function memberOf(text: string, from: number, wanted: string): Span | undefined {
  if (text[from] !== '{') return undefined;
  let found: Span | undefined;
  let at = pastSpace(text, from + 1);
  while (at < text.length && text[at] !== '}') {
    const named = pastString(text, at);
    const value = pastSpace(text, pastSpace(text, named) + 1);
    const end = pastValue(text, value);
    if (JSON.parse(text.slice(at, named)) === wanted) found = [value, end];
    at = pastSpace(text, end);
    if (text[at] === ',') at = pastSpace(text, at + 1);
  }
  return found;
}

function pastSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++;
  return at;
}

function pastString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function pastValue(text: string, from: number): number {
  const first = text[from];
  if (first === '"') return pastString(text, from);
  let at = from;
  if (first !== '{' && first !== '[') {
    while (at < text.length && !',}] \t\r\n'.includes(text.charAt(at))) at++;
    return at;
  }
  let depth = 0;
  do {
    const character = text[at];
    if (character === '"') {
      at = pastString(text, at);
      continue;
    }
    if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    at++;
  } while (depth > 0 && at < text.length);
  return at;
}
