/** The words under the first key of that name, in a text of one object: for lists, which show and decide nothing. */
export function yamlField(text: string, name: string): readonly string[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => new RegExp(`^\\s*(?:-\\s+)?${name}:`, 'u').test(line));
  if (start < 0) return [];
  const first = lines[start] ?? '';
  const column = first.indexOf(`${name}:`);
  const inline = first.slice(column + name.length + 1);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.trim() !== '' && isOutside(line, column));
  const block = inline.trim() === '' ? (end < 0 ? rest : rest.slice(0, end)) : [inline];
  return block.flatMap(wordsOf);
}

/** A line that no longer belongs to a key at a column. A list may stand at the column of its own key. */
function isOutside(line: string, column: number): boolean {
  const indent = line.search(/\S/u);
  return indent < column || (indent === column && !line.trimStart().startsWith('- '));
}

function wordsOf(line: string): string[] {
  const bare = line
    .replace(/\s#.*$/u, '')
    .trim()
    .replace(/^-\s+/u, '');
  return bare
    .replaceAll(/["'[\]{}]/gu, '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
