/** Where a cursor stands in YAML that is being typed, and so does not parse: told by its indentation alone. */
export interface YamlPlace {
  /** Whether a key of a map is being typed, or a value. */
  readonly kind: 'key' | 'value';
  /** The keys around it from the outside in, the one whose value it is included. */
  readonly path: readonly string[];
  /** What of the word stands before the cursor, and where it begins. */
  readonly word: string;
  readonly from: number;
  /** Keys that stand beside it in the same map already. */
  readonly siblings: readonly string[];
}

const KEY = /^(\s*(?:-\s+)*)("[^"]*"|'[^']*'|[\w.-]+):(?:\s|$)/u;

export function placeAt(text: string, offset: number): YamlPlace {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const before = text.slice(start, offset);
  const above = text.slice(0, start).split('\n').slice(0, -1);
  const end = text.indexOf('\n', offset);
  const below = end < 0 ? [] : text.slice(end + 1).split('\n');
  const [, lead = '', name] = KEY.exec(before) ?? [];
  if (name !== undefined) {
    const value = before.slice(lead.length + name.length + 1);
    return inValue([...ancestors(above, lead.length), bare(name)], value, offset);
  }
  const [open = ''] = /^\s*(?:-\s+)*/u.exec(before) ?? [];
  const rest = before.slice(open.length);
  if (/^[[{]/u.test(rest)) return inValue(ancestors(above, open.length), rest, offset);
  const path = ancestors(above, open.length);
  return { kind: 'key', path, word: rest, from: offset - rest.length, siblings: siblingsOf(above, below, open.length) };
}

/** What stands behind a key on its line: a scalar, or a list or a map in brackets. */
function inValue(path: readonly string[], value: string, offset: number): YamlPlace {
  const at = Math.max(value.lastIndexOf('{'), value.lastIndexOf('['), value.lastIndexOf(','));
  const opener = lastOpen(value);
  const piece = value.slice(at + 1);
  const [, inner, tail] = /^\s*([\w.-]+):\s*(.*)$/u.exec(piece) ?? [];
  if (opener === '{' && inner !== undefined) return scalar([...path, inner], tail ?? '', offset);
  if (opener === '[' && at >= 0) {
    const [, owner] = /([\w.-]+):\s*\[[^\]]*$/u.exec(value) ?? [];
    return scalar(owner === undefined ? path : [...path, owner], piece.trimStart(), offset);
  }
  if (opener !== '{') return scalar(path, value.trimStart(), offset);
  const word = piece.trimStart();
  const siblings = [...value.matchAll(/([\w.-]+):/gu)].map(([, key]) => key ?? '');
  return { kind: 'key', path, word, from: offset - word.length, siblings };
}

function scalar(path: readonly string[], text: string, offset: number): YamlPlace {
  const word = text.replace(/^["']/u, '');
  return { kind: 'value', path, word, from: offset - word.length, siblings: [] };
}

/** The bracket that is open at the end of the text. */
function lastOpen(text: string): string | undefined {
  const open: string[] = [];
  for (const character of text) {
    if (character === '[' || character === '{') open.push(character);
    if (character === ']' || character === '}') open.pop();
  }
  return open.at(-1);
}

/** The keys that a line which begins at a column stands under. */
function ancestors(above: readonly string[], column: number): readonly string[] {
  const path: string[] = [];
  let limit = column;
  for (const line of above.toReversed()) {
    const [, lead = '', name] = KEY.exec(line) ?? [];
    if (name === undefined || lead.length >= limit) continue;
    path.unshift(bare(name));
    limit = lead.length;
  }
  return path;
}

/** The other keys of the map that a line at a column belongs to: up to the dash that begins it, and down to the next. */
function siblingsOf(above: readonly string[], below: readonly string[], column: number): readonly string[] {
  const keys: string[] = [];
  for (const line of above.toReversed()) {
    const [, lead = '', name] = KEY.exec(line) ?? [];
    if (name !== undefined && lead.length < column) break;
    if (name !== undefined && lead.length === column) keys.push(bare(name));
    if (lead.includes('-') && lead.length <= column) break;
  }
  for (const line of below) {
    const [, lead = '', name] = KEY.exec(line) ?? [];
    if (name !== undefined && (lead.length < column || lead.includes('-'))) break;
    if (name !== undefined && lead.length === column) keys.push(bare(name));
  }
  return keys;
}

function bare(name: string): string {
  return name.replaceAll(/^["']|["']$/gu, '');
}
