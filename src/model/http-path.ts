/**
 * Compiles the path that a classified field is under: `GET /customers/*`, `/customers/{id}`, `/export/**`. `*` and `{name}`
 * stand for one segment or a piece of one, `**` for any number of segments. Servers do not agree on case, on slashes that are
 * doubled or stand at the end, and on encoded characters: all of these are the same path here. Linear in the path.
 */
export function compilePath(pattern: string): (method: string, path: string) => boolean {
  const space = pattern.indexOf(' ');
  const method = space < 0 ? undefined : pattern.slice(0, space);
  const wanted = segmentsOf(pattern.slice(space + 1)).map((segment) =>
    segment === '**' ? segment : segment.replaceAll(/\{[^{}]*\}/g, '*').replaceAll(/\*+/g, '*'),
  );
  return (asked, path) => (method === undefined || method === asked) && covers(wanted, segmentsOf(path));
}

function segmentsOf(path: string): readonly string[] {
  return path
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => decoded(segment).toLowerCase());
}

function decoded(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    // Not of UTF-8: it is compared as it is written.
    return segment;
  }
}

function covers(wanted: readonly string[], path: readonly string[]): boolean {
  return glob(
    wanted.length,
    path.length,
    (at) => wanted[at] === '**',
    (at, other) => glob1(wanted[at] ?? '', path[other] ?? ''),
  );
}

function glob1(pattern: string, text: string): boolean {
  return glob(
    pattern.length,
    text.length,
    (at) => pattern[at] === '*',
    (at, other) => pattern[at] === text[other],
  );
}

/** Goes back to the last star alone, which is enough: what comes before it matched already. */
function glob(
  wanted: number,
  given: number,
  isStar: (at: number) => boolean,
  isSame: (at: number, other: number) => boolean,
): boolean {
  let at = 0;
  let star = -1;
  let from = 0;
  for (let other = 0; other < given; ) {
    if (at < wanted && isStar(at)) {
      star = at++;
      from = other;
    } else if (at < wanted && isSame(at, other)) {
      at++;
      other++;
    } else if (star >= 0) {
      at = star + 1;
      other = ++from;
    } else return false;
  }
  while (at < wanted && isStar(at)) at++;
  return at === wanted;
}
