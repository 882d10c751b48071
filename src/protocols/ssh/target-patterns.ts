/** Whether a name is of one of the patterns, in which `*` is any stretch of characters. */
export function globs(patterns: readonly string[]): (name: string) => boolean {
  const all = patterns.map((pattern) => pattern.split('*'));
  return (name) => all.some((pieces) => fits(pieces, name));
}

/** In linear time: each piece is found as early as it can be, the last at the end. */
function fits(pieces: readonly string[], name: string): boolean {
  const [first = '', ...others] = pieces;
  const last = others.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
  let at = first.length;
  for (const piece of others) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= name.length - last.length;
}

/** Whether connections may lead there: `db.internal:5432`, `*.svc:443`, `[::1]:80`. */
export function isForward(forwards: readonly string[], host: string, port: number): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return forwards.some((entry) => {
    const colon = entry.lastIndexOf(':');
    const [name, allowed] = [
      entry
        .slice(0, colon)
        .replace(/^\[(.*)\]$/, '$1')
        .toLowerCase(),
      entry.slice(colon + 1),
    ];
    return (allowed === '*' || allowed === String(port)) && globs([name])(bare);
  });
}
