/** One segment of a path template, the most certain first: what it says itself, with parameters in it, one parameter. */
export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'mixed'; readonly text: string; readonly pieces: readonly string[] }
  | { readonly kind: 'parameter' };

const MAX_SEGMENTS = 64;

/** Why a text is no path template (OpenAPI 3.1, 4.8.8); undefined where it is one. */
export function templateProblem(template: string): string | undefined {
  if (!template.startsWith('/')) return 'a path begins with /';
  if (template.length > 2_000 || template.split('/').length > MAX_SEGMENTS) return 'it is too long';
  if (/[?#]/.test(template)) return 'a path has no query and no fragment';
  if (/[{}]/.test(template.replaceAll(/\{[^{}/]+\}/g, ''))) return 'a brace in it is not closed';
  return undefined;
}

/** Literals as rules see a path: characters that no URL has are encoded. */
export function segmentsOf(template: string): readonly Segment[] {
  return template
    .slice(1)
    .split('/')
    .map((text): Segment => {
      const pieces = text.split(/\{[^{}]+\}/).map(encodedLiteral);
      if (pieces.length === 1) return { kind: 'literal', text: pieces[0] ?? '' };
      if (pieces.every((piece) => piece === '')) return { kind: 'parameter' };
      return { kind: 'mixed', text: pieces.join('{}'), pieces };
    });
}

function encodedLiteral(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]|["<>\\^`{|}]/gu, (character) => encodeURIComponent(character));
}

/** True where a segment has the pieces in their order, something between each two, and nothing around. Linear. */
export function fits(pieces: readonly string[], segment: string): boolean {
  const [first = '', ...rest] = pieces;
  const last = rest.pop() ?? '';
  if (!segment.startsWith(first) || !segment.endsWith(last)) return false;
  let from = first.length;
  const end = segment.length - last.length;
  for (const piece of rest) {
    const at = segment.indexOf(piece, from + 1);
    if (at < 0 || at + piece.length > end) return false;
    from = at + piece.length;
  }
  return from < end;
}
