export interface ClassifiedColumn {
  readonly column: string;
  readonly class: string;
}

/**
 * A target's declaration, as the gateway writes it, with more columns in its `classified:` list. Undefined for a text of
 * another form, which somebody has to edit by hand.
 */
export function addClassified(text: string, columns: readonly ClassifiedColumn[]): string | undefined {
  const lines = text.replace(/\n+$/u, '').split('\n');
  const named = lines.findIndex((line) => /^(?: {2}- | {4})name:/u.test(line));
  if (lines[0] !== 'targets:' || named < 0) return undefined;
  const items = columns.flatMap(({ column, class: of }) => [
    `      - column: ${scalar(column)}`,
    `        class: ${of}`,
  ]);
  const at = lines.findIndex((line) => /^ {4}classified:/u.test(line));
  if (at < 0) return done([...lines, '    classified:', ...items]);
  const head = lines[at]?.trim();
  if (head !== 'classified:' && head !== 'classified: []') return undefined;
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => !/^ {6}/u.test(line));
  const [kept, after] = end < 0 ? [rest, []] : [rest.slice(0, end), rest.slice(end)];
  return done([...lines.slice(0, at), '    classified:', ...kept, ...items, ...after]);
}

/** A declaration names columns by three parts with dots between, so a part with a dot in it has no name there. */
export function columnName(parts: readonly [schema: string, table: string, column: string]): string | undefined {
  return parts.some((part) => part.includes('.')) ? undefined : parts.join('.');
}

function done(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

/** Plain where nothing in it could mean something else. */
function scalar(text: string): string {
  return /^[A-Za-z_][\w.]*$/u.test(text) ? text : JSON.stringify(text);
}
