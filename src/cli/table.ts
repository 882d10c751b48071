import { printable } from './printable.ts';

export interface TableColumn {
  readonly name: string;
  readonly align: 'left' | 'right';
}

/** Wide in a terminal: East Asian wide and full-width ranges, and emoji (Unicode Standard Annex 11, roughly). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

/**
 * A result as psql aligns it: the header centred, numbers to the right, lines of a value continued with `+`. `shown`
 * may colour a cell that is already padded; the text itself is neutralised here.
 */
export function alignedTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly (string | null)[])[],
  paint: (cell: string, value: string | null, column: number) => string = (cell) => cell,
): string {
  const heads = columns.map((column) => printable(column.name));
  const cells = rows.map((row) => row.map((value) => (value ?? '').split('\n').map(printable)));
  const widths = heads.map((head, index) =>
    cells.reduce((most, row) => Math.max(most, ...(row[index] ?? []).map(displayWidth)), displayWidth(head)),
  );
  const lines = [
    heads.map((head, index) => ` ${centre(head, widths[index] ?? 0)} `).join('|'),
    widths.map((width) => '-'.repeat(width + 2)).join('+'),
  ];
  rows.forEach((values, at) => {
    const row = cells[at] ?? [];
    const height = Math.max(1, ...row.map((cell) => cell.length));
    for (let line = 0; line < height; line++) lines.push(tableLine(columns, widths, row, values, line, paint));
  });
  return `${lines.map((line) => line.replace(/ +$/, '')).join('\n')}\n`;
}

/** `(3 rows)`, as psql says it. */
export function rowCount(count: number): string {
  return `(${count} ${count === 1 ? 'row' : 'rows'})`;
}

export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += /\p{Mn}|\p{Me}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

function tableLine(
  columns: readonly TableColumn[],
  widths: readonly number[],
  row: readonly (readonly string[])[],
  values: readonly (string | null)[],
  line: number,
  paint: (cell: string, value: string | null, column: number) => string,
): string {
  const cells = columns.map((column, index) => {
    const text = row[index]?.[line] ?? '';
    const more = line + 1 < (row[index]?.length ?? 0);
    const padding = ' '.repeat(Math.max(0, (widths[index] ?? 0) - displayWidth(text)));
    const padded = column.align === 'right' ? `${padding}${text}` : `${text}${padding}`;
    return ` ${paint(padded, values[index] ?? null, index)}${more ? '+' : ' '}`;
  });
  return cells.join('|');
}

function centre(text: string, width: number): string {
  const space = width - displayWidth(text);
  const left = Math.floor(space / 2);
  return `${' '.repeat(left)}${text}${' '.repeat(space - left)}`;
}
